// @ts-check
/** Measuring several sides in turn, so that whatever else the machine does hits all of them alike. */

import { spread } from "./statistics.mjs";

/**
 * Runs all sides once a turn, in one order on even turns and in the opposite on odd ones. The first turn warms up and is
 * not counted.
 *
 * @template {string} Side
 * @param {Record<Side, () => Promise<number>>} sides - Each measures once and gives the figure.
 * @param {number} turns - Turns that count, at least 1.
 * @param {boolean} [twice] - Whether each side runs twice at its turn and the second time counts: after some idle time
 *   threads may start on one core and stay there for longer than a short measurement.
 * @returns {Promise<Record<Side, import("./statistics.mjs").Spread>>} The figures of each side, in order of turns.
 */
export async function alternate(sides, turns, twice = false) {
  const entries = /** @type {[Side, () => Promise<number>][]} */ (Object.entries(sides));
  const found = /** @type {Record<Side, number[]>} */ ({});
  for (const [name] of entries) found[name] = [];
  for (let turn = 0; turn <= turns; turn++) {
    for (const [name, measure] of turn % 2 === 0 ? entries : [...entries].reverse()) {
      await pause();
      if (twice) await measure();
      const figure = await measure();
      if (turn > 0) found[name].push(figure);
    }
  }
  return /** @type {any} */ (Object.fromEntries(entries.map(([name]) => [name, spread(found[name])])));
}

/**
 * One side's figures over another's, turn by turn.
 *
 * @param {import("./statistics.mjs").Spread} above
 * @param {import("./statistics.mjs").Spread} below
 * @returns {import("./statistics.mjs").Spread}
 */
export function ratioOf(above, below) {
  return spread(above.values.map((value, turn) => value / (below.values[turn] ?? Number.NaN)));
}

/**
 * Lets the threads of whoever was at work go to sleep before the other side starts.
 *
 * @returns {Promise<void>}
 */
export function pause() {
  return new Promise((resolve) => setTimeout(resolve, 200));
}
