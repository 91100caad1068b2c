/** What is reported of an epoch; one such object is one line of `metrics.jsonl`. */
import type { SynapticOperations } from "./result.js";

/** How well each layer does. */
export interface Scores {
  /** Mean local cost of each layer. */
  readonly loss: readonly number[];
  /** Share of recordings that each layer classified right, by majority of its votes. */
  readonly accuracy: readonly number[];
}

/** How well each layer does, and how long it took to find out. */
export interface TimedScores extends Scores {
  /** Wall time in seconds. */
  readonly seconds: number;
}

/** Spikes per neuron and step. */
export interface Densities {
  /** Of the input. */
  readonly input: number;
  /** Of each layer, after pooling. */
  readonly layers: readonly number[];
}

/** Metrics of one epoch. Arrays have one entry a layer. */
export interface EpochMetrics {
  /** Number of the epoch, from 1. */
  readonly epoch: number;
  /** Wall time of the epoch's training in seconds, burn-in and reading included, evaluation not. */
  readonly seconds: number;
  /**
   * How much of it the network had nothing to do but wait for recordings, in seconds; where a training was resumed in the middle
   * of the epoch, of its last part. Absent in metrics that earlier versions wrote.
   */
  readonly waiting?: number;
  /** Recordings shown. */
  readonly samples: number;
  /** Updates applied. */
  readonly updates: number;
  /** Of training: mean loss over the steps that learned, and accuracy of the votes cast while learning. */
  readonly train: Scores;
  /** Of the test set after the epoch, where there is one. */
  readonly test?: TimedScores;
  /** How dense spikes were in training. */
  readonly density: Densities;
  /** Multiply-adds of the epoch's training, all layers together. */
  readonly synapticOperations: SynapticOperations;
  /** Peak resident memory of the process in bytes, null where the platform does not tell. */
  readonly peakBytes: number | null;
}

/** How far long work has come. */
export interface Progress {
  /** What is going on. */
  readonly phase: "initialization" | "train" | "test";
  /** Epoch, from 1; 0 outside training. */
  readonly epoch: number;
  /** Epochs in all; 0 outside training. */
  readonly epochs: number;
  /** Samples of this phase done. */
  readonly samples: number;
  /** Samples of this phase in all. */
  readonly total: number;
  /** Mean loss of each layer so far in this phase. */
  readonly loss: readonly number[];
  /** Accuracy of each layer so far in this phase. */
  readonly accuracy: readonly number[];
}
