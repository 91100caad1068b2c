/** The name that was likely meant where there is none of the name that was given. */
import { type DecolleError, type ErrorCode, faultAt } from "../errors.js";
import { found } from "./found.js";

/** Longest name that is compared: the work grows with its square. */
const longest = 60;

/**
 * The name that was likely meant: letters in another case, or up to a third of them wrong. As the core does it.
 *
 * @param name - What was given.
 * @param known - The names that there are.
 * @returns The nearest of them; undefined where none is near enough.
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, "");
  if (name.length > longest) return undefined;
  const distances = known.map((one) => [distance(plain(name), plain(one)), one] as const);
  const [least, near] = distances.reduce((best, one) => (one[0] < best[0] ? one : best), [Infinity, ""] as const);
  return least <= Math.floor(near.length / 3) ? near : undefined;
}

/**
 * The end of a message that refuses a name.
 *
 * @param name - What was given.
 * @param known - The names that there are.
 * @returns A question for the name that was likely meant, with what parts it from the text before; empty where there is none.
 */
export function meant(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return near === undefined ? "" : `; did you mean ${near}?`;
}

/**
 * An error that refuses a name.
 *
 * @param code - What kind of fault it is.
 * @param path - Where the name was given.
 * @param name - What was given, a name or anything else.
 * @param known - The names that there are.
 * @param expected - What is expected, in words; one of the names by default.
 * @returns The error, which asks for the name that was likely meant.
 */
export function unknownName(
  code: ErrorCode,
  path: string,
  name: unknown,
  known: readonly string[],
  expected = `one of ${known.join(", ")}`,
): DecolleError {
  const shown = found(name);
  const near = typeof name === "string" ? meant(name, known) : "";
  return faultAt(code, path, `expected ${expected}, found ${shown}${near}`, { expected, found: shown });
}

/** How many letters have to be put in, left out or replaced. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, place) => place);
  for (const [i, a] of [...one].entries()) {
    const next = [i + 1];
    for (const [j, b] of [...other].entries()) {
      next.push(Math.min((row[j] ?? 0) + (a === b ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
