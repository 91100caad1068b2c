/** What was found instead of what was expected, in words; safe for whatever callers may pass. */
import { typedArrayName } from "./brands.js";

/** Longest text of the caller's that a message repeats. */
const longest = 60;

/**
 * Describes a value for a message.
 *
 * @param value - Anything: a proxy that throws, a symbol, an object without a prototype.
 * @returns Such as `null`, `"text"`, `3n`, `an array`, `a Float64Array`, `a function`.
 */
export function found(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.length > longest ? `${value.slice(0, longest)}…` : value);
    case "bigint":
      return `the bigint ${String(value).slice(0, longest)}`;
    case "symbol":
      return "a symbol";
    case "function":
      return "a function";
    case "object":
      return value === null ? "null" : kind(value);
    default:
      return Object.is(value, -0) ? "-0" : String(value);
  }
}

/** The kind of an object; a proxy may throw at whatever is asked of it. */
function kind(value: object): string {
  try {
    const name = Array.isArray(value)
      ? "array"
      : (typedArrayName(value) ?? (Object.getPrototypeOf(value) as object | null)?.constructor?.name);
    if (typeof name !== "string" || name === "" || name === "Object") return "an object";
    const shown = name.slice(0, longest);
    return `${/^[aeiou]/i.test(shown) && !/^uint/i.test(shown) ? "an" : "a"} ${shown}`;
  } catch {
    return "an object that cannot be read";
  }
}
