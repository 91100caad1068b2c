/** Binning: from events in microseconds to sparse lists of spikes, one list a time step. */
import type { Binding, EventColumns, SpikeLists } from "../backend/contract.js";
import { DecolleError } from "../errors.js";
import { readColumns } from "./columns.js";
import { type InputTransform, type Sensor, transformedPlane } from "./transform.js";

/** What the core calls the columns of events, and what they are called here. */
const columns: Readonly<Record<string, string>> = { x: "x", y: "y", polarity: "p", time: "t" };

/** How events become spikes. */
export interface Binning {
  /** Size of the sensor in pixels; an event outside it is a `range` error. */
  readonly sensor: Sensor;
  /** Cropping and downsampling; none by default. */
  readonly transform?: InputTransform;
  /** Length of a time step in whole microseconds, at least 1. */
  readonly timeStep: number;
  /** Number of time steps, at least 1. */
  readonly steps: number;
  /** Where the first step starts, in microseconds; at the first event by default. */
  readonly start?: number;
}

/**
 * Bins one recording.
 *
 * @param binding - The backend that does it.
 * @param events - Events, times never decreasing.
 * @param binning - Sensor, transform and time steps.
 * @param path - What messages call the events.
 * @returns Spikes by step; those outside crop or time window are dropped and counted.
 * @throws {@link DecolleError} `config`, `shape`, `range`, `time-order` or `not-finite`, with the event's index.
 */
export function binEvents(binding: Binding, events: EventColumns, binning: Binning, path: string): SpikeLists {
  const { x, y, p, t } = readColumns(events, path);
  const { width, height } = binning.sensor;
  transformedPlane(binning.sensor, binning.transform);
  const crop = binning.transform?.crop ?? { left: 0, top: 0, width, height };
  const options = {
    width,
    height,
    left: crop.left,
    top: crop.top,
    cropWidth: crop.width,
    cropHeight: crop.height,
    downsample: binning.transform?.downsample ?? 1,
    timeStep: binning.timeStep,
    steps: binning.steps,
    start: binning.start ?? null,
  };
  try {
    return binding.binEvents(x, y, p, t, JSON.stringify(options));
  } catch (error) {
    if (!DecolleError.is(error)) throw error;
    // The core calls columns by their full names.
    const [, column = "", rest = ""] = /^(x|y|polarity|time)(\[\d+\].*)$/s.exec(error.message) ?? [];
    const place = column === "" ? `${path}: ${error.message}` : `${path}.${columns[column]}${rest}`;
    throw new DecolleError(error.code, place, { cause: error });
  }
}
