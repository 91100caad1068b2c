/** Checks on numbers, and on objects that hold them, that come from callers. */
import { DecolleError } from "./errors.js";

/**
 * Checks a finite number.
 *
 * @param value - What was given.
 * @param least - Smallest value allowed.
 * @param name - What messages call it.
 * @returns The value.
 * @throws {@link DecolleError} `config` where it is no number, `not-finite` or `range`.
 */
export function finiteNumber(value: number, least: number, name: string): number {
  if (typeof value !== "number") throw new DecolleError("config", `${name}: expected a number, found ${typeof value}`);
  if (!Number.isFinite(value))
    throw new DecolleError("not-finite", `${name}: expected a finite number, found ${value}`);
  if (value < least) throw new DecolleError("range", `${name}: expected at least ${least}, found ${value}`);
  return value;
}

/**
 * Checks a whole number.
 *
 * @param value - What was given.
 * @param least - Smallest value allowed.
 * @param name - What messages call it.
 * @returns The value.
 * @throws {@link DecolleError} `config` where it is no number, `not-finite` or `range`.
 */
export function wholeNumber(value: number, least: number, name: string): number {
  if (!Number.isSafeInteger(finiteNumber(value, least, name))) {
    throw new DecolleError("range", `${name}: expected a whole number from ${least}, found ${value}`);
  }
  return value;
}

/**
 * Checks that an object has no fields but those known.
 *
 * @param value - What was given.
 * @param known - The fields there are.
 * @param name - What messages call it.
 * @returns The value.
 * @throws {@link DecolleError} `config` where it is no object, or has another field.
 */
export function knownFields<Value extends object>(
  value: Value,
  known: ReadonlyArray<keyof Value & string>,
  name: string,
): Value {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const found = value === null ? "null" : Array.isArray(value) ? "an array" : `a ${typeof value}`;
    throw new DecolleError("config", `${name}: expected an object with ${known.join(", ")}, found ${found}`);
  }
  const unknown = Object.keys(value).find((field) => !(known as readonly string[]).includes(field));
  if (unknown === undefined) return value;
  throw new DecolleError("config", `${name}.${unknown}: unknown option, expected one of ${known.join(", ")}`);
}
