// @ts-check
/** Medians and spreads of repeated measurements. */

export { digits, median, spread, spreadText } from "../dist/cli/measure.js";

/** @typedef {import("../dist/cli/measure.js").Spread} Spread */

/**
 * The arithmetic mean.
 *
 * @param {readonly number[]} values - At least one.
 * @returns {number}
 */
export function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * The standard error of the mean.
 *
 * @param {readonly number[]} values - At least two, else it is NaN.
 * @returns {number}
 */
export function standardError(values) {
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}
