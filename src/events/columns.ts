/** Recordings as columns: checked before they cross into a backend, cut, joined, copied and looked up by time. */
import type { EventColumns } from "../backend/contract.js";
import { unfit } from "../errors.js";
import { typedArray } from "../values/arrays.js";
import { isObject } from "../values/brands.js";
import { found } from "../values/found.js";
import { reading } from "../values/options.js";
import type { RecordedEvents } from "./train.js";

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

type Column = Uint8Array | Uint16Array | Uint32Array | Float64Array;
type Named = Readonly<Record<string, Column>>;

/**
 * Some events of a recording, in the same memory.
 *
 * @param events - The recording.
 * @param start - Index of the first.
 * @param end - Index of the one after the last; the recording's end by default.
 * @returns Views.
 */
export function part<Events extends RecordedEvents>(events: Events, start: number, end?: number): Events {
  return each(events, (column) => column.subarray(start, end));
}

/**
 * Recordings one after the other, all of the same kind.
 *
 * @param blocks - The recordings.
 * @param none - What comes of no block.
 * @returns All events: new columns, or those of one where all others are empty.
 */
export function joined<Events extends RecordedEvents>(blocks: readonly Events[], none: Events): Events {
  const filled = blocks.filter(({ t }) => t.length > 0);
  const [first = blocks[0] ?? none] = filled;
  if (filled.length < 2) return first;
  const length = filled.reduce((sum, { t }) => sum + t.length, 0);
  return each(first, (column, name) => {
    const all = new (column.constructor as new (length: number) => Column)(length);
    let place = 0;
    for (const block of filled) {
      all.set((block as unknown as Named)[name] as Column, place);
      place += block.t.length;
    }
    return all;
  });
}

/**
 * A copy in memory of its own, which callers cannot change and which keeps no larger array alive.
 *
 * @param events - Columns.
 * @returns The copy.
 */
export function copied<Events extends RecordedEvents>(events: Events): Events {
  return each(events, (column) => column.slice());
}

/** The columns of a recording, each through a function. */
function each<Events extends RecordedEvents>(
  events: Events,
  through: (column: Column, name: string) => Column,
): Events {
  const columns = events as unknown as Named;
  const names = "unit" in events ? ["t", "unit"] : ["x", "y", "p", "t"];
  return Object.fromEntries(names.map((name) => [name, through(columns[name] as Column, name)])) as unknown as Events;
}

/**
 * The first event at or after a time.
 *
 * @param times - Times that never decrease.
 * @param time - The time.
 * @returns Its place; the number of events where there is none.
 */
export function firstFrom(times: Float64Array, time: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Refuses times that are not finite or go backwards.
 *
 * @param times - Times in microseconds.
 * @param latest - The last one before them.
 * @throws {@link DecolleError} `not-finite` or `time-order` with the event.
 */
export function checkOrder(times: Float64Array, latest: number): void {
  let before = latest;
  for (let event = 0; event < times.length; event++) {
    const time = times[event] ?? 0;
    if (!Number.isFinite(time)) throw unfit("not-finite", `events.t[${event}]`, "a finite time", `${time}`);
    if (time < before) throw unfit("time-order", `events.t[${event}]`, `at least ${before}`, `${time}`);
    before = time;
  }
}
