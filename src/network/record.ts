/** What a batch records on request: spikes, traces, potentials, readouts and gradients of every step. */
import type { BatchOutcome } from "../backend/contract.js";
import { wholeNumber } from "../numbers.js";
import { list } from "../values/arrays.js";
import { type Fields, readOptions } from "../values/options.js";
import type { NetworkDescription } from "./specification.js";
import type { Tensor } from "./tensor.js";

/**
 * What of a batch is recorded at every time step; at least one kind. It takes steps × samples × units × 4 bytes a kind (1 for
 * spikes), twice while the batch runs; where there is no memory for it, the call throws `memory` before any work is done.
 */
export interface RecordOptions {
  /** Layers, from 0, each once; all by default. */
  readonly layers?: readonly number[];
  /** Samples of the batch, from 0, each once; all by default. */
  readonly samples?: readonly number[];
  /** Spikes S of the units, after pooling. */
  readonly spikes?: boolean;
  /** Traces that weights multiply, one an input: P of the built-in neuron; of other neurons the first of them. */
  readonly traces?: boolean;
  /** Membrane potentials U of the units, after pooling. */
  readonly potentials?: boolean;
  /** Readouts Y. */
  readonly readouts?: boolean;
  /**
   * Gradients δ of the layer's cost by the bias of each unit, of batches that are learned from: error times surrogate. Where weights
   * multiply one trace, as with the built-in neuron, a weight's gradient is δ times that trace, summed over samples. 0 in
   * steps of burn-in.
   */
  readonly gradients?: boolean;
}

/**
 * What was recorded of a layer: of each kind that was asked for a tensor whose first axes are steps and samples. Inputs and units
 * are in the order of `describe().layers`: one axis, or channel, row and column.
 */
export interface RecordedLayer {
  /** Which layer, from 0. */
  readonly layer: number;
  /** 1 for a spike, else 0: `[steps, samples, …units]`. */
  readonly spikes?: Tensor<Uint8Array>;
  /** `[steps, samples, …inputs]`; in a recurrent layer one axis, its own spikes behind those from below. */
  readonly traces?: Tensor;
  /** `[steps, samples, …units]`. */
  readonly potentials?: Tensor;
  /** `[steps, samples, classes]`. */
  readonly readouts?: Tensor;
  /** `[steps, samples, …units]`. */
  readonly gradients?: Tensor;
}

/** What was recorded of a batch. */
export interface Recorded {
  /** Which samples of the batch, in the order of the tensors' second axis. */
  readonly samples: readonly number[];
  /** The layers, in the order asked for. */
  readonly layers: readonly RecordedLayer[];
}

/** The part of it that the engine writes as JSON. */
export interface RecordedSizes {
  /** Which samples. */
  readonly samples: readonly number[];
  /** The layers, with the lengths of their rows. */
  readonly layers: ReadonlyArray<{ readonly layer: number; readonly inputs: number; readonly units: number }>;
}

const recordFields: Fields<RecordOptions> = {
  layers: "value",
  samples: "value",
  spikes: "boolean",
  traces: "boolean",
  potentials: "boolean",
  readouts: "boolean",
  gradients: "boolean",
};

/**
 * Reads what is to be recorded; the engine checks that the layers and samples are there.
 *
 * @param given - What the caller gave.
 * @returns A copy.
 * @throws {@link DecolleError} `config`, `range` or `not-finite` with the field.
 */
export function readRecord(given: RecordOptions): RecordOptions {
  const { layers, samples, ...kinds } = readOptions(given, recordFields, "record", "record");
  const indices = (chosen: readonly number[], path: string) =>
    list(chosen, path).map((index, place) => wholeNumber(index, 0, `${path}[${place}]`));
  return {
    ...kinds,
    ...(layers !== undefined && { layers: indices(layers, "record.layers") }),
    ...(samples !== undefined && { samples: indices(samples, "record.samples") }),
  };
}

/**
 * Gives what an engine recorded its shapes.
 *
 * @param outcome - What the engine gave.
 * @param sizes - The sizes it told.
 * @param asked - What was asked for.
 * @param network - Shapes of the layers.
 * @param steps - Time steps of the batch.
 * @returns What was recorded; the tensors share the memory of the outcome.
 */
export function decodeRecorded(
  outcome: Pick<BatchOutcome, "spikes" | "recorded">,
  sizes: RecordedSizes,
  asked: RecordOptions,
  network: NetworkDescription,
  steps: number,
): Recorded {
  const { samples } = sizes;
  const taker = <Data extends Float32Array | Uint8Array>(all: Data) => {
    let taken = 0;
    return (axes: readonly number[]): Tensor<Data> => {
      const shape = [steps, samples.length, ...axes];
      const first = taken;
      taken += shape.reduce((product, axis) => product * axis, 1);
      return { shape, data: all.subarray(first, taken) as Data };
    };
  };
  const [takeSpikes, take] = [taker(outcome.spikes), taker(outcome.recorded)];
  const layers = sizes.layers.map(({ layer, inputs }): RecordedLayer => {
    const { inputShape, pooledShape } = network.layers[layer] as NetworkDescription["layers"][number];
    const below = inputShape.reduce((product, axis) => product * axis, 1);
    return {
      layer,
      ...(asked.spikes && { spikes: takeSpikes(pooledShape) }),
      // A recurrent layer has inputs of its own.
      ...(asked.traces && { traces: take(inputs === below ? inputShape : [inputs]) }),
      ...(asked.potentials && { potentials: take(pooledShape) }),
      ...(asked.readouts && { readouts: take([network.readoutUnits]) }),
      ...(asked.gradients && { gradients: take(pooledShape) }),
    };
  });
  return { samples, layers };
}
