/** Sums over the batches of an epoch or an evaluation, from which its metrics are means. Plain data, so that they can be stored. */
import type { BatchResult } from "./result.js";

/** Sums over batches. */
export interface Sums {
  /** Recordings shown. */
  samples: number;
  /** Updates applied. */
  updates: number;
  /** Wall time in seconds. */
  seconds: number;
  /** What the losses are divided by. */
  lossWeight: number;
  /** Loss of each layer times its weight. */
  loss: number[];
  /** Recordings that each layer classified rightly. */
  correct: number[];
  /** Samples times all steps. */
  shownSteps: number;
  /** Input density times samples times steps. */
  inputDensity: number;
  /** Samples times the steps after burn-in. */
  countedSteps: number;
  /** Density of each layer times samples times the steps after burn-in. */
  density: number[];
  /** Multiply-adds for membrane potentials. */
  forward: number;
  /** Multiply-adds for gradients. */
  gradient: number;
}

/** Means over an epoch or an evaluation. */
export interface Means {
  /** Mean local cost of each layer. */
  readonly loss: number[];
  /** Share of recordings that each layer classified rightly by majority vote. */
  readonly accuracy: number[];
  /** Spikes per input or neuron and step. */
  readonly density: { readonly input: number; readonly layers: number[] };
}

/**
 * Sums over nothing yet.
 *
 * @param layers - Number of layers.
 * @returns Zeros.
 */
export function emptySums(layers: number): Sums {
  const zeros = () => new Array<number>(layers).fill(0);
  return {
    samples: 0,
    updates: 0,
    seconds: 0,
    lossWeight: 0,
    loss: zeros(),
    correct: zeros(),
    shownSteps: 0,
    inputDensity: 0,
    countedSteps: 0,
    density: zeros(),
    forward: 0,
    gradient: 0,
  };
}

/**
 * Adds a batch.
 *
 * @param sums - Sums so far; changed.
 * @param result - The batch.
 * @param labels - Class of each of its samples.
 * @param lossPer - `step`: every step that learned weighs the same, whatever the size of its batch, as training losses
 *   are reported; `sample`: every sample weighs the same, so that the mean does not depend on the batch size.
 */
export function addBatch(sums: Sums, result: BatchResult, labels: Uint32Array, lossPer: "step" | "sample"): void {
  const { samples, steps, countedSteps } = result;
  const lossWeight = lossPer === "step" ? countedSteps : countedSteps * samples;
  sums.samples += samples;
  sums.updates += result.updates;
  sums.lossWeight += lossWeight;
  sums.shownSteps += samples * steps;
  sums.inputDensity += result.inputDensity * samples * steps;
  sums.countedSteps += samples * countedSteps;
  result.layers.forEach((layer, index) => {
    const add = (column: number[], value: number) => {
      column[index] = (column[index] ?? 0) + value;
    };
    add(sums.loss, (layer.loss ?? 0) * lossWeight);
    add(sums.density, layer.density * samples * countedSteps);
    const predictions = result.predictions.data.subarray(index * samples, (index + 1) * samples);
    add(
      sums.correct,
      predictions.reduce((right, prediction, place) => right + (prediction === labels[place] ? 1 : 0), 0),
    );
    sums.forward += layer.synapticOperations.forward;
    sums.gradient += layer.synapticOperations.gradient;
  });
}

/**
 * The means that sums stand for.
 *
 * @param sums - Sums over at least one batch with counted steps.
 * @returns Losses, accuracies, densities.
 */
export function means(sums: Sums): Means {
  return {
    loss: sums.loss.map((loss) => loss / sums.lossWeight),
    accuracy: sums.correct.map((correct) => correct / sums.samples),
    density: {
      input: sums.inputDensity / sums.shownSteps,
      layers: sums.density.map((density) => density / sums.countedSteps),
    },
  };
}
