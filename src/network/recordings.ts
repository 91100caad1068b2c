/** Batches from data sets: recordings are read, binned and joined; nothing of them is kept afterwards. */
import type { AsyncBatch, Awaitable } from "../backend/contract.js";
import type { AnyDataset, LabelledRecording } from "../datasets/dataset.js";
import { faultAt, unfit } from "../errors.js";
import { putEvents } from "../events/binning.js";
import { checkPlane } from "../events/plane.js";
import type { RecordedEvents } from "../events/train.js";
import type { InputTransform } from "../events/transform.js";
import { finiteNumber, wholeNumber } from "../numbers.js";
import { list } from "../values/arrays.js";
import { type AbortSignalLike, isObject } from "../values/brands.js";
import { found } from "../values/found.js";
import { reading, text } from "../values/options.js";
import { isPromiseLike, throwIfAborted, unlessAborted } from "./abort.js";
import { emptyBatch } from "./batch.js";
import type { Engine } from "./engine.js";
import { nextTurn } from "./turn.js";

/** How recordings of a data set are shown to a network. */
export interface Presentation {
  /** Time steps from the first event of each recording. */
  readonly steps: number;
  /** Cropping and downsampling. */
  readonly transform: InputTransform;
  /** Epoch of the training that shows them, from 1; absent outside of trainings. */
  readonly epoch?: number;
  /** Whether the labels are no targets; false by default. */
  readonly unlabelled?: boolean;
}

/** A batch of recordings with their labels. */
export interface LabelledBatch {
  /** The batch; whoever gets it disposes of it. */
  readonly batch: AsyncBatch;
  readonly labels: Uint32Array;
}

/**
 * Refuses what is no data set.
 *
 * @param dataset - What was given.
 * @throws {@link DecolleError} `config`, `range` or `not-finite` with the field.
 */
export function checkDataset(dataset: AnyDataset): void {
  if (!isObject(dataset) || Array.isArray(dataset)) {
    throw unfit("config", "dataset", "an object with sample() and length", found(dataset));
  }
  reading("dataset", () => {
    text(dataset.name, "dataset.name");
    const classes = list(dataset.classes, "dataset.classes");
    for (const [index, name] of classes.entries()) text(name, `dataset.classes[${index}]`);
    wholeNumber(dataset.length, 0, "dataset.length");
    finiteNumber(dataset.duration, 0, "dataset.duration");
    if (typeof dataset.sample !== "function") {
      throw unfit("config", "dataset.sample", "a function", found(dataset.sample));
    }
  });
}

/**
 * Makes sure that a network can take the recordings of a data set.
 *
 * @param engine - The network.
 * @param dataset - The data set.
 * @param transform - Cropping and downsampling in between.
 * @throws {@link DecolleError} `shape` where pixels or classes do not fit, `range` where the crop leaves the sensor.
 */
export function checkFit(engine: Engine, dataset: AnyDataset, transform: InputTransform): void {
  checkDataset(dataset);
  const { readoutUnits, specification } = engine.built;
  checkPlane(specification, dataset.sensor, transform, `${dataset.name}.sensor`);
  if (dataset.classes.length > readoutUnits) {
    const found = `${dataset.classes.length} classes`;
    throw faultAt("shape", dataset.name, `the network has ${readoutUnits} readout units, found ${found}`);
  }
  if (dataset.length === 0) throw unfit("shape", dataset.name, "at least one recording", "none");
}

/**
 * Recordings that a data set is asked for at a time: enough to keep a disk busy, and far below the files that a process may
 * have open (256 on some systems).
 */
const mostAtOnce = 32;

/** How long the event loop may wait for its turn, in milliseconds, while a data set answers without a promise. */
const turnAfter = 10;

/** Whether a data set that gives promises answers each call in memory of its own; absent until two answers were compared. */
const ownMemory = new WeakMap<AnyDataset, boolean>();

/**
 * Reads recordings into one batch.
 *
 * A recording is binned as soon as it is there, before the data set is asked for the next one, so that a data set may fill the
 * same arrays again and again. Only one that gives promises, and that was seen to use other memory for every answer, is
 * asked for {@link mostAtOnce} recordings at a time; should two of these lie in the same memory after all, the batch is read
 * again, one recording after the other, and so are all later ones.
 *
 * @param engine - The network they are for.
 * @param dataset - Where they come from.
 * @param chosen - Which recordings, in the order of the batch.
 * @param presentation - Steps, cropping, downsampling.
 * @param signal - Aborts the wait for a recording.
 * @param work - What messages call the work.
 * @returns The batch and its labels.
 */
export async function readBatch(
  engine: Engine,
  dataset: AnyDataset,
  chosen: Uint32Array,
  presentation: Presentation,
  signal: AbortSignalLike | undefined,
  work: string,
): Promise<LabelledBatch> {
  const batch = emptyBatch(engine.binding, engine.built, chosen.length, presentation.steps);
  try {
    const labels = await readInto(batch, engine, dataset, chosen, presentation, signal, work);
    if (!presentation.unlabelled) await batch.setClasses(Float64Array.from(labels));
    return { batch, labels };
  } catch (error) {
    batch.dispose();
    throw error;
  }
}

/** Fills a batch; gives the labels. */
async function readInto(
  batch: AsyncBatch,
  engine: Engine,
  dataset: AnyDataset,
  chosen: Uint32Array,
  { steps, transform, epoch }: Presentation,
  signal: AbortSignalLike | undefined,
  work: string,
): Promise<Uint32Array> {
  const binning = { sensor: dataset.sensor, timeStep: engine.built.specification.timeStep, steps, transform };
  const span = steps * binning.timeStep;
  const labels = new Uint32Array(chosen.length);
  const memory = new Memory();
  const answers = new Answers();
  const asked = { span, ...(epoch !== undefined && { epoch }) };
  let lastTurn = performance.now();
  const read = async (place: number): Promise<void> => {
    throwIfAborted(signal, work);
    answers.throwFirst();
    const path = `${dataset.name}[${chosen[place]}]`;
    const answer = dataset.sample(chosen[place] ?? 0, asked);
    const later = isPromiseLike(answer);
    const recording: unknown = later ? await unlessAborted(answer, signal, work) : answer;
    if (!isObject(recording)) {
      throw unfit("config", path, "an object with events and label", found(recording));
    }
    const { events, label } = recording as unknown as LabelledRecording<RecordedEvents>;
    labels[place] = checkLabel(label, dataset, path);
    answers.add(putEvents(batch, place, events, binning, path));
    if (later) {
      const free = memory.take(events);
      if (!free || memory.recordings === 2) ownMemory.set(dataset, free && ownMemory.get(dataset) !== false);
    } else if (performance.now() - lastTurn > turnAfter) {
      await nextTurn();
      lastTurn = performance.now();
    }
  };
  let place = 0;
  for (; place < chosen.length && !ownMemory.get(dataset); place++) await read(place);
  if (place < chosen.length) {
    await readAtOnce(read, place, chosen.length);
    if (!ownMemory.get(dataset)) for (place = 0; place < chosen.length; place++) await read(place);
  }
  await answers.all();
  return labels;
}

/** Answers of a backend that come later, and that nobody waits for one by one. */
class Answers {
  readonly #open: Promise<void>[] = [];
  #first: { readonly error: unknown } | undefined;

  /** Takes what a call gave. */
  add(answer: Awaitable<void>): void {
    if (!isPromiseLike(answer)) return;
    this.#open.push(
      answer.catch((error: unknown) => {
        this.#first ??= { error };
      }),
    );
  }

  /** Throws what the first call failed with, of those that have been answered. */
  throwFirst(): void {
    if (this.#first !== undefined) throw this.#first.error;
  }

  /** Waits for all of them. */
  async all(): Promise<void> {
    await Promise.all(this.#open);
    this.throwFirst();
  }
}

/** Reads several at a time; after a failure no other one is begun. */
async function readAtOnce(read: (place: number) => Promise<void>, from: number, to: number): Promise<void> {
  let next = from;
  const worker = async () => {
    while (next < to) {
      try {
        await read(next++);
      } catch (error) {
        next = to;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(mostAtOnce, to - from) }, worker));
}

/** Which memory the recordings of a batch lie in. */
class Memory {
  /** Recordings taken in. */
  recordings = 0;
  readonly #taken = new Map<ArrayBufferLike, Array<readonly [start: number, end: number]>>();

  /** Takes in where a recording lies; false where another one lies in the same place. */
  take(events: RecordedEvents): boolean {
    this.recordings++;
    const columns = ("unit" in events ? [events.t, events.unit] : [events.x, events.y, events.p, events.t]).filter(
      ({ byteLength }) => byteLength > 0,
    );
    const places = columns.map(({ buffer, byteOffset: start, byteLength }) => ({
      others: this.#takenOf(buffer),
      start,
      end: start + byteLength,
    }));
    // Columns of one recording may share what they like.
    const free = places.every(({ others, start, end }) =>
      others.every((other) => end <= other[0] || other[1] <= start),
    );
    for (const { others, start, end } of places) others.push([start, end]);
    return free;
  }

  #takenOf(buffer: ArrayBufferLike): Array<readonly [start: number, end: number]> {
    const places = this.#taken.get(buffer) ?? [];
    this.#taken.set(buffer, places);
    return places;
  }
}

function checkLabel(label: number, dataset: AnyDataset, path: string): number {
  const { length } = dataset.classes;
  if (Number.isInteger(label) && label >= 0 && label < length) return label;
  throw unfit("range", `${path}.label`, `a class below ${length}`, found(label));
}
