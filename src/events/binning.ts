/** Binning: from events in microseconds to sparse lists of spikes, one list a time step. */
import type { AsyncBatch, Awaitable, EventColumns } from "../backend/contract.js";
import { unfit } from "../errors.js";
import { wholeNumber } from "../numbers.js";
import { hasUnits, type RecordedEvents, readRecorded, type Source, type SpikeTrain } from "./train.js";
import { type InputTransform, type Sensor, transformedPlane } from "./transform.js";

/** How events become spikes. */
export interface Binning {
  /** Size of the sensor in pixels, or how many units there are; an event outside is a `range` error. */
  readonly sensor: Source;
  /** Cropping and downsampling; none by default. */
  readonly transform?: InputTransform;
  /** Length of a time step in whole microseconds, at least 1. */
  readonly timeStep: number;
  /** Number of time steps, at least 1. */
  readonly steps: number;
  /** Where the first step starts, in microseconds; at the first event by default. */
  readonly start?: number;
}

/** Most steps that recordings are binned into, as in the core. */
export const mostSteps = 2 ** 24;

/**
 * Checks how many steps recordings are to be binned into.
 *
 * @param steps - What was given.
 * @param path - What messages call it.
 * @returns The steps.
 * @throws {@link DecolleError} `range` where they are not 1 to {@link mostSteps}, or no whole number.
 */
export function checkSteps(steps: number, path: string): number {
  if (wholeNumber(steps, 1, path) <= mostSteps) return steps;
  throw unfit("range", path, `1 to ${mostSteps}`, `${steps}`);
}

/**
 * Bins one recording into a batch; events outside crop or time window are dropped.
 *
 * @param batch - The batch.
 * @param sample - Which of its samples, from 0.
 * @param events - Events or a spike train, as the sensor says; times never decreasing.
 * @param binning - Sensor, transform and time steps, these as many as the batch has.
 * @param path - What messages call the events.
 * @returns When it is done.
 * @throws {@link DecolleError} `config`, `shape`, `range`, `time-order` or `not-finite`, with the event's index; `memory`.
 */
export function putEvents(
  batch: AsyncBatch,
  sample: number,
  events: RecordedEvents,
  binning: Binning,
  path: string,
): Awaitable<void> {
  const read = readRecorded(events, binning.sensor, path);
  if (hasUnits(binning.sensor)) {
    const { t, unit } = read as SpikeTrain;
    return batch.putTrain(path, sample, t, unit, JSON.stringify({ width: 1, height: 1, ...timing(binning) }));
  }
  const { x, y, p, t } = read as EventColumns;
  return batch.putEvents(path, sample, x, y, p, t, JSON.stringify(eventBinning(binning.sensor, binning)));
}

/**
 * How events of a sensor become spikes, as the core reads it.
 *
 * @param sensor - Size of the sensor in pixels.
 * @param binning - Transform and time steps.
 * @returns The fields of the events crate's `Binning`.
 * @throws {@link DecolleError} Those of {@link transformedPlane}.
 */
export function eventBinning(sensor: Sensor, binning: Binning): object {
  const { width, height } = sensor;
  transformedPlane(sensor, binning.transform);
  const crop = binning.transform?.crop ?? { left: 0, top: 0, width, height };
  return {
    width,
    height,
    left: crop.left,
    top: crop.top,
    cropWidth: crop.width,
    cropHeight: crop.height,
    downsample: binning.transform?.downsample ?? 1,
    ...timing(binning),
  };
}

function timing({ timeStep, steps, start }: Binning): object {
  return { timeStep, steps, start: start ?? null };
}
