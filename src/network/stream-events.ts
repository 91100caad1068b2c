/** The events of a stream: columns that are cut, joined and looked up by time. */
import { unfit } from "../errors.js";
import { hasUnits, type RecordedEvents, type Source } from "../events/train.js";

type Column = Uint8Array | Uint16Array | Uint32Array | Float64Array;

/**
 * No events of a sensor, or no spikes of units.
 *
 * @param source - The sensor, or how many units.
 * @returns Columns of length 0.
 */
export function noEvents(source: Source): RecordedEvents {
  const t = new Float64Array(0);
  if (hasUnits(source)) return { t, unit: new Uint32Array(0) };
  return { x: new Uint16Array(0), y: new Uint16Array(0), p: new Uint8Array(0), t };
}

/**
 * The columns of one recording after those of another, both of the same kind.
 *
 * @param first - The earlier one.
 * @param second - The later one.
 * @returns New columns, or those of one where the other is empty.
 */
export function joined(first: RecordedEvents, second: RecordedEvents): RecordedEvents {
  if (first.t.length === 0) return second;
  if (second.t.length === 0) return first;
  const after = <Kind extends Column>(one: Kind, other: Kind): Kind => {
    const both = new (one.constructor as new (length: number) => Kind)(one.length + other.length);
    both.set(one);
    both.set(other, one.length);
    return both;
  };
  const t = after(first.t, second.t);
  if ("unit" in first && "unit" in second) return { t, unit: after(first.unit, second.unit) };
  if ("unit" in first || "unit" in second) throw new Error("a stream is of one kind of recording");
  return { x: after(first.x, second.x), y: after(first.y, second.y), p: after(first.p, second.p), t };
}

/**
 * Some events of a recording, in the same memory.
 *
 * @param events - The recording.
 * @param start - The first one.
 * @param end - The one after the last; the recording's end by default.
 * @returns Views.
 */
export function part(events: RecordedEvents, start: number, end?: number): RecordedEvents {
  const t = events.t.subarray(start, end);
  if ("unit" in events) return { t, unit: events.unit.subarray(start, end) };
  const { x, y, p } = events;
  return { x: x.subarray(start, end), y: y.subarray(start, end), p: p.subarray(start, end), t };
}

/**
 * A copy in memory of its own, which callers cannot change and which keeps no larger array alive.
 *
 * @param events - Columns.
 * @returns The copy.
 */
export function copied(events: RecordedEvents): RecordedEvents {
  const t = events.t.slice();
  if ("unit" in events) return { t, unit: events.unit.slice() };
  return { x: events.x.slice(), y: events.y.slice(), p: events.p.slice(), t };
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
