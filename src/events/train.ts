/** Spike trains of (time, unit): recordings of what has no pixels, such as neurons, cochleas or synthetic tasks. */
import type { EventColumns } from "../backend/contract.js";
import { unfit } from "../errors.js";
import type { NetworkSpecification } from "../network/specification.js";
import { typedArray } from "../values/arrays.js";
import { isObject } from "../values/brands.js";
import { found } from "../values/found.js";
import { reading } from "../values/options.js";
import { readColumns } from "./columns.js";
import type { Sensor } from "./transform.js";

/** Spikes of units in the order in which they happened, as columns of equal length. */
export interface SpikeTrain {
  /** Time in whole microseconds, never decreasing. */
  readonly t: Float64Array;
  /** Which unit: index of a network's input, from 0. On a plane it is `(channel · height + row) · width + column`. */
  readonly unit: Uint32Array;
}

/** What spike trains come from, instead of a sensor with pixels. */
export interface Units {
  /** Number of units, at least 1. */
  readonly units: number;
}

/** What recordings come from: an event camera's sensor, or units. */
export type Source = Sensor | Units;

/** What recordings hold: events of a sensor, or a spike train of units. */
export type RecordedEvents = EventColumns | SpikeTrain;

/**
 * Whether recordings are spike trains of units.
 *
 * @param source - What they come from.
 * @returns Whether it has units instead of pixels.
 */
export function hasUnits(source: Source): source is Units {
  return isObject(source) && (source as Partial<Units>).units !== undefined;
}

/**
 * No events of a sensor, or no spikes of units.
 *
 * @param source - The sensor, or how many units; a sensor by default.
 * @returns Columns of length 0.
 */
export function noEvents(): EventColumns;
export function noEvents(source: Source): RecordedEvents;
export function noEvents(source?: Source): RecordedEvents {
  const t = new Float64Array(0);
  if (source !== undefined && hasUnits(source)) return { t, unit: new Uint32Array(0) };
  return { x: new Uint16Array(0), y: new Uint16Array(0), p: new Uint8Array(0), t };
}

/**
 * Number of inputs of a network.
 *
 * @param specification - The network.
 * @returns Units, channels × length, or channels × rows × columns.
 */
export function inputsOf({ input }: NetworkSpecification): number {
  if ("units" in input) return input.units;
  return input.channels * ("length" in input ? input.length : input.height * input.width);
}

/**
 * Reads what a recording holds; refuses columns of the wrong type or of unequal length.
 *
 * @param events - Columns of events, or of a spike train.
 * @param source - What they come from, which says which of them they are.
 * @param path - What messages call them.
 * @returns The columns, each read once; copies where other threads could change them meanwhile.
 * @throws {@link DecolleError} `config` for another type of array, `shape` for unequal lengths.
 */
export function readRecorded(events: RecordedEvents, source: Source, path: string): RecordedEvents {
  return hasUnits(source) ? readTrain(events as SpikeTrain, path) : readColumns(events as EventColumns, path);
}

function readTrain(train: SpikeTrain, path: string): SpikeTrain {
  if (!isObject(train)) throw unfit("config", path, "an object with t and unit", found(train));
  const { t, unit } = reading(path, () => ({
    t: typedArray(train.t, "Float64Array", `${path}.t`),
    unit: typedArray(train.unit, "Uint32Array", `${path}.unit`),
  }));
  if (unit.length !== t.length) {
    throw unfit("shape", `${path}.unit`, `${t.length} entries as in ${path}.t`, `${unit.length}`);
  }
  return { t, unit };
}
