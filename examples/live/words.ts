/** What went wrong, in words for whoever sits before the page. */

/** What a code of a DecolleError means here; the error's own message follows. */
const codes: Readonly<Record<string, string>> = {
  memory: "There is not enough memory.",
  format: "This file is not a recording that is understood here.",
  unsupported: "This browser or this file cannot be used here.",
  checkpoint: "This file is not a model that is understood here.",
  backend: "The engine could not be started in this browser.",
};

/**
 * An error in words.
 *
 * @param error - Anything that was thrown.
 * @returns A sentence or two.
 */
export function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const summary = codes[(error as { code?: string }).code ?? ""];
  if (summary !== undefined) return `${summary} (${error.message})`;
  // The name of the function that failed means nothing to people.
  const said = error.message.replace(/^\w+: /, "");
  return `${said.charAt(0).toUpperCase()}${said.slice(1)}${/[.!?]$/.test(said) ? "" : "."}`;
}
