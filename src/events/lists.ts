/** Recordings as callers and other programs give them: lists of numbers of any kind, checked and brought into columns. */
import type { EventColumns } from "../backend/contract.js";
import { type DecolleError, unfit } from "../errors.js";
import { numbers } from "../values/arrays.js";
import { isObject } from "../values/brands.js";
import { found } from "../values/found.js";
import { reading } from "../values/options.js";
import { hasUnits, type RecordedEvents, type Source, type SpikeTrain, type Units } from "./train.js";
import type { Sensor } from "./transform.js";

/** Events as lists of numbers: plain arrays, or typed arrays of any kind. All four have one entry an event. */
export interface EventLists {
  /** Column of the pixel, a whole number from 0, below the sensor's width. */
  readonly x: ArrayLike<number>;
  /** Row of the pixel, a whole number from 0, below the sensor's height. */
  readonly y: ArrayLike<number>;
  /** Polarity: 0 where it darkened, 1 where it brightened. */
  readonly p: ArrayLike<number>;
  /** Time in whole microseconds, never decreasing. */
  readonly t: ArrayLike<number>;
}

/** A spike train as lists of numbers: plain arrays, or typed arrays of any kind. Both have one entry a spike. */
export interface TrainLists {
  /** Time in whole microseconds, never decreasing. */
  readonly t: ArrayLike<number>;
  /** Which unit: a whole number from 0, below the number of units. */
  readonly unit: ArrayLike<number>;
}

/**
 * Checks events or spikes to the last one, and brings them into typed columns.
 *
 * @param events - The caller's columns or lists.
 * @param sensor - Every event lies within it, and it says whether there are spikes of units instead.
 * @param path - What messages call the events.
 * @returns Columns of the engine's types, copies of the caller's.
 * @throws {@link DecolleError} `config` for what is no list of numbers, `shape` for unequal lengths, `range`, `not-finite` or
 *   `time-order` with the index of the event.
 */
export function columnsOf(events: AnyLists, sensor: Source, path: string): RecordedEvents {
  return hasUnits(sensor) ? trainOf(events as TrainLists, sensor, path) : eventsOf(events as EventLists, sensor, path);
}

/** Events or spikes as callers may give them. */
export type AnyLists = EventColumns | EventLists | SpikeTrain | TrainLists;

function trainOf(train: TrainLists, { units }: Units, path: string): SpikeTrain {
  if (!isObject(train)) throw unfit("config", path, "an object with t and unit", found(train));
  const { t, unit } = reading(path, () => ({
    t: numbers(train.t, `${path}.t`),
    unit: numbers(train.unit, `${path}.unit`),
  }));
  if (unit.length !== t.length) {
    throw unfit("shape", `${path}.unit`, `${t.length} entries as in ${path}.t`, `${unit.length}`);
  }
  const columns = { t: new Float64Array(t.length), unit: new Uint32Array(t.length) };
  fill(columns.unit, unit, units - 1, `${path}.unit`);
  fillTimes(columns.t, t, `${path}.t`);
  return columns;
}

function eventsOf(events: EventLists, sensor: Sensor, path: string): EventColumns {
  const { x, y, p, t } = reading(path, () => readLists(events, path));
  const columns = {
    x: new Uint16Array(x.length),
    y: new Uint16Array(x.length),
    p: new Uint8Array(x.length),
    t: new Float64Array(x.length),
  };
  fill(columns.x, x, sensor.width - 1, `${path}.x`);
  fill(columns.y, y, sensor.height - 1, `${path}.y`);
  fill(columns.p, p, 1, `${path}.p`);
  fillTimes(columns.t, t, `${path}.t`);
  return columns;
}

function readLists(events: EventLists, path: string): EventLists {
  if (!isObject(events)) {
    throw unfit("config", path, "an object with x, y, p and t", found(events));
  }
  const { x, y, p, t } = events;
  const lists = {
    x: numbers(x, `${path}.x`),
    y: numbers(y, `${path}.y`),
    p: numbers(p, `${path}.p`),
    t: numbers(t, `${path}.t`),
  };
  for (const name of ["y", "p", "t"] as const) {
    if (lists[name].length !== lists.x.length) {
      const expected = `${lists.x.length} entries as in ${path}.x`;
      throw unfit("shape", `${path}.${name}`, expected, `${lists[name].length}`);
    }
  }
  return lists;
}

/** Plain loops: there are millions of events. */
function fill(
  column: Uint32Array | Uint16Array | Uint8Array,
  given: ArrayLike<number>,
  most: number,
  path: string,
): void {
  for (let event = 0; event < column.length; event++) {
    const value = given[event] as number;
    if (!Number.isInteger(value) || value < 0 || value > most) {
      throw faulty(value, `a whole number from 0 to ${most}`, `${path}[${event}]`);
    }
    column[event] = value;
  }
}

function fillTimes(column: Float64Array, given: ArrayLike<number>, path: string): void {
  let before = Number.NEGATIVE_INFINITY;
  for (let event = 0; event < column.length; event++) {
    const time = given[event] as number;
    if (!Number.isSafeInteger(time)) throw faulty(time, "whole microseconds", `${path}[${event}]`);
    if (time < before) {
      throw unfit("time-order", `${path}[${event}]`, `at least ${before}`, `${time}`);
    }
    column[event] = time;
    before = time;
  }
}

function faulty(value: number, expected: string, path: string): DecolleError {
  return unfit(Number.isFinite(value) ? "range" : "not-finite", path, expected, `${value}`);
}
