/** Evaluation: how well every layer classifies a data set, weights standing still. */
import type { AnyDataset } from "../datasets/dataset.js";
import { unfit } from "../errors.js";
import { checkSteps } from "../events/binning.js";
import type { InputTransform } from "../events/transform.js";
import { allocate } from "../memory.js";
import { wholeNumber } from "../numbers.js";
import type { AbortSignalLike } from "../values/brands.js";
import { type Fields, readOptions } from "../values/options.js";
import { tell } from "./abort.js";
import { BatchesAhead } from "./ahead.js";
import type { Engine } from "./engine.js";
import { plainCopy } from "./json.js";
import type { Densities, Progress } from "./metrics.js";
import type { Recipe } from "./position.js";
import { checkDataset, checkFit } from "./recordings.js";
import type { SynapticOperations } from "./result.js";
import { addBatch, emptySums, means } from "./sums.js";
import type { Tensor } from "./tensor.js";

/** Settings of an evaluation. What is left out is as in the network's training, where it has been trained by `fit`. */
export interface EvaluateOptions {
  /** Recordings per batch, at least 1; 72 by default. Accuracy does not depend on it. */
  readonly batchSize?: number;
  /** Time steps per recording, more than `burnIn`; by default as many as the data set's recordings last. */
  readonly steps?: number;
  /** Steps at the start of each recording that do not vote; 0 by default. */
  readonly burnIn?: number;
  /** Cropping and downsampling of the recordings; none by default. */
  readonly transform?: InputTransform;
  /** Called, and waited for, after every batch. */
  readonly onProgress?: (progress: Progress) => void | Promise<void>;
  /** Aborts the evaluation, whatever it is waiting for. */
  readonly signal?: AbortSignalLike;
}

/** The fields of {@link EvaluateOptions}. */
const evaluateFields: Fields<EvaluateOptions> = {
  batchSize: "number",
  steps: "number",
  burnIn: "number",
  transform: "value",
  onProgress: "function",
  signal: "signal",
};

/** How a network classified a data set. Arrays have one entry a layer unless said otherwise. */
export interface Evaluation {
  /** Recordings shown. */
  readonly samples: number;
  /** Share of recordings classified rightly by the majority of votes. */
  readonly accuracy: readonly number[];
  /** Mean local cost over recordings and the steps after burn-in. */
  readonly loss: readonly number[];
  /** Predicted classes, `[layers, samples]`. */
  readonly predictions: Tensor<Uint32Array>;
  /** Right classes, one a sample. */
  readonly labels: Uint32Array;
  /** Spikes per input, and per neuron after pooling, and step. */
  readonly density: Densities;
  /** Multiply-adds, all layers together. */
  readonly synapticOperations: SynapticOperations;
  /** Wall time in seconds, reading included. */
  readonly seconds: number;
}

/** Samples per batch unless told otherwise, as in the authors' code. */
export const defaultBatchSize = 72;

/**
 * The steps that the recordings of a data set last.
 *
 * @param engine - The network, which sets the length of a step.
 * @param dataset - The data set.
 * @returns Whole steps, at least 1.
 */
export function naturalSteps(engine: Engine, dataset: AnyDataset): number {
  return Math.max(1, Math.floor(dataset.duration / engine.built.specification.timeStep));
}

/**
 * Refuses a burn-in that leaves no step.
 *
 * @param burnIn - Steps of burn-in.
 * @param steps - Steps in all.
 * @throws {@link DecolleError} `range`.
 */
export function checkBurnIn(burnIn: number, steps: number): void {
  wholeNumber(burnIn, 0, "burnIn");
  if (burnIn >= steps) throw unfit("range", "burnIn", `fewer than the ${steps} steps`, `${burnIn}`);
}

/**
 * Evaluates a network, which is afterwards as it was; called from within the engine's exclusive work.
 *
 * @param engine - The network.
 * @param dataset - What it is shown.
 * @param given - Batches, steps, burn-in, transform.
 * @param trained - The recipe it was trained by, where there is one.
 * @returns Accuracy, loss, predictions, density.
 */
export async function evaluate(
  engine: Engine,
  dataset: AnyDataset,
  given: EvaluateOptions,
  trained?: Recipe,
): Promise<Evaluation> {
  const options = readOptions(given, evaluateFields, "evaluate");
  checkDataset(dataset);
  const batchSize = wholeNumber(options.batchSize ?? trained?.batchSize ?? defaultBatchSize, 1, "batchSize");
  const steps = checkSteps(options.steps ?? trained?.testSteps ?? naturalSteps(engine, dataset), "steps");
  const burnIn = options.burnIn ?? trained?.burnIn ?? 0;
  const transform = plainCopy(options.transform ?? trained?.transform ?? {}, "transform");
  checkBurnIn(burnIn, steps);
  checkFit(engine, dataset, transform);
  const { restore } = await engine.takeSnapshot();
  try {
    return await classify(engine, dataset, { batchSize, steps, burnIn, transform }, options);
  } finally {
    await restore();
  }
}

type Showing = Pick<Recipe, "batchSize" | "steps" | "burnIn" | "transform">;

async function classify(
  engine: Engine,
  dataset: AnyDataset,
  { batchSize, steps, burnIn, transform }: Showing,
  options: EvaluateOptions,
): Promise<Evaluation> {
  const began = performance.now();
  const layers = engine.built.layers.length;
  const sums = emptySums(layers);
  const predictions = allocate(Uint32Array, layers * dataset.length, "recordings");
  const labels = allocate(Uint32Array, dataset.length, "recordings");
  const { onProgress, signal } = options;
  const total = dataset.length;
  const chosen = (batch: number) => {
    const first = batch * batchSize;
    return Uint32Array.from({ length: Math.min(batchSize, total - first) }, (_, place) => first + place);
  };
  const count = Math.ceil(total / batchSize);
  const ahead = new BatchesAhead(engine, dataset, { count, chosen }, { steps, transform }, signal, "evaluate");
  const schedule = { learn: false, burnIn };
  try {
    for (let batch = 0; batch < count; batch++) {
      const shown = await ahead.work(batch, ({ batch: own }) => engine.run(own, schedule, signal));
      const { result, labels: seen } = shown;
      addBatch(sums, result, seen, "sample");
      labels.set(seen, batch * batchSize);
      for (let layer = 0; layer < layers; layer++) {
        const row = result.predictions.data.subarray(layer * seen.length, (layer + 1) * seen.length);
        predictions.set(row, layer * total + batch * batchSize);
      }
      const { samples } = sums;
      const { loss, accuracy } = means(sums);
      const progress: Progress = { phase: "test", epoch: 0, epochs: 0, samples, total, loss, accuracy };
      await tell(onProgress, progress, signal, "evaluate");
    }
  } finally {
    ahead.close();
  }
  return {
    samples: sums.samples,
    ...means(sums),
    predictions: { shape: [layers, dataset.length], data: predictions },
    labels,
    synapticOperations: { forward: sums.forward, gradient: sums.gradient },
    seconds: (performance.now() - began) / 1000,
  };
}
