// @ts-check
/** Measuring several sides in turn, so that whatever else the machine does hits all of them alike. */

import { spread } from "./statistics.mjs";

/**
 * Milliseconds of work before a measurement counts. After some idle time threads may wake on one core, and stay there for
 * some tens of milliseconds.
 */
const warmth = 200;

/**
 * Runs all sides once a turn, in one order on even turns and in the opposite on odd ones. The first turn warms up and is
 * not counted. A side whose measurement is shorter than `warmth` runs again and again for that long before the one that
 * counts.
 *
 * @template {string} Side
 * @param {Record<Side, () => Promise<number>>} sides - Each measures once and gives the figure.
 * @param {number} turns - Turns that count, at least 1.
 * @returns {Promise<Record<Side, import("./statistics.mjs").Spread>>} The figures of each side, in order of turns.
 */
export async function alternate(sides, turns) {
  const entries = /** @type {[Side, () => Promise<number>][]} */ (Object.entries(sides));
  const found = /** @type {Record<Side, number[]>} */ ({});
  /** @type {Map<Side, number>} */
  const durations = new Map();
  for (const [name] of entries) found[name] = [];
  for (let turn = 0; turn <= turns; turn++) {
    for (const [name, measure] of turn % 2 === 0 ? entries : [...entries].reverse()) {
      await pause();
      const start = performance.now();
      while (turn > 0 && (durations.get(name) ?? 0) < warmth && performance.now() - start < warmth) await measure();
      const last = performance.now();
      const figure = await measure();
      durations.set(name, performance.now() - last);
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
