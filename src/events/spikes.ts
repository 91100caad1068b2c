/** Recordings as sparse lists of spikes, one list a time step: what tonic's `ToFrame` is to frames. */
import type { EventColumns } from "../backend/contract.js";
import { type BackendChoice, choiceFields, choiceOf, selectRecordings } from "../backend/select.js";
import { DecolleError, movedTo, unfit } from "../errors.js";
import { wholeNumber } from "../numbers.js";
import { demanded, type Fields, readOptions } from "../values/options.js";
import { checkSteps, eventBinning } from "./binning.js";
import { hasUnits } from "./train.js";
import type { InputTransform } from "./transform.js";
import { checkSourced, type SourcedRecording } from "./transforms/apply.js";

/** How a recording becomes spikes. */
export interface ToSpikesOptions extends BackendChoice {
  /** Length of a time step in whole microseconds, at least 1. */
  readonly timeStep: number;
  /** Number of time steps, 1 to 2²⁴; events after them are dropped. */
  readonly steps: number;
  /** Where the first step starts, in microseconds, events before it being dropped; at the first event by default. */
  readonly start?: number;
  /** Cropping and downsampling as of a network's input; none by default. */
  readonly transform?: InputTransform;
}

const fields: Fields<ToSpikesOptions> = {
  ...choiceFields,
  timeStep: "number",
  steps: "number",
  start: "number",
  transform: "value",
};

/** Spikes of a recording: a sample of `{ spikes }`, an input of a network. */
export interface RecordingSpikes {
  /** Where the list of each step starts, and the end of the last: `steps + 1` entries from 0. */
  readonly offsets: Uint32Array;
  /** Index `(polarity · height + row) · width + column` of each cell with events, ascending within a step. */
  readonly indices: Uint32Array;
  /** Number of events in each of these cells, at least 1. */
  readonly counts: Float32Array;
  /** Number of events outside the crop or the time steps. */
  readonly dropped: number;
}

/**
 * Counts the events of a recording per cell and time step, as a network does that takes recordings.
 *
 * @param recording - Its events and the sensor.
 * @param given - Time steps; crop and blocks; the backend that counts.
 * @returns Sparse lists.
 * @throws {@link DecolleError} `config`, `range` or `not-finite` for an option; for an event, such as
 *   `recording.events.x[17]`, those and `shape` and `time-order`; `memory`.
 */
export async function toSpikes(recording: SourcedRecording, given: ToSpikesOptions): Promise<RecordingSpikes> {
  const options = readOptions(demanded(given, "options"), fields, "toSpikes");
  const { events, sensor } = checkSourced(recording);
  if (hasUnits(sensor)) throw unfit("config", "recording.sensor", "the size of a sensor in pixels", "units");
  const binning = {
    sensor,
    timeStep: wholeNumber(options.timeStep, 1, "timeStep"),
    steps: checkSteps(options.steps, "steps"),
    ...(options.start !== undefined && { start: options.start }),
    ...(options.transform !== undefined && { transform: options.transform }),
  };
  const json = JSON.stringify(eventBinning(binning.sensor, binning));
  const recordings = await selectRecordings(choiceOf(options));
  const { x, y, p, t } = events as EventColumns;
  try {
    return recordings.bin(json, x, y, p, t);
  } catch (error) {
    const ofEvent = DecolleError.is(error) && /^[xypt]\[/.test(error.path ?? "");
    throw ofEvent ? movedTo(error, "", "recording.events.") : error;
  }
}
