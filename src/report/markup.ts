/** Text inside HTML and SVG. */

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Makes text safe inside HTML and SVG, in elements and in quoted attributes.
 *
 * @param text - Any text.
 * @returns The text with `&`, `<`, `>` and quotes as entities.
 */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
