/** What a network is made of, as plain data: everything here can be written as JSON and is checked field by field. */
import type { Cost } from "../learning/cost.js";
import type { UniformInitialization } from "../learning/initialization.js";
import type { Optimizer } from "../learning/optimizer.js";
import type { Readout } from "../learning/readout.js";
import type { Regularizer } from "../learning/regularizer.js";
import type { Neuron } from "../neuron/neuron.js";
import type { CostGraph } from "../plasticity/cost.js";
import type { NeuronGraph } from "../plasticity/neuron.js";
import type { ErrorTriggerControl } from "../plasticity/rules/error-triggered.js";
import type { LayerSpecification } from "../synapse/layer.js";
import type { Propagation } from "../synapse/propagation.js";

/** Input with a plane, such as an event camera's: index of an input = (channel · height + row) · width + column. */
export interface PlaneInput {
  /** Number of channels; 2 for the polarities of an event camera. */
  readonly channels: number;
  /** Rows in pixels. */
  readonly height: number;
  /** Columns in pixels. */
  readonly width: number;
}

/** Input along a line, such as the samples of a sound: index of an input = channel · length + place. */
export interface LineInput {
  /** Number of channels, 1 to 4096. */
  readonly channels: number;
  /** Number of places, 1 to 65,536. */
  readonly length: number;
}

/** Input without a plane. */
export interface UnitsInput {
  /** Number of inputs. */
  readonly units: number;
}

/**
 * A network: its input, its layers, and what all of them have in common.
 *
 * Left-out fields take the defaults named at each. A field that is missing, unknown or ill-typed is a `config` error, a
 * number outside its range a `range` error; both name the field by its path, such as `layers[1].kernel`.
 */
export interface NetworkSpecification {
  /** What comes in. */
  readonly input: PlaneInput | LineInput | UnitsInput;
  /** Length of a time step in whole microseconds, at least 1; 1000 by default. */
  readonly timeStep?: number;
  /** Layers, from the input on; at least one. */
  readonly layers: readonly LayerSpecification[];
  /** The fixed random readout behind every layer. */
  readonly readout: Readout;
  /**
   * Neuron of all layers that do not name their own: a built-in one, or one's own, made by `neuron()`.
   *
   * One's own runs by events where its weights meet one trace of each input, which is the input, a leak of it or a leak of such
   * a leak; with other traces, with constants that learn and with eligibility traces it runs densely. A convolution refuses
   * (`config`) eligibility traces, constants of each neuron that learn, and sums over the layer.
   */
  readonly neuron?: Neuron | NeuronGraph;
  /** Local cost of all layers that do not name their own, a built-in one or one's own; smooth L1 by default. */
  readonly cost?: Cost | CostGraph;
  /** Regulariser of all layers that do not name their own; null (none) by default. */
  readonly regularizer?: Regularizer | null;
  /** Optimiser, one for all layers; AdaMax at 1e−3 by default. */
  readonly optimizer?: Optimizer;
  /** How weights start. */
  readonly initialization?: UniformInitialization;
  /** How spikes propagate through layers that do not say so themselves; `auto` by default. */
  readonly propagation?: Propagation;
  /** Learning only where the error is large (error-triggered DECOLLE); null (always) by default. */
  readonly errorTrigger?: ErrorTrigger | null;
  /** Seed of everything random, a whole number from 0 to 2⁵³ − 1; 1 by default. */
  readonly seed?: number;
}

/** Error-triggered learning: an error e that comes back to a neuron counts as sign(e)·⌊|e|/θ⌋·θ. */
export interface ErrorTrigger {
  /** θ, above 0; where it is under control, θ at first. */
  readonly threshold: number;
  /**
   * Moves each layer's θ with every update of its weights, as {@link ErrorTriggerController} does, by the error events since the
   * one before; none by default. θ is the tensor `layers.0.errorThreshold`, the rate of events part of what `learn` gives.
   */
  readonly control?: Omit<ErrorTriggerControl, "threshold"> | null;
}

/** A specification with all defaults filled in. */
export interface FullSpecification extends NetworkSpecification {
  /** Length of a time step in microseconds. */
  readonly timeStep: number;
  /** Seed of everything random. */
  readonly seed: number;
}

/** What has been counted over the life of a network. */
export interface Counters {
  /** Time steps of batches that learned. */
  readonly steps: number;
  /** Updates applied. */
  readonly updates: number;
  /** Epoch that the learning-rate schedule is in. */
  readonly epoch: number;
}

/**
 * Which parts of a layer run as programs that are compiled from its rule, and why: a sentence each; null for what runs in its
 * fused form, code written for it alone. Both give the same bits, the fused form in less time.
 */
export interface LayerPrograms {
  /** Traces of inputs: fused where weights meet one trace that is one leak or two, whoever wrote the neuron. */
  readonly inputs: string | null;
  /** State, membrane potential and spikes of its neurons: fused for the built-in neuron. */
  readonly neurons: string | null;
  /** The cost and its derivative by the readout: fused for the built-in costs. */
  readonly cost: string | null;
  /** What each neuron brings to the gradient: fused where neuron and cost are both built in. */
  readonly delta: string | null;
  /** The gradient of each synapse: fused where it is what neurons bring times what weights meet. */
  readonly gradient: string | null;
}

/** Shape and size of one layer as built, and what runs for it. */
export interface LayerDescription {
  /** Kind of layer. */
  readonly type: LayerSpecification["type"];
  /** Shape of what comes in. */
  readonly inputShape: readonly number[];
  /** Shape of its neurons, before pooling. */
  readonly shape: readonly number[];
  /** Shape of what goes out, after pooling. */
  readonly pooledShape: readonly number[];
  /** Number of outputs, after pooling. */
  readonly units: number;
  /** Number of neurons, before pooling. */
  readonly neurons: number;
  /** Number of trained weights and biases. */
  readonly parameters: number;
  /** Which of its parts run as programs, and why. */
  readonly programs: LayerPrograms;
}

/** A network as built: its full specification, the shapes that follow from it, and how far it has come. */
export interface NetworkDescription {
  /** The specification with all defaults filled in. */
  readonly specification: FullSpecification;
  /** Number of inputs. */
  readonly inputSize: number;
  /** Layers, from the input on. */
  readonly layers: readonly LayerDescription[];
  /** Readout units of each layer. */
  readonly readoutUnits: number;
  /** Number of trained weights and biases. */
  readonly parameters: number;
  /** Threads that work. */
  readonly threads: number;
  /** SIMD level in use. */
  readonly simd: string;
  /** How far it has come. */
  readonly counters: Counters;
  /** Strings stored with the network. */
  readonly metadata: Readonly<Record<string, string>>;
}
