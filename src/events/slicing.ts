/** Several recordings out of one: by time, by number of events, by labels. */
import type { EventColumns } from "../backend/contract.js";
import { type BackendChoice, choiceFields, choiceOf, selectRecordings } from "../backend/select.js";
import { DecolleError, movedTo, unfit } from "../errors.js";
import { toJson } from "../network/json.js";
import { list } from "../values/arrays.js";
import { isObject } from "../values/brands.js";
import { found } from "../values/found.js";
import { type Fields, reading, readOptions } from "../values/options.js";
import { tagged } from "../values/tagged.js";
import { part } from "./columns.js";
import { type RecordedEvents, readRecorded } from "./train.js";

/** Stretches of equal length, the first from the first event on. */
export interface SliceByTime {
  /** Says which one this is. */
  readonly type: "byTime";
  /** Length of each in whole microseconds, at least 1. */
  readonly window: number;
  /** Microseconds of each that belong to the next one, too, less than the window; 0 by default. */
  readonly overlap?: number;
  /** Whether what is left at the end, too short for a whole window, is one more; false by default. */
  readonly includeIncomplete?: boolean;
}

/** Equal numbers of events. */
export interface SliceByCount {
  /** Says which one this is. */
  readonly type: "byCount";
  /** Events of each, at least 1. */
  readonly count: number;
  /** Events of each that belong to the next one, too, less than the count; 0 by default. */
  readonly overlap?: number;
  /** Whether what is left at the end, too few for a whole one, is one more; false by default. */
  readonly includeIncomplete?: boolean;
}

/** The stretch of a recording that shows something, as a file of labels has it. */
export interface LabelledStretch {
  /** What it shows: the number or the name of a class. */
  readonly label: number | string;
  /** Where it begins, in whole microseconds of the recording's own clock. */
  readonly start: number;
  /** Where it ends, at least `start`: the first microsecond that is no part of it. */
  readonly end: number;
}

/** One stretch for each label, in their order. */
export interface SliceByLabel {
  /** Says which one this is. */
  readonly type: "byLabel";
  /** The labels. */
  readonly labels: readonly LabelledStretch[];
}

/** How a recording is sliced. */
export type Slicing = SliceByTime | SliceByCount | SliceByLabel;

/** A part of a recording. */
export interface Slice<Events extends RecordedEvents = EventColumns> {
  /** Its events, in the memory of the whole recording; none where nothing happened. */
  readonly events: Events;
  /** Where it begins, in microseconds: where its window does, or with its first event where events are counted. */
  readonly start: number;
  /** Where it ends: the first microsecond that is no part of it. */
  readonly end: number;
  /** What it shows, where it was sliced by labels. */
  readonly label?: number | string;
}

/** What makes each way to slice, such as `slices.byTime({ window: 500_000 })`. */
export const slices = {
  /**
   * Slices of equal length in time.
   *
   * @param options - Length, overlap, and what becomes of the rest.
   * @returns How to slice.
   */
  byTime: (options: Omit<SliceByTime, "type">): SliceByTime => tagged("byTime", options),
  /**
   * Slices of equally many events.
   *
   * @param options - Number, overlap, and what becomes of the rest.
   * @returns How to slice.
   */
  byCount: (options: Omit<SliceByCount, "type">): SliceByCount => tagged("byCount", options),
  /**
   * Slices by labels, such as the trials of DvsGesture.
   *
   * @param labels - What is shown, from when to when.
   * @returns How to slice.
   */
  byLabel: (labels: readonly LabelledStretch[]): SliceByLabel => ({ type: "byLabel", labels }),
} as const;

/** Numbers that a binding gives for each slice. */
const numbersEach = 4;

/**
 * Slices a recording.
 *
 * @param events - Its events or its spike train, times never decreasing.
 * @param slicing - How.
 * @param given - The backend that finds where slices begin.
 * @returns The slices in order. Their columns lie in the memory of the whole.
 * @throws {@link DecolleError} `config`, `range` or `not-finite` for an option, such as `slicing.window`, `range` for more than
 *   2²⁰ slices; for an event, such as `events.t[17]`, those, `shape` and `time-order`.
 */
export async function slice<Events extends RecordedEvents>(
  events: Events,
  slicing: Slicing,
  given: BackendChoice = {},
): Promise<Slice<Events>[]> {
  const choice = choiceOf(readOptions(given, choiceFields, "slice"));
  const isTrain = isObject(events) && "unit" in events;
  const columns = readRecorded(events, isTrain ? { units: 1 } : { width: 1, height: 1 }, "events");
  const [request, labels] = readSlicing(slicing);
  const { slice: find } = await selectRecordings(choice);
  const numbers = timed(() => find(request, columns.t));
  return Array.from({ length: numbers.length / numbersEach }, (_, place) => {
    const [first = 0, last = 0, start = 0, end = 0] = numbers.subarray(place * numbersEach, (place + 1) * numbersEach);
    const label = labels?.[place];
    return { events: part(columns, first, last) as Events, start, end, ...(label !== undefined && { label }) };
  });
}

const stretchFields: Fields<LabelledStretch> = { label: "value", start: "number", end: "number" };

/** What is asked of the binding, and what the slices show. */
function readSlicing(slicing: Slicing): [request: string, labels?: ReadonlyArray<number | string>] {
  if (!isObject(slicing)) throw unfit("config", "slicing", "an object with a type", found(slicing));
  if (reading("slicing.type", () => slicing.type) !== "byLabel") return [toJson(slicing, "slicing")];
  const given = reading("slicing.labels", () => list((slicing as SliceByLabel).labels, "slicing.labels"));
  const stretches = Array.from(given, (stretch, place) => {
    const path = `slicing.labels[${place}]`;
    const { label, start, end } = readOptions(stretch, stretchFields, "a label", path);
    if (typeof label === "string" || typeof label === "number") return { label, start, end };
    throw unfit("config", `${path}.label`, "a number or a name", found(label));
  });
  const labels = stretches.map(({ start, end }) => ({ start, end }));
  return [toJson({ type: "byLabel", labels }, "slicing"), stretches.map(({ label }) => label)];
}

function timed<Result>(call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    throw DecolleError.is(error) && error.path?.startsWith("t[") ? movedTo(error, "", "events.") : error;
  }
}
