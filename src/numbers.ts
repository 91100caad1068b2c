/** Checks on numbers that come from callers. */
import { unfit } from "./errors.js";
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
  if (typeof value !== "number") throw unfit("config", name, "a number", found(value));
  if (!Number.isFinite(value)) throw unfit("not-finite", name, "a finite number", `${value}`);
  if (value < least) throw unfit("range", name, `at least ${least}`, `${value}`);
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
    throw unfit("range", name, `a whole number from ${least}`, `${value}`);
  }
  return value;
}

/**
 * A float of 16 bits.
 *
 * @param bits - Its bits: sign, 5 of the exponent, 10 of the fraction.
 * @returns Its value.
 */
export function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
