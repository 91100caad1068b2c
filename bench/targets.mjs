// @ts-check
/** The project's targets, and how a table says whether they are met. None is ever lowered. */

import { digits } from "./statistics.mjs";

/**
 * A target: a ratio that should be at least, or a figure that should be at most, this.
 *
 * @typedef {{ atLeast: number } | { atMost: number, unit: string }} Target
 */

/**
 * The text of a table's cell.
 *
 * @param {Target | null | undefined} target
 * @param {number} found - The ratio or figure measured.
 * @returns {string} Empty where there is no target.
 */
export function verdict(target, found) {
  if (target === null || target === undefined) return "";
  if ("atLeast" in target) {
    return `≥ ${digits(target.atLeast)}×: ${found >= target.atLeast ? "met" : "missed"} (${digits(found)}×)`;
  }
  const { atMost, unit } = target;
  return `≤ ${digits(atMost)} ${unit}: ${found <= atMost ? "met" : "missed"} (${digits(found)} ${unit})`;
}
