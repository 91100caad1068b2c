// @ts-check
/** Medians and spreads of repeated measurements. */

/**
 * Repeated measurements of one quantity, in the unit of the values they were made from.
 *
 * @typedef {{ median: number, least: number, most: number, values: number[] }} Spread
 */

/**
 * The middle value; the mean of the two middle ones where their number is even.
 *
 * @param {readonly number[]} values - At least one.
 * @returns {number}
 */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

/**
 * Median, least and most of repeated measurements.
 *
 * @param {readonly number[]} values - At least one, in the order they were taken.
 * @returns {Spread}
 */
export function spread(values) {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values), values: [...values] };
}

/**
 * A number with three significant digits, without exponent.
 *
 * @param {number} value
 * @returns {string}
 */
export function digits(value) {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const places = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(places, 6));
}

/**
 * A spread as text: median, then least and most in brackets.
 *
 * @param {Spread} values
 * @returns {string}
 */
export function spreadText({ median: middle, least, most }) {
  return `${digits(middle)} (${digits(least)}–${digits(most)})`;
}

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
