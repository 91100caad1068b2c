/** What goes into one batch, and how it gets into the backend. */
import type { AsyncBatch, AsyncBinding, Awaitable, EventColumns } from "../backend/contract.js";
import { faultAt, unfit } from "../errors.js";
import { type Binning, checkSteps, putEvents } from "../events/binning.js";
import { checkPlane, defaultSensor } from "../events/plane.js";
import { hasUnits, type RecordedEvents, type SpikeTrain } from "../events/train.js";
import type { InputTransform, Sensor } from "../events/transform.js";
import { allocate } from "../memory.js";
import { wholeNumber } from "../numbers.js";
import { list, numbers, typedArray } from "../values/arrays.js";
import { isObject, typedArrayName } from "../values/brands.js";
import { found } from "../values/found.js";
import { type Fields, reading, readOptions } from "../values/options.js";
import { plainCopy } from "./json.js";
import type { NetworkDescription } from "./specification.js";

/** The most steps that backends have places for; far above what they work on. */
const mostSteps = 2 ** 30;

/** Spikes of one sample as sparse lists. */
export interface SampleSpikes {
  /** Where the list of each step starts, and the end of the last: `steps + 1` entries from 0. */
  readonly offsets: Uint32Array;
  /** Index of the input that each spike arrives at, ascending within a step. */
  readonly indices: Uint32Array;
  /** Number of events behind each spike, finite and above zero; 1 for all where left out. */
  readonly counts?: Float32Array;
}

/** Input as recordings of an event camera, one a sample. */
export interface EventInput {
  /** One recording a sample. */
  readonly events: readonly EventColumns[];
  /** Number of time steps, at least 1, from the first event of each recording. */
  readonly steps: number;
  /** Size of the sensor; by default that which fills the network's input after downsampling. */
  readonly sensor?: Sensor;
  /** Cropping and downsampling; none by default. */
  readonly transform?: InputTransform;
}

/** Input as spike trains, one a sample. */
export interface TrainInput {
  /** One train a sample, of the units that are the network's inputs. */
  readonly trains: readonly SpikeTrain[];
  /** Number of time steps, at least 1, from the first spike of each train. */
  readonly steps: number;
}

/** Input as sparse lists, one set a sample, all with the same number of steps. */
export interface SpikeInput {
  /** Spikes of each sample. */
  readonly spikes: readonly SampleSpikes[];
}

/** Input as dense counts. */
export interface CountInput {
  /** Events per sample, step and input, `[samples, steps, inputs]`, at least 0; zeros mean no spike. */
  readonly counts: Float32Array | Uint8Array | Uint16Array;
  /** Number of samples, at least 1. */
  readonly samples: number;
  /** Number of time steps, at least 1. */
  readonly steps: number;
}

/** Input of a batch, in whichever form the data come. */
export type BatchInput = EventInput | TrainInput | SpikeInput | CountInput;

/** Targets as classes: every readout of a sample should say its class at every step. */
export interface ClassTarget {
  /** One class a sample, from 0. */
  readonly classes: ArrayLike<number>;
}

/** Targets as values of the readouts. */
export interface ValueTarget {
  /** Values `[samples, (steps,) (layers,) readout units]`, last axis fastest. */
  readonly values: ArrayLike<number>;
  /** Whether there is a value for every step; false by default. */
  readonly perStep?: boolean;
  /** Whether there is a value for every layer; false by default. */
  readonly perLayer?: boolean;
}

/** What the readouts should say. */
export type BatchTarget = ClassTarget | ValueTarget;

/**
 * Makes a batch in the backend and fills it.
 *
 * @param binding - The backend.
 * @param network - The network it is for.
 * @param input - Events, spike trains, sparse lists or dense counts.
 * @param target - Classes or values; undefined where the network only predicts.
 * @returns The batch, with copies of the caller's arrays; whoever gets it disposes of it.
 * @throws {@link DecolleError} `config`, `shape`, `range`, `not-finite`, `time-order` or `memory`, naming sample and entry.
 */
export async function makeBatch(
  binding: AsyncBinding,
  network: NetworkDescription,
  input: BatchInput,
  target: BatchTarget | undefined,
): Promise<AsyncBatch> {
  const batch = await reading("input", () => makeInput(binding, network, input));
  return filled(batch, () => [
    putTarget(
      batch,
      reading("target", () => readTarget(target)),
    ),
  ]);
}

/**
 * Makes a batch that has neither spikes nor a target.
 *
 * @param binding - The backend.
 * @param network - The network it is for.
 * @param samples - Number of samples.
 * @param steps - Number of time steps.
 * @returns The batch; whoever gets it disposes of it.
 */
export function emptyBatch(
  binding: AsyncBinding,
  network: NetworkDescription,
  samples: number,
  steps: number,
): AsyncBatch {
  const { inputSize, layers, readoutUnits } = network;
  // Whatever is filled into it refuses more steps than these with its own words.
  return new binding.Batch(inputSize, layers.length, readoutUnits, samples, Math.min(steps, mostSteps));
}

/**
 * Fills a batch, which is disposed of where that fails.
 *
 * @param batch - The batch.
 * @param fill - Fills it, and gives what its calls give, which are waited for together.
 * @returns The batch.
 * @throws What `fill` throws, at once; the promise rejects with what its calls fail with later.
 */
export function filled(batch: AsyncBatch, fill: (batch: AsyncBatch) => Iterable<Awaitable<void>>): Promise<AsyncBatch> {
  const givenUp = (error: unknown): never => {
    batch.dispose();
    throw error;
  };
  try {
    return Promise.all(Array.from(fill(batch))).then(() => batch, givenUp);
  } catch (error) {
    return givenUp(error);
  }
}

const eventFields: Fields<EventInput> = { events: "value", steps: "number", sensor: "value", transform: "value" };
const trainFields: Fields<TrainInput> = { trains: "value", steps: "number" };
const spikeFields: Fields<SpikeInput> = { spikes: "value" };
const countFields: Fields<CountInput> = { counts: "value", samples: "number", steps: "number" };
const classFields: Fields<ClassTarget> = { classes: "value" };
const valueFields: Fields<ValueTarget> = { values: "value", perStep: "boolean", perLayer: "boolean" };

/** Whether an object has a field of its own, or of its class, that is not undefined. */
function has<Name extends string>(value: object, name: Name): value is Record<Name, unknown> {
  return (value as Partial<Record<Name, unknown>>)[name] !== undefined;
}

function makeInput(binding: AsyncBinding, network: NetworkDescription, input: BatchInput): Promise<AsyncBatch> {
  if (!isObject(input) || Array.isArray(input)) {
    throw unfit("config", "input", "an object with events, trains, spikes or counts", found(input));
  }
  if (has(input, "events")) {
    return makeOfEvents(binding, network, readOptions(input as EventInput, eventFields, "input", "input"));
  }
  if (has(input, "trains")) {
    return makeOfTrains(binding, network, readOptions(input as TrainInput, trainFields, "input", "input"));
  }
  if (has(input, "spikes")) {
    return makeOfSpikes(binding, network, readOptions(input as SpikeInput, spikeFields, "input", "input"));
  }
  if (has(input, "counts")) {
    return makeOfCounts(binding, network, readOptions(input as CountInput, countFields, "input", "input"));
  }
  throw faultAt("config", "input", "expected one of events, trains, spikes or counts");
}

function makeOfEvents(binding: AsyncBinding, network: NetworkDescription, input: EventInput): Promise<AsyncBatch> {
  const { specification } = network;
  const transform = input.transform === undefined ? undefined : plainCopy(input.transform, "transform");
  const recordings = list(input.events, "input.events");
  const steps = checkSteps(input.steps, "input.steps");
  const sensor = input.sensor ?? defaultSensor(specification, transform);
  if (hasUnits(sensor)) throw faultAt("config", "input.sensor", "needed where the network's input is no plane");
  checkPlane(specification, sensor, transform, "input.sensor");
  return binned(binding, network, recordings, { sensor, steps, ...(transform && { transform }) }, "input.events");
}

function makeOfTrains(binding: AsyncBinding, network: NetworkDescription, input: TrainInput): Promise<AsyncBatch> {
  const trains = list(input.trains, "input.trains");
  const steps = checkSteps(input.steps, "input.steps");
  return binned(binding, network, trains, { sensor: { units: network.inputSize }, steps }, "input.trains");
}

function binned(
  binding: AsyncBinding,
  network: NetworkDescription,
  recordings: readonly RecordedEvents[],
  given: Omit<Binning, "timeStep">,
  path: string,
): Promise<AsyncBatch> {
  demandSamples(recordings);
  const binning = { ...given, timeStep: network.specification.timeStep };
  return filled(emptyBatch(binding, network, recordings.length, given.steps), (batch) =>
    recordings.map((events, sample) => putEvents(batch, sample, events, binning, `${path}[${sample}]`)),
  );
}

function makeOfSpikes(binding: AsyncBinding, network: NetworkDescription, input: SpikeInput): Promise<AsyncBatch> {
  const samples = list(input.spikes, "input.spikes").map((sample, index) => readSpikes(sample, spikesPath(index)));
  const first = demandSamples(samples);
  const steps = Math.max(0, first.offsets.length - 1);
  return filled(emptyBatch(binding, network, samples.length, steps), (batch) =>
    samples.map(({ offsets, indices, counts }, sample) => {
      const path = spikesPath(sample);
      const ones = () => allocate(Float32Array, indices.length, `${path}.counts`).fill(1);
      return batch.putSpikes(path, sample, offsets, indices, counts ?? ones());
    }),
  );
}

function spikesPath(sample: number): string {
  return `input.spikes[${sample}]`;
}

/** The first of at least one sample. */
function demandSamples<Sample>(samples: readonly Sample[]): Sample {
  if (samples.length > 0) return samples[0] as Sample;
  throw unfit("shape", "input", "at least one sample", "none");
}

/** A caller's lists, each read once. */
function readSpikes(sample: SampleSpikes, path: string): SampleSpikes {
  if (!isObject(sample)) {
    throw unfit("config", path, "an object with offsets and indices", found(sample));
  }
  const { offsets, indices, counts } = sample;
  return {
    offsets: typedArray(offsets, "Uint32Array", `${path}.offsets`),
    indices: typedArray(indices, "Uint32Array", `${path}.indices`),
    ...(counts !== undefined && { counts: typedArray(counts, "Float32Array", `${path}.counts`) }),
  };
}

const countTypes: ReadonlyArray<string | undefined> = ["Float32Array", "Uint8Array", "Uint16Array"];

/** Counts that cross into a backend at a time, unless one step has more. */
const countsAtOnce = 2 ** 20;

function makeOfCounts(binding: AsyncBinding, network: NetworkDescription, input: CountInput): Promise<AsyncBatch> {
  const inputs = network.inputSize;
  const samples = wholeNumber(input.samples, 1, "input.samples");
  const steps = wholeNumber(input.steps, 1, "input.steps");
  const expected = samples * steps * inputs;
  const { counts } = input;
  if (!countTypes.includes(typedArrayName(counts))) {
    const expected = "a Float32Array, Uint8Array or Uint16Array";
    throw unfit("config", "input.counts", expected, found(counts));
  }
  if (counts.length !== expected) {
    const sizes = `${samples} samples × ${steps} steps × ${inputs} inputs = ${expected} entries`;
    throw unfit("shape", "input.counts", sizes, `${counts.length}`);
  }
  const each = steps * inputs;
  const piece = Math.max(1, Math.floor(countsAtOnce / inputs)) * inputs;
  return filled(emptyBatch(binding, network, samples, steps), function* (batch) {
    for (let sample = 0; sample < samples; sample++) {
      for (let from = 0; from < each; from += piece) {
        const start = sample * each + from;
        const entries = counts.subarray(start, start + Math.min(piece, each - from));
        yield batch.appendCounts("input", sample, Float32Array.from(entries), from === 0);
      }
    }
  });
}

/** A caller's target, read once. */
export type ReadTarget =
  | undefined
  | { readonly classes: ArrayLike<number> }
  | { readonly values: ArrayLike<number>; readonly perStep: boolean; readonly perLayer: boolean };

/**
 * Reads a target; the backend checks number and range.
 *
 * @param target - Classes or values; undefined for none.
 * @returns What was read.
 * @throws {@link DecolleError} `config` for anything else.
 */
export function readTarget(target: BatchTarget | undefined): ReadTarget {
  if (target === undefined) return undefined;
  // An array has a method `values`, and is no target.
  if (isObject(target) && !Array.isArray(target) && typedArrayName(target) === undefined) {
    if (has(target, "classes")) {
      const { classes } = readOptions(target as ClassTarget, classFields, "target", "target");
      return { classes: numbers(classes, "target.classes") };
    }
    if (has(target, "values")) {
      const { values, perStep, perLayer } = readOptions(target as ValueTarget, valueFields, "target", "target");
      return {
        values: numbers(values, "target.values"),
        perStep: perStep ?? false,
        perLayer: perLayer ?? false,
      };
    }
  }
  throw unfit("config", "target", "an object with classes or values", found(target));
}

/**
 * Puts a target into a batch.
 *
 * @param batch - The batch.
 * @param target - What was read; undefined for none.
 * @throws {@link DecolleError} `shape`, `range` or `not-finite` with the entry.
 */
export function putTarget(batch: AsyncBatch, target: ReadTarget): Awaitable<void> {
  if (target === undefined) return;
  if ("classes" in target) return batch.setClasses(Float64Array.from(target.classes));
  return batch.setValues(Float32Array.from(target.values), target.perStep, target.perLayer);
}
