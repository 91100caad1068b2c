/** Events as columns: checked before they cross into a backend, cut, and joined. */
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

/**
 * Some of the events.
 *
 * @param columns - All of them.
 * @param from - Index of the first.
 * @param to - Index of the one after the last.
 * @returns Columns in the memory of the whole.
 */
export function part({ x, y, p, t }: EventColumns, from: number, to: number): EventColumns {
  return { x: x.subarray(from, to), y: y.subarray(from, to), p: p.subarray(from, to), t: t.subarray(from, to) };
}

/**
 * Blocks one after the other.
 *
 * @param blocks - The blocks.
 * @returns All events, in memory of their own.
 */
export function joined(blocks: readonly EventColumns[]): EventColumns {
  const length = blocks.reduce((sum, { t }) => sum + t.length, 0);
  const all = {
    x: new Uint16Array(length),
    y: new Uint16Array(length),
    p: new Uint8Array(length),
    t: new Float64Array(length),
  };
  let place = 0;
  for (const { x, y, p, t } of blocks) {
    all.x.set(x, place);
    all.y.set(y, place);
    all.p.set(p, place);
    all.t.set(t, place);
    place += t.length;
  }
  return all;
}
