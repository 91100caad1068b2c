/** What goes into one batch, and how it is laid out for the engine. */
import type { Binding, EventColumns, TargetKind } from "../backend/contract.js";
import { DecolleError } from "../errors.js";
import { binEvents } from "../events/binning.js";
import type { InputTransform, Sensor } from "../events/transform.js";
import { wholeNumber } from "../numbers.js";
import type { NetworkDescription, NetworkSpecification } from "./specification.js";

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
  return { ...encodeInput(binding, network, input), ...encodeTarget(target) };
}

function encodeInput(binding: Binding, network: NetworkDescription, input: BatchInput): EncodedInput {
  if (typeof input !== "object" || input === null) {
    throw new DecolleError("config", `input: expected an object with events, spikes or counts, found ${String(input)}`);
  }
  if ("events" in input) return joinSpikes(binInput(binding, network, input));
  if ("spikes" in input) {
    const joined = joinSpikes(input.spikes);
    for (const [sample, lists] of input.spikes.entries())
      checkSpikes(lists, network.inputSize, `input.spikes[${sample}]`);
    return joined;
  }
  if ("counts" in input) return sparse(input, network.inputSize);
  throw new DecolleError("config", "input: expected one of events, spikes or counts");
}

function binInput(binding: Binding, network: NetworkDescription, input: EventInput): SampleSpikes[] {
  const { specification } = network;
  const sensor = input.sensor ?? defaultSensor(specification, input.transform);
  const timing = { timeStep: specification.timeStep, steps: wholeNumber(input.steps, 1, "input.steps") };
  const binning = { sensor, ...timing, ...(input.transform && { transform: input.transform }) };
  return input.events.map((events, sample) => binEvents(binding, events, binning, `input.events[${sample}]`));
}

/**
 * The sensor that fills a network's input.
 *
 * @param specification - The network.
 * @param transform - Cropping and downsampling between sensor and network.
 * @returns Width and height in pixels.
 * @throws {@link DecolleError} `config` where there is a crop, or no plane: then the sensor must be named.
 */
export function defaultSensor(specification: NetworkSpecification, transform: InputTransform | undefined): Sensor {
  const plane = specification.input;
  if ("units" in plane || transform?.crop !== undefined) {
    throw new DecolleError(
      "config",
      "input.sensor: needed where events are cropped or the network's input is no plane",
    );
  }
  const block = transform?.downsample ?? 1;
  return { width: plane.width * block, height: plane.height * block };
}

/**
 * Joins the sparse lists of several samples into one batch.
 *
 * @param samples - Spikes of each sample, all with the same number of steps.
 * @returns The spikes in the engine's layout.
 * @throws {@link DecolleError} `shape` where lengths do not agree, `config` for arrays of another type.
 */
export function joinSpikes(samples: readonly SampleSpikes[]): EncodedInput {
  const first = samples[0];
  if (first === undefined) throw new DecolleError("shape", "input: expected at least one sample, found none");
  samples.forEach((sample, index) => {
    checkLists(sample, first.offsets?.length, `input.spikes[${index}]`);
  });
  const steps = first.offsets.length - 1;
  const total = samples.reduce((sum, sample) => sum + sample.indices.length, 0);
  const offsets = new Uint32Array(samples.length * steps + 1);
  const indices = new Uint32Array(total);
  const counts = new Float32Array(total);
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

function checkLists(sample: SampleSpikes, offsets: number, path: string): void {
  if (!(sample?.offsets instanceof Uint32Array))
    throw new DecolleError("config", `${path}.offsets: expected a Uint32Array`);
  if (!(sample.indices instanceof Uint32Array))
    throw new DecolleError("config", `${path}.indices: expected a Uint32Array`);
  if (sample.counts !== undefined && !(sample.counts instanceof Float32Array)) {
    throw new DecolleError("config", `${path}.counts: expected a Float32Array`);
  }
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

function sparse(input: CountInput, inputs: number): EncodedInput {
  const samples = wholeNumber(input.samples, 1, "input.samples");
  const steps = wholeNumber(input.steps, 1, "input.steps");
  const expected = samples * steps * inputs;
  if (!ArrayBuffer.isView(input.counts)) {
    throw new DecolleError("config", "input.counts: expected a Float32Array, Uint8Array or Uint16Array");
  }
  if (input.counts.length !== expected) {
    const sizes = `${samples} samples × ${steps} steps × ${inputs} inputs = ${expected} entries`;
    throw new DecolleError("shape", `input.counts: expected ${sizes}, found ${input.counts.length}`);
  }
  const offsets = new Uint32Array(samples * steps + 1);
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
  if (typeof target === "object" && target !== null) {
    if ("classes" in target) return { targetKind: "classes", target: Float32Array.from(target.classes), ...layout };
    if ("values" in target) {
      return {
        targetKind: "values",
        target: Float32Array.from(target.values),
        targetPerStep: target.perStep ?? false,
        targetPerLayer: target.perLayer ?? false,
      };
    }
  }
  throw new DecolleError("config", "target: expected an object with classes or values");
}
