// @ts-check
/** Measuring several sides in turn, so that whatever else the machine does hits all of them alike. */

import { spread } from "./statistics.mjs";

export { alternate, pause } from "../dist/cli/measure.js";

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
