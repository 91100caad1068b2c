/** What came out of batches that are parts of one sequence, as if they had been one. */
import type { BatchResult, LayerResult } from "./result.js";

/**
 * Puts the results of two batches of the same samples together.
 *
 * @param first - The earlier one.
 * @param second - The later one.
 * @returns Sums of what is counted, means of what is a mean, the class with most votes of both; nothing recorded.
 */
export function merged(first: BatchResult, second: BatchResult): BatchResult {
  const { samples, classes } = first;
  const votes = first.votes.data.map((count, place) => count + (second.votes.data[place] ?? 0));
  const mean = (one: number, other: number, weight: "steps" | "countedSteps") => {
    const both = first[weight] + second[weight];
    return both === 0 ? 0 : (one * first[weight] + other * second[weight]) / both;
  };
  const maybe = (one: number | null, other: number | null, weight: "steps" | "countedSteps") => {
    if (one === null) return other;
    return other === null ? one : mean(one, other, weight);
  };
  const layerOf = (one: LayerResult, other: LayerResult): LayerResult => ({
    loss: maybe(one.loss, other.loss, "countedSteps"),
    spikes: one.spikes + other.spikes,
    density: mean(one.density, other.density, "countedSteps"),
    synapticOperations: {
      forward: one.synapticOperations.forward + other.synapticOperations.forward,
      gradient: one.synapticOperations.gradient + other.synapticOperations.gradient,
    },
    steps: { events: one.steps.events + other.steps.events, dense: one.steps.dense + other.steps.dense },
    errorEventRate: maybe(one.errorEventRate, other.errorEventRate, "countedSteps"),
    potentialMean: null,
    potentialVariance: null,
  });
  return {
    samples,
    classes,
    steps: first.steps + second.steps,
    countedSteps: first.countedSteps + second.countedSteps,
    updates: first.updates + second.updates,
    inputDensity: mean(first.inputDensity, second.inputDensity, "steps"),
    layers: first.layers.map((layer, place) => layerOf(layer, second.layers[place] as LayerResult)),
    votes: { shape: first.votes.shape, data: votes },
    predictions: { shape: first.predictions.shape, data: winners(votes, classes) },
    recorded: null,
  };
}

/** The class with most of the votes `[row][class]` in each row, the lower on ties. */
function winners(votes: Uint32Array, classes: number): Uint32Array {
  return Uint32Array.from({ length: votes.length / classes }, (_, row) => {
    const of = votes.subarray(row * classes, (row + 1) * classes);
    return of.indexOf(Math.max(...of));
  });
}
