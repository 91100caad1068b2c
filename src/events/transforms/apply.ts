/** Transforms applied to recordings in memory. */
import type { EventColumns } from "../../backend/contract.js";
import type { RecordingsBinding, TransformedRecording } from "../../backend/recordings.js";
import { type BackendChoice, choiceFields, choiceOf, selectRecordings } from "../../backend/select.js";
import { DecolleError, movedTo, unfit } from "../../errors.js";
import { plainCopy } from "../../network/json.js";
import { wholeNumber } from "../../numbers.js";
import { list } from "../../values/arrays.js";
import { isObject } from "../../values/brands.js";
import { found } from "../../values/found.js";
import { type Fields, reading, readOptions } from "../../values/options.js";
import { checkSensor } from "../sensor.js";
import { hasUnits, type RecordedEvents, readRecorded, type Source, type SpikeTrain, type Units } from "../train.js";
import type { Sensor } from "../transform.js";
import type { RecordingTransform } from "./kinds.js";

/** A recording, and what it comes from. */
export interface SourcedRecording<Events extends RecordedEvents = EventColumns> {
  /** Its events, or its spike train; times in whole microseconds and never decreasing. */
  readonly events: Events;
  /** Size of the sensor in pixels; for spike trains the number of units. */
  readonly sensor: Events extends SpikeTrain ? Units : Sensor;
}

/** Which random numbers transforms draw: the same three always give the same bits. */
export interface TransformOptions extends BackendChoice {
  /** Seed of all that is drawn, a whole number from 0; 1 by default. */
  readonly seed?: number;
  /** How often the recording has been shown, 0 to 2³² − 1, so that it differs from time to time; 0 by default. */
  readonly epoch?: number;
  /** Number of the recording among others, 0 to 2³² − 1, so that each differs; 0 by default. */
  readonly index?: number;
}

const fields: Fields<TransformOptions> = { ...choiceFields, seed: "number", epoch: "number", index: "number" };

/** Most units of spike trains that transforms take: they are columns of one row. */
const mostUnits = 2 ** 16;

/**
 * Transforms a recording.
 *
 * @param recording - Its events and what they come from; they are not changed.
 * @param transforms - Transforms, applied one after the other.
 * @param given - Which random numbers they draw, and the backend that applies them; every backend gives the same bits.
 * @returns The recording afterwards, with what it comes from then.
 * @throws {@link DecolleError} `config`, `range` or `not-finite` for an option, such as `transforms[1].filterTime`; for an
 *   event, such as `recording.events.x[17]`, those and `shape` and `time-order`; `memory`.
 */
export async function transform<Events extends RecordedEvents>(
  recording: SourcedRecording<Events>,
  transforms: readonly RecordingTransform[],
  given: TransformOptions = {},
): Promise<SourcedRecording<Events>> {
  const options = readOptions(given, fields, "transform");
  const checked = checkTransforms(transforms);
  const { events, sensor } = checkSourced(recording);
  const change = new Change(await selectRecordings(choiceOf(options)), sensor, 1, checked, options.seed ?? 1);
  return {
    events: change.apply(events, options, "recording.events"),
    sensor: change.sensor,
  } as unknown as SourcedRecording<Events>;
}

/**
 * Reads a list of transforms; their options are checked in Rust.
 *
 * @param transforms - What was given.
 * @returns A copy.
 * @throws {@link DecolleError} `config` for what is no list of plain data, `not-finite`.
 */
export function checkTransforms(transforms: readonly RecordingTransform[]): RecordingTransform[] {
  return Array.from(plainCopy(list(transforms, "transforms"), "transforms"));
}

/**
 * Reads a recording and what it comes from.
 *
 * @param recording - What was given, perhaps with more fields.
 * @returns Columns and sensor.
 * @throws {@link DecolleError} `config`, `shape` or `range`.
 */
export function checkSourced(recording: SourcedRecording<RecordedEvents>): {
  readonly events: RecordedEvents;
  readonly sensor: Source;
} {
  if (!isObject(recording)) throw unfit("config", "recording", "an object with events and sensor", found(recording));
  return reading("recording", () => {
    const sensor: Source = checkSensor<Source>(recording.sensor);
    return { events: readRecorded(recording.events, sensor, "recording.events"), sensor };
  });
}

/** Transforms for recordings of one source. */
export class Change {
  /** What the recordings come from afterwards. */
  readonly sensor: Source;
  /** How long they usually are afterwards, in microseconds. */
  readonly duration: number;
  readonly #recordings: RecordingsBinding;
  readonly #request: object;
  readonly #before: Source;

  /**
   * Checks the transforms.
   *
   * @param recordings - What applies them.
   * @param before - What recordings come from.
   * @param duration - How long they usually are, in microseconds.
   * @param transforms - The transforms.
   * @param seed - Seed of all that is drawn.
   * @throws {@link DecolleError} `config` or `range` with the path of the option.
   */
  constructor(
    recordings: RecordingsBinding,
    before: Source,
    duration: number,
    transforms: readonly RecordingTransform[],
    seed: number,
  ) {
    const { width, height } = hasUnits(before) ? { width: checkUnits(before), height: 1 } : before;
    this.#recordings = recordings;
    this.#before = before;
    this.#request = { transforms, width, height, duration: Math.max(1, Math.floor(duration)), seed };
    const nothing = { x: new Uint16Array(), y: new Uint16Array(), p: new Uint8Array(), t: new Float64Array() };
    const after = this.#transformed(nothing, {});
    this.sensor = hasUnits(before) ? { units: after.width } : { width: after.width, height: after.height };
    this.duration = after.duration;
  }

  /**
   * Transforms one recording.
   *
   * @param events - Its columns, which are not changed.
   * @param draw - Epoch and number of the recording.
   * @param path - What messages call the events.
   * @returns Columns of its own.
   * @throws {@link DecolleError} `range`, `not-finite` or `time-order` with the index of the event; `memory`.
   */
  apply(
    events: RecordedEvents,
    draw: { readonly epoch?: number; readonly index?: number },
    path: string,
  ): RecordedEvents {
    const { epoch = 0, index = 0 } = draw;
    try {
      if (!hasUnits(this.#before)) return this.#transformed(events as EventColumns, { epoch, index }).events;
      const columns = columnsOf(events as SpikeTrain, this.#before, path);
      const { t, x } = this.#transformed(columns, { epoch, index }).events;
      return { t, unit: Uint32Array.from(x) };
    } catch (error) {
      const ofEvent = DecolleError.is(error) && /^[xypt](\[|$)/.test(error.path ?? "");
      throw ofEvent ? movedTo(error, "", `${path}.`) : error;
    }
  }

  #transformed({ x, y, p, t }: EventColumns, draw: object): TransformedRecording {
    return this.#recordings.transform(JSON.stringify({ ...this.#request, ...draw }), x, y, p, t);
  }
}

function checkUnits({ units }: Units): number {
  if (wholeNumber(units, 1, "sensor.units") <= mostUnits) return units;
  throw unfit("range", "sensor.units", `at most ${mostUnits} where spike trains are transformed`, `${units}`);
}

/** A spike train as events of a sensor of one row. */
function columnsOf({ t, unit }: SpikeTrain, { units }: Units, path: string): EventColumns {
  const beyond = unit.findIndex((one) => one >= units);
  if (beyond !== -1) throw unfit("range", `${path}.unit[${beyond}]`, `below ${units}`, `${unit[beyond]}`);
  return { x: Uint16Array.from(unit), y: new Uint16Array(unit.length), p: new Uint8Array(unit.length), t };
}
