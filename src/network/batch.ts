/** What goes into one batch, and how it is laid out for the engine. */
import type { Binding, EventColumns, TargetKind } from "../backend/contract.js";
import { DecolleError } from "../errors.js";
import { binEvents } from "../events/binning.js";
import { checkPlane, defaultSensor } from "../events/plane.js";
import type { InputTransform, Sensor } from "../events/transform.js";
import { allocate } from "../memory.js";
import { wholeNumber } from "../numbers.js";
import { list, numbers, typedArray } from "../values/arrays.js";
import { isObject, typedArrayName } from "../values/brands.js";
import { found } from "../values/found.js";
import { type Fields, reading, readOptions } from "../values/options.js";
import { plainCopy } from "./json.js";
import type { NetworkDescription } from "./specification.js";

/** The most events that one input may get in a step, as in the engine. */
const greatestCount = 1e6;

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
export type BatchInput = EventInput | SpikeInput | CountInput;

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

/** A batch as the engine takes it. */
export interface EncodedBatch {
  readonly samples: number;
  readonly steps: number;
  readonly offsets: Uint32Array;
  readonly indices: Uint32Array;
  readonly counts: Float32Array;
  readonly targetKind: TargetKind;
  readonly target: Float32Array;
  readonly targetPerStep: boolean;
  readonly targetPerLayer: boolean;
}

/** The spikes of an {@link EncodedBatch}. */
export type EncodedInput = Pick<EncodedBatch, "samples" | "steps" | "offsets" | "indices" | "counts">;

/**
 * Lays a batch out for the engine.
 *
 * @param binding - The backend that bins events.
 * @param network - The network it is for.
 * @param input - Events, sparse lists or dense counts.
 * @param target - Classes or values; undefined where the network only predicts.
 * @returns Arrays in the engine's layout, copies of the caller's.
 * @throws {@link DecolleError} `config`, `shape`, `range`, `not-finite` or `time-order`, naming sample and entry.
 */
export function encodeBatch(
  binding: Binding,
  network: NetworkDescription,
  input: BatchInput,
  target: BatchTarget | undefined,
): EncodedBatch {
  return {
    ...reading("input", () => encodeInput(binding, network, input)),
    ...reading("target", () => encodeTarget(target)),
  };
}

const eventFields: Fields<EventInput> = { events: "value", steps: "number", sensor: "value", transform: "value" };
const spikeFields: Fields<SpikeInput> = { spikes: "value" };
const countFields: Fields<CountInput> = { counts: "value", samples: "number", steps: "number" };
const classFields: Fields<ClassTarget> = { classes: "value" };
const valueFields: Fields<ValueTarget> = { values: "value", perStep: "boolean", perLayer: "boolean" };

/** Whether an object has a field of its own, or of its class, that is not undefined. */
function has<Name extends string>(value: object, name: Name): value is Record<Name, unknown> {
  return (value as Partial<Record<Name, unknown>>)[name] !== undefined;
}

function encodeInput(binding: Binding, network: NetworkDescription, input: BatchInput): EncodedInput {
  if (!isObject(input) || Array.isArray(input)) {
    throw new DecolleError("config", `input: expected an object with events, spikes or counts, found ${found(input)}`);
  }
  if (has(input, "events")) {
    return binInput(binding, network, readOptions(input as EventInput, eventFields, "input", "input"));
  }
  if (has(input, "spikes")) {
    const { spikes } = readOptions(input as SpikeInput, spikeFields, "input", "input");
    const samples = list(spikes, "input.spikes").map((sample, index) => readSpikes(sample, `input.spikes[${index}]`));
    const joined = joinSpikes(samples);
    for (const [sample, lists] of samples.entries()) checkSpikes(lists, network.inputSize, `input.spikes[${sample}]`);
    return joined;
  }
  if (has(input, "counts")) {
    return sparse(readOptions(input as CountInput, countFields, "input", "input"), network.inputSize);
  }
  throw new DecolleError("config", "input: expected one of events, spikes or counts");
}

function binInput(binding: Binding, network: NetworkDescription, input: EventInput): EncodedInput {
  const { specification } = network;
  const transform = input.transform === undefined ? undefined : plainCopy(input.transform, "transform");
  const recordings = list(input.events, "input.events");
  const timing = { timeStep: specification.timeStep, steps: wholeNumber(input.steps, 1, "input.steps") };
  const sensor = input.sensor ?? defaultSensor(specification, transform);
  checkPlane(specification, sensor, transform, "input.sensor");
  const binning = { sensor, ...timing, ...(transform && { transform }) };
  const bin = (events: EventColumns, sample: number) => binEvents(binding, events, binning, `input.events[${sample}]`);
  // The first recording tells whether the settings will do, and before the others there has to be room for all of them.
  const first = recordings.slice(0, 1).map(bin);
  const offsets = allocate(Uint32Array, recordings.length * timing.steps + 1, "input.steps");
  const others = recordings.slice(1).map((events, place) => bin(events, place + 1));
  return joinSpikes([...first, ...others], offsets);
}

/**
 * Joins the sparse lists of several samples into one batch.
 *
 * @param samples - Spikes of each sample, all with the same number of steps.
 * @param room - Zeros, as many as the batch has lists and one more, where they are at hand.
 * @returns The spikes in the engine's layout.
 * @throws {@link DecolleError} `shape` where lengths do not agree, `config` for arrays of another type.
 */
export function joinSpikes(samples: readonly SampleSpikes[], room?: Uint32Array<ArrayBuffer>): EncodedInput {
  const first = samples[0];
  if (first === undefined) throw new DecolleError("shape", "input: expected at least one sample, found none");
  samples.forEach((sample, index) => {
    checkLists(sample, first.offsets.length, `input.spikes[${index}]`);
  });
  const steps = first.offsets.length - 1;
  const total = samples.reduce((sum, sample) => sum + sample.indices.length, 0);
  const offsets = room ?? allocate(Uint32Array, samples.length * steps + 1, "input");
  const indices = allocate(Uint32Array, total, "input");
  const counts = allocate(Float32Array, total, "input");
  let start = 0;
  samples.forEach((sample, index) => {
    for (let step = 0; step < steps; step++) offsets[index * steps + step] = start + (sample.offsets[step] ?? 0);
    indices.set(sample.indices, start);
    if (sample.counts === undefined) counts.fill(1, start, start + sample.indices.length);
    else counts.set(sample.counts, start);
    start += sample.indices.length;
  });
  offsets[samples.length * steps] = total;
  return { samples: samples.length, steps, offsets, indices, counts };
}

/** A caller's lists, each read once. */
function readSpikes(sample: SampleSpikes, path: string): SampleSpikes {
  if (!isObject(sample)) {
    throw new DecolleError("config", `${path}: expected an object with offsets and indices, found ${found(sample)}`);
  }
  const { offsets, indices, counts } = sample;
  return {
    offsets: typedArray(offsets, "Uint32Array", `${path}.offsets`),
    indices: typedArray(indices, "Uint32Array", `${path}.indices`),
    ...(counts !== undefined && { counts: typedArray(counts, "Float32Array", `${path}.counts`) }),
  };
}

function checkLists(sample: SampleSpikes, offsets: number, path: string): void {
  const { length } = sample.offsets;
  if (length < 2)
    throw new DecolleError("shape", `${path}.offsets: expected steps + 1 entries, at least 2, found ${length}`);
  if (length !== offsets) {
    throw new DecolleError(
      "shape",
      `${path}.offsets: expected ${offsets} entries as in the first sample, found ${length}`,
    );
  }
  const spikes = sample.indices.length;
  if (sample.offsets[0] !== 0)
    throw new DecolleError("shape", `${path}.offsets[0]: expected 0, found ${sample.offsets[0]}`);
  for (let step = 1; step < length; step++) {
    const before = sample.offsets[step - 1] ?? 0;
    const here = sample.offsets[step] ?? 0;
    if (here < before)
      throw new DecolleError("shape", `${path}.offsets[${step}]: expected at least ${before}, found ${here}`);
  }
  if (sample.offsets[length - 1] !== spikes) {
    const found = sample.offsets[length - 1];
    throw new DecolleError("shape", `${path}.offsets: expected to end at the ${spikes} indices, found ${found}`);
  }
  if (sample.counts !== undefined && sample.counts.length !== spikes) {
    throw new DecolleError(
      "shape",
      `${path}.counts: expected ${spikes} entries as in indices, found ${sample.counts.length}`,
    );
  }
}

/**
 * The engine checks these too, but it counts the spikes of all samples in one row. Plain loops: iterators and callbacks
 * take several times as long, a quarter of the time of a small network (`versus-pytorch`, MLP, one sample).
 */
function checkSpikes({ indices, counts }: SampleSpikes, inputs: number, path: string): void {
  for (let place = 0; place < indices.length; place++) {
    const index = indices[place] ?? 0;
    if (index >= inputs) {
      throw new DecolleError("range", `${path}.indices[${place}]: expected 0 to ${inputs - 1}, found ${index}`);
    }
  }
  if (counts === undefined) return;
  for (let place = 0; place < counts.length; place++) {
    const count = counts[place] ?? 0;
    if (count > 0 && count <= greatestCount) continue;
    const where = `${path}.counts[${place}]`;
    if (!Number.isFinite(count)) {
      throw new DecolleError("not-finite", `${where}: expected a finite number, found ${count}`);
    }
    throw new DecolleError("range", `${where}: expected above 0 to ${greatestCount}, found ${count}`);
  }
}

const countTypes: ReadonlyArray<string | undefined> = ["Float32Array", "Uint8Array", "Uint16Array"];

function sparse(input: CountInput, inputs: number): EncodedInput {
  const samples = wholeNumber(input.samples, 1, "input.samples");
  const steps = wholeNumber(input.steps, 1, "input.steps");
  const expected = samples * steps * inputs;
  if (!countTypes.includes(typedArrayName(input.counts))) {
    const expected = "a Float32Array, Uint8Array or Uint16Array";
    throw new DecolleError("config", `input.counts: expected ${expected}, found ${found(input.counts)}`);
  }
  if (input.counts.length !== expected) {
    const sizes = `${samples} samples × ${steps} steps × ${inputs} inputs = ${expected} entries`;
    throw new DecolleError("shape", `input.counts: expected ${sizes}, found ${input.counts.length}`);
  }
  const offsets = allocate(Uint32Array, samples * steps + 1, "input.steps");
  const indices: number[] = [];
  const counts: number[] = [];
  for (let list = 0; list < samples * steps; list++) {
    for (let index = 0; index < inputs; index++) {
      const place = list * inputs + index;
      const count = input.counts[place] ?? 0;
      if (count === 0) continue;
      if (!Number.isFinite(count)) {
        throw new DecolleError("not-finite", `input.counts[${place}]: expected a finite number, found ${count}`);
      }
      if (count < 0 || count > greatestCount) {
        throw new DecolleError("range", `input.counts[${place}]: expected 0 to ${greatestCount}, found ${count}`);
      }
      indices.push(index);
      counts.push(count);
    }
    offsets[list + 1] = indices.length;
  }
  return { samples, steps, offsets, indices: Uint32Array.from(indices), counts: Float32Array.from(counts) };
}

/** The target of an {@link EncodedBatch}. */
export type EncodedTarget = Omit<EncodedBatch, keyof EncodedInput>;

/**
 * Lays targets out for the engine, which checks their number and their range.
 *
 * @param target - Classes or values; undefined for none.
 * @returns The target in the engine's layout, a copy of the caller's.
 * @throws {@link DecolleError} `config` for anything else.
 */
export function encodeTarget(target: BatchTarget | undefined): EncodedTarget {
  const layout = { targetPerStep: false, targetPerLayer: false };
  if (target === undefined) return { targetKind: "none", target: new Float32Array(0), ...layout };
  // An array has a method `values`, and is no target.
  if (isObject(target) && !Array.isArray(target) && typedArrayName(target) === undefined) {
    if (has(target, "classes")) {
      const { classes } = readOptions(target as ClassTarget, classFields, "target", "target");
      return { targetKind: "classes", target: Float32Array.from(numbers(classes, "target.classes")), ...layout };
    }
    if (has(target, "values")) {
      const { values, perStep, perLayer } = readOptions(target as ValueTarget, valueFields, "target", "target");
      return {
        targetKind: "values",
        target: Float32Array.from(numbers(values, "target.values")),
        targetPerStep: perStep ?? false,
        targetPerLayer: perLayer ?? false,
      };
    }
  }
  throw new DecolleError("config", `target: expected an object with classes or values, found ${found(target)}`);
}
