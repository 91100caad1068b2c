/** Checks on events as columns, before they cross into a backend. */
import type { EventColumns } from "../backend/contract.js";
import { unfit } from "../errors.js";
import { typedArray } from "../values/arrays.js";
import { isObject } from "../values/brands.js";
import { found } from "../values/found.js";
import { reading } from "../values/options.js";

/**
 * Reads columns; refuses those of the wrong type or of unequal length. Order in time and pixels are checked where events
 * are binned.
 *
 * @param events - Columns `x`, `y` (Uint16Array), `p` (Uint8Array) and `t` (Float64Array, microseconds).
 * @param path - What messages call them.
 * @returns The columns, each read once; copies where other threads could change them meanwhile.
 * @throws {@link DecolleError} `config` for another type of array, `shape` for unequal lengths.
 */
export function readColumns(events: EventColumns, path: string): EventColumns {
  if (!isObject(events)) {
    throw unfit("config", path, "an object with x, y, p and t", found(events));
  }
  const columns = reading(path, () => ({
    x: typedArray(events.x, "Uint16Array", `${path}.x`),
    y: typedArray(events.y, "Uint16Array", `${path}.y`),
    p: typedArray(events.p, "Uint8Array", `${path}.p`),
    t: typedArray(events.t, "Float64Array", `${path}.t`),
  }));
  for (const name of ["y", "p", "t"] as const) {
    if (columns[name].length !== columns.x.length) {
      const expected = `${columns.x.length} entries as in ${path}.x`;
      throw unfit("shape", `${path}.${name}`, expected, `${columns[name].length}`);
    }
  }
  return columns;
}
