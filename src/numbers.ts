/** Checks on numbers that come from callers. */
import { DecolleError } from "./errors.js";
import { found } from "./values/found.js";

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
  if (typeof value !== "number") throw new DecolleError("config", `${name}: expected a number, found ${found(value)}`);
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
