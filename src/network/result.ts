/** What comes out of one batch. */
import type { BatchOutcome } from "../backend/contract.js";
import { decodeRecorded, type Recorded, type RecordedSizes, type RecordOptions } from "./record.js";
import type { NetworkDescription } from "./specification.js";
import type { Tensor } from "./tensor.js";

/**
 * How often a weight met a trace, a spike or an error: multiply-adds of steps that ran densely, additions of steps that ran by
 * events.
 */
export interface SynapticOperations {
  /** For membrane potentials. */
  readonly forward: number;
  /** For gradients. */
  readonly gradient: number;
}

/** Time steps by how spikes propagated, see `Propagation`. */
export interface PropagatedSteps {
  /** By events. */
  readonly events: number;
  /** Densely, position by position or in the frequency domain. */
  readonly dense: number;
}

/** What one layer did in a batch. */
export interface LayerResult {
  /** Mean local cost over samples and the steps after burn-in; null where there was no target or no such step. */
  readonly loss: number | null;
  /** Spikes sent on, after pooling, in all steps. */
  readonly spikes: number;
  /** Spikes per neuron and step after pooling, over the steps after burn-in. */
  readonly density: number;
  /** Work that the synapses did. */
  readonly synapticOperations: SynapticOperations;
  /** How many steps ran by events, and how many densely. */
  readonly steps: PropagatedSteps;
  /** Error events a unit, after pooling, and learning step; null where no error trigger is under control. */
  readonly errorEventRate: number | null;
  /** Mean of the pooled membrane potential over samples, neurons and all steps; null unless recorded. */
  readonly potentialMean: number | null;
  /** Variance of the pooled membrane potential over the same; null unless recorded. */
  readonly potentialVariance: number | null;
}

/** What came out of a batch. */
export interface BatchResult {
  /** Samples in the batch. */
  readonly samples: number;
  /** Readout units of each layer. */
  readonly classes: number;
  /** Time steps run. */
  readonly steps: number;
  /** Steps after burn-in: those that voted and, when learning, learned. */
  readonly countedSteps: number;
  /** Updates applied. */
  readonly updates: number;
  /** Spikes per input and step. */
  readonly inputDensity: number;
  /** One entry a layer. */
  readonly layers: readonly LayerResult[];
  /** Steps at which the readout of a class was the largest, `[layers, samples, classes]`. */
  readonly votes: Tensor<Uint32Array>;
  /** The class with most votes, the lower on ties, `[layers, samples]`. */
  readonly predictions: Tensor<Uint32Array>;
  /** Spikes, traces, potentials, readouts and gradients of every step; null unless recorded. */
  readonly recorded: Recorded | null;
}

/** The part of an outcome that the engine writes as JSON. */
type Summary = Pick<
  BatchResult,
  "samples" | "classes" | "steps" | "countedSteps" | "updates" | "inputDensity" | "layers"
>;

/**
 * Gives an engine's outcome its shapes.
 *
 * @param outcome - What the engine gave.
 * @param network - Shapes of the layers.
 * @param record - What was to be recorded, if anything.
 * @returns The result.
 */
export function decodeOutcome(
  outcome: BatchOutcome,
  network: NetworkDescription,
  record: RecordOptions | undefined,
): BatchResult {
  const { recorded, ...summary } = JSON.parse(outcome.summary) as Summary & { recorded: RecordedSizes | null };
  const { samples, classes, steps } = summary;
  const layers = summary.layers.length;
  return {
    ...summary,
    votes: { shape: [layers, samples, classes], data: outcome.votes },
    predictions: { shape: [layers, samples], data: outcome.predictions },
    recorded: record && recorded ? decodeRecorded(outcome, recorded, record, network, steps) : null,
  };
}
