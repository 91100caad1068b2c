/** Light or dark: as the system has it, until someone chooses. */
import { find } from "./panels/elements.js";

/**
 * Shows the page in the right theme from now on.
 *
 * @param changed - Called after each change.
 */
export function startTheme(changed: () => void): void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const button = find("theme", HTMLButtonElement);
  const apply = () => {
    const theme = localStorage.getItem("theme") ?? (system.matches ? "dark" : "light");
    document.documentElement.dataset["theme"] = theme;
    button.textContent = theme === "dark" ? "☀" : "☾";
    changed();
  };
  button.addEventListener("click", () => {
    localStorage.setItem("theme", document.documentElement.dataset["theme"] === "dark" ? "light" : "dark");
    apply();
  });
  system.addEventListener("change", apply);
  apply();
}

/** Colours of layers as the theme has them: red, green and blue, 0 to 255. */
export function themeColors(): number[][] {
  const css = getComputedStyle(document.documentElement);
  return [0, 1, 2, 3].map((index) => {
    const text = css.getPropertyValue(`--layer-${index}`).trim();
    return [1, 3, 5].map((place) => Number.parseInt(text.slice(place, place + 2), 16));
  });
}
