/** Means over batches of unequal size weigh what they say they weigh. */
import { describe, expect, it } from "vitest";
import type { BatchResult } from "../../src/index.js";
import { addBatch, emptySums, means } from "../../src/network/sums.js";

/** The result of a batch with one layer. */
function batch(samples: number, countedSteps: number, loss: number, predictions: number[]): BatchResult {
  return {
    samples,
    classes: 3,
    steps: countedSteps + 10,
    countedSteps,
    updates: countedSteps,
    inputDensity: loss,
    layers: [
      {
        loss,
        spikes: 0,
        density: loss / 2,
        synapticOperations: { forward: 5, gradient: 7 },
        steps: { events: 0, dense: countedSteps + 10 },
        errorEventRate: null,
        potentialMean: null,
        potentialVariance: null,
      },
    ],
    votes: { shape: [1, samples, 3], data: new Uint32Array(samples * 3) },
    predictions: { shape: [1, samples], data: Uint32Array.from(predictions) },
    recorded: null,
  };
}

/** Three samples with loss 1, one with loss 2; one of each is classified rightly. */
function both(lossPer: "step" | "sample") {
  const sums = emptySums(1);
  addBatch(sums, batch(3, 20, 1, [0, 1, 2]), Uint32Array.of(0, 2, 1), lossPer);
  addBatch(sums, batch(1, 20, 2, [2]), Uint32Array.of(2), lossPer);
  return sums;
}

describe("means over batches", () => {
  it("give every step that learned the same weight in training", () => {
    expect(means(both("step")).loss).toEqual([1.5]);
  });

  it("give every recording the same weight in evaluation", () => {
    expect(means(both("sample")).loss).toEqual([1.25]);
  });

  it("count recordings for accuracy, and recordings times steps for density", () => {
    const { accuracy, density } = means(both("step"));
    expect(accuracy).toEqual([0.5]);
    expect(density).toEqual({ input: 1.25, layers: [0.625] });
  });

  it("add up updates and operations", () => {
    expect(both("step")).toMatchObject({ samples: 4, updates: 40, forward: 10, gradient: 14 });
  });

  it("go on from sums that were stored as JSON", () => {
    const stored = JSON.parse(JSON.stringify(both("step"))) as ReturnType<typeof both>;
    expect(means(stored)).toEqual(means(both("step")));
  });
});
