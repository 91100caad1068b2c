/** Colours of plots and reports, for light and for dark surroundings, as CSS custom properties. */

/** Colours of series, in the order in which they are given out, dark enough on white. */
const light = ["#2563c9", "#c2570c", "#0f8a63", "#8a3fc2", "#b8255f", "#6b7280"];

/** The same, bright enough on near-black. */
const dark = ["#7aaaf7", "#f59a57", "#4fcf9f", "#c394f0", "#f27ba6", "#a3acb9"];

/** Number of colours before they repeat. */
export const colors = light.length;

function properties(surface: Record<string, string>, series: readonly string[]): string {
  const names = [...Object.entries(surface), ...series.map((color, index) => [`series-${index}`, color] as const)];
  return names.map(([name, value]) => `--${name}:${value}`).join(";");
}

const lightRule = properties(
  { surface: "#ffffff", raised: "#f6f7f9", ink: "#16191f", muted: "#5c6470", line: "#dfe3e8" },
  light,
);
const darkRule = properties(
  { surface: "#14171c", raised: "#1c2027", ink: "#eceff3", muted: "#a0a9b5", line: "#323843" },
  dark,
);

/**
 * The palette as CSS rules: surface, raised, ink, muted, line and `series-0` on.
 *
 * @param selector - The element that carries the properties.
 * @returns CSS that follows the reader's choice of light or dark.
 */
export function paletteRules(selector: string): string {
  return `${selector}{color-scheme:light dark;${lightRule}}@media(prefers-color-scheme:dark){${selector}{${darkRule}}}`;
}
