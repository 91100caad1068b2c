/** Derived rules against central finite differences in float64: users' neurons and costs, over random shapes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkRule, cost, lif, mean, Network, neuron, sigmoidDerivative, smoothL1 } from "../../src/index.js";
import { costs, neurons, textbook } from "./neurons.js";

const shape = fc.record({
  samples: fc.integer({ min: 1, max: 4 }),
  inputs: fc.integer({ min: 1, max: 7 }),
  neurons: fc.integer({ min: 1, max: 6 }),
  classes: fc.integer({ min: 1, max: 4 }),
  steps: fc.integer({ min: 3, max: 14 }),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
});

describe("the derived rule is the derivative of the smoothed layer", () => {
  it.each(Object.entries(neurons))("with the neuron %s", async (_, own) => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(shape, async (drawn) => {
        const result = await checkRule(own, costs["squared error"] ?? smoothL1(), drawn);
        expect(result.worst.deviation, JSON.stringify(result)).toBeLessThanOrEqual(result.tolerance);
        expect(result.dynamics).toBeLessThan(1e-9);
        compared += result.nonzero;
      }),
      { numRuns: 12, seed: 2 },
    );
    expect(compared).toBeGreaterThan(60);
  });

  it.each(Object.entries(costs))("with the cost %s", async (_, definition) => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(shape, async (drawn) => {
        const result = await checkRule(textbook, definition, drawn);
        expect(result.worst.deviation, JSON.stringify(result)).toBeLessThanOrEqual(result.tolerance);
        compared += result.nonzero;
      }),
      { numRuns: 12, seed: 3 },
    );
    expect(compared).toBeGreaterThan(60);
  });

  it("with a cost on a state variable, and with several costs", async () => {
    const price = cost(({ state }) => mean(state("current").square()), "price");
    const result = await checkRule(textbook, [smoothL1(), price], { steps: 9 });
    expect(result, JSON.stringify(result)).toMatchObject({ passed: true });
  });
});

describe("the check", () => {
  it.each(["error", "surrogate", "trace"] as const)("finds an error planted in the %s", async (plant) => {
    for (const name of ["textbook", "eprop", "ottt", "tess"]) {
      const own = neurons[name] ?? textbook;
      const clean = await checkRule(own, smoothL1());
      expect(clean.passed, JSON.stringify(clean)).toBe(true);
      const result = await checkRule(own, smoothL1(), { plant });
      expect(result.passed).toBe(false);
      expect(result.worst.deviation).toBeGreaterThan(1e-3);
    }
  });

  it("finds a surrogate that is not the derivative of its primitive", async () => {
    const wrong = neuron({
      name: "wrong",
      state: { potential: 0 },
      step: (s, { input }) => ({ potential: s.potential.times(0.9).plus(input) }),
      membrane: (s, bias) => s.potential.plus(bias),
      surrogate: { primitive: (u) => u.times(3).sigmoid(), derivative: (u) => u.abs().plus(1).reciprocal() },
    });
    const result = await checkRule(wrong, smoothL1());
    expect(result.passed).toBe(false);
  });

  it("is there for every layer of a network", async () => {
    using network = await Network.create({
      input: { units: 6 },
      layers: [
        { type: "dense", units: 4 },
        { type: "dense", units: 3, neuron: lif({ surrogate: sigmoidDerivative() }), cost: { type: "crossEntropy" } },
      ],
      readout: { units: 2 },
      regularizer: { upper: 0.1, lower: 0.2 },
    });
    for (const layer of [0, 1]) expect(network.checkRule(layer)).toMatchObject({ passed: true });
    expect(network.checkRule(1, { plant: "trace" })).toMatchObject({ passed: false });
    expect(() => network.checkRule(2)).toThrow("layer: expected 0 to 1, found 2");
  });
});
