/** Data sets out of recordings that are in memory, or that come one after the other. */
import { unfit } from "../errors.js";
import { columnsOf } from "../events/lists.js";
import { checkSensor } from "../events/sensor.js";
import type { RecordedEvents, Source, SpikeTrain, Units } from "../events/train.js";
import type { Sensor } from "../events/transform.js";
import { heeding } from "../network/abort.js";
import { wholeNumber } from "../numbers.js";
import { list } from "../values/arrays.js";
import { type AbortSignalLike, isObject } from "../values/brands.js";
import { found } from "../values/found.js";
import { demanded, type Fields, reading, readOptions, text } from "../values/options.js";
import type { AnyDataset, Dataset } from "./dataset.js";
import { labelling, type OwnDataset, type OwnRecording, type OwnTrain, ownFields } from "./own.js";

/** What recordings that come one after the other have in common, and how many are taken. */
export interface IterableDataset<From extends Source = Sensor> extends OwnDataset<From> {
  /** Most recordings taken, at least 1; the source is asked for no more. All by default, so that the source has to end. */
  readonly limit?: number;
  /** Ends the reading with an `aborted` error, also while the source lets itself be waited for. */
  readonly signal?: AbortSignalLike;
}

const iterableFields: Fields<IterableDataset<Source>> = { ...ownFields, limit: "number", signal: "signal" };

/**
 * A data set out of recordings in memory.
 *
 * @param recordings - At least one, each with its class by number or by name. Every event is checked and copied.
 * @param description - The sensor; names of the classes, a name and the duration where they do not follow from the recordings.
 * @returns The data set.
 * @throws {@link DecolleError} `config`, `shape`, `range`, `not-finite` or `time-order`, naming recording and event, such as
 *   `recordings[3].events.x[17]`.
 */
export function fromArrays(recordings: readonly OwnRecording[], description: OwnDataset): Dataset;
/**
 * A data set out of spike trains in memory.
 *
 * @param recordings - At least one, each with its class by number or by name. Every spike is checked and copied.
 * @param description - The number of units; names of the classes, a name and the duration where they do not follow.
 * @returns The data set.
 * @throws {@link DecolleError} As for events, such as `recordings[3].events.unit[17]`.
 */
export function fromArrays(recordings: readonly OwnTrain[], description: OwnDataset<Units>): Dataset<SpikeTrain>;
export function fromArrays(recordings: readonly Own[], description: OwnDataset<Source>): AnyDataset {
  const about = readOptions(demanded(description, "description"), ownFields, "a data set");
  const sensor = checkSensor(about.sensor);
  const taken = list(recordings, "recordings").map((recording, index) => take(recording, sensor, index));
  return datasetOf(taken, { ...about, sensor });
}

/**
 * A data set out of recordings that come one after the other, from a generator, a stream, a database. They are read once and
 * kept in memory, since a training shows them again and again in an order of its own; where they do not fit, write a
 * {@link Dataset} whose `sample` reads one.
 *
 * @param source - Recordings; the source may reuse its arrays, since every event is checked and copied at once.
 * @param description - As for {@link fromArrays}; `limit` for a source that does not end, `signal` to stop waiting.
 * @returns The data set.
 * @throws {@link DecolleError} As {@link fromArrays}; `aborted`; or what the source throws.
 */
export function fromIterable(
  source: AsyncIterable<OwnRecording> | Iterable<OwnRecording>,
  description: IterableDataset,
): Promise<Dataset>;
/**
 * A data set out of spike trains that come one after the other.
 *
 * @param source - Spike trains; the source may reuse its arrays.
 * @param description - As for {@link fromArrays}; `limit` for a source that does not end, `signal` to stop waiting.
 * @returns The data set.
 * @throws {@link DecolleError} As {@link fromArrays}; `aborted`; or what the source throws.
 */
export function fromIterable(
  source: AsyncIterable<OwnTrain> | Iterable<OwnTrain>,
  description: IterableDataset<Units>,
): Promise<Dataset<SpikeTrain>>;
export async function fromIterable(
  source: AsyncIterable<Own> | Iterable<Own>,
  description: IterableDataset<Source>,
): Promise<AnyDataset> {
  const about = readOptions(demanded(description, "description"), iterableFields, "a data set");
  const sensor = checkSensor(about.sensor);
  const { limit, signal } = about;
  const most = limit === undefined ? Number.POSITIVE_INFINITY : wholeNumber(limit, 1, "limit");
  const taken: Taken[] = [];
  for await (const recording of atMost(iteratorOf(source), most, signal)) {
    taken.push(take(recording, sensor, taken.length));
  }
  return datasetOf(taken, { ...about, sensor });
}

type Own = OwnRecording | OwnTrain;

/** A recording whose events have been checked. */
interface Taken {
  readonly events: RecordedEvents;
  readonly label: number | string;
}

function take(recording: Own, sensor: Source, index: number): Taken {
  const path = `recordings[${index}]`;
  if (!isObject(recording)) {
    throw unfit("config", path, "events and a label", found(recording));
  }
  return reading(path, () => {
    const { events, label } = recording;
    return { events: columnsOf(events, sensor, `${path}.events`), label };
  });
}

function datasetOf(taken: readonly Taken[], description: OwnDataset<Source>): AnyDataset {
  const name = text(description.name ?? "own", "name");
  const { length } = taken;
  if (length === 0) throw unfit("shape", "recordings", "at least one", "none");
  const { classes, labels } = labelling(
    taken.map(({ label }) => label),
    description.classes,
    (index) => `recordings[${index}].label`,
  );
  const duration = wholeNumber(description.duration ?? longest(taken), 1, "duration");
  return {
    name,
    classes,
    length,
    sensor: description.sensor,
    duration,
    labels,
    sample: (index) => {
      const recording = taken[index];
      if (recording === undefined) {
        throw unfit("range", name, `an index from 0 to ${length - 1}`, `${index}`);
      }
      return { events: recording.events, label: labels[index] ?? 0 };
    },
  };
}

/** From the first event to the last, both included. */
function longest(taken: readonly Taken[]): number {
  const span = ({ events: { t } }: Taken) => (t.length === 0 ? 0 : (t.at(-1) ?? 0) - (t[0] ?? 0) + 1);
  return taken.reduce((most, recording) => Math.max(most, span(recording)), 1);
}

type AnyIterator = AsyncIterator<Own> | Iterator<Own>;

function iteratorOf(source: AsyncIterable<Own> | Iterable<Own>): AnyIterator {
  if (Symbol.asyncIterator in Object(source)) return (source as AsyncIterable<Own>)[Symbol.asyncIterator]();
  if (Symbol.iterator in Object(source)) return (source as Iterable<Own>)[Symbol.iterator]();
  throw unfit("config", "source", "something to iterate over", found(source));
}

/** What an iterator gives, until it ends, enough has come, or the caller has heard enough. */
async function* atMost(
  iterator: AnyIterator,
  most: number,
  signal: AbortSignalLike | undefined,
): AsyncGenerator<Own, void> {
  let taken = 0;
  for await (const recording of heeding(iterator, signal, "fromIterable")) {
    yield recording;
    taken++;
    if (taken >= most) return;
  }
}
