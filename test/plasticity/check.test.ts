/** Derived rules against central finite differences in float64: users' neurons and costs, over random shapes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  boxcar,
  checkRule,
  cost,
  leak,
  lif,
  mean,
  meanSquaredOf,
  ms,
  Network,
  neuron,
  rule,
  sigmoidDerivative,
  smoothL1,
  stopGradient,
} from "../../src/index.js";
import { costs, neurons, recurrentNeurons, textbook } from "./neurons.js";

const shape = fc.record({
  samples: fc.integer({ min: 1, max: 4 }),
  inputs: fc.integer({ min: 1, max: 7 }),
  neurons: fc.integer({ min: 1, max: 6 }),
  classes: fc.integer({ min: 1, max: 4 }),
  steps: fc.integer({ min: 3, max: 14 }),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
});

describe("the derived rule is the derivative of the smoothed layer", () => {
  it.each(Object.entries({ ...neurons, ...recurrentNeurons }))("with the neuron %s", async (_, own) => {
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
  const all = Object.entries(neurons).flatMap(([name, own]) =>
    Object.entries(costs).map(([priced, definition]) => [name, priced, own, definition] as const),
  );

  it.each(all)("of %s with %s passes, and finds an error planted in any factor", async (_, __, own, definition) => {
    const clean = await checkRule(own, definition);
    expect(clean.outcome, JSON.stringify(clean)).toBe("passed");
    for (const plant of ["error", "surrogate", "trace"] as const) {
      const result = await checkRule(own, definition, { plant });
      // A cost of potentials only has no error that comes back, and no surrogate on its way.
      const absent = result.reason.includes("to plant an error in");
      expect(result.outcome, JSON.stringify(result)).toBe(absent ? "inconclusive" : "failed");
      expect(absent && plant === "trace").toBe(false);
    }
  });

  const saturating = (surrogate: Parameters<typeof neuron>[0]["surrogate"], offset: number) =>
    neuron({
      name: "saturating",
      constants: { membrane: ms(20), synapse: ms(5) },
      state: { current: 0, potential: 0 },
      step: (s, { input }, c) => ({
        current: leak(s.current, c.synapse).plus(input),
        potential: leak(s.potential, c.membrane).plus(s.current),
      }),
      membrane: (s, bias) => s.potential.tanh().plus(bias).minus(offset),
      surrogate,
    });
  const watched = cost(({ readout, target, membrane }) =>
    meanSquaredOf(readout, target).plus(mean(membrane).times(0.1)),
  );

  it("chooses a stimulus that comes within reach of the surrogate", async () => {
    for (const priced of [smoothL1(), watched]) {
      for (const seed of [1, 2, 3]) {
        const own = saturating(boxcar(), 0.1);
        expect(await checkRule(own, priced, { seed })).toMatchObject({ passed: true, outcome: "passed" });
        for (const plant of ["error", "surrogate", "trace"] as const) {
          expect(await checkRule(own, priced, { seed, plant })).toMatchObject({ outcome: "failed" });
        }
      }
    }
  });

  it("is inconclusive, and says why, where no stimulus does", async () => {
    expect(await checkRule(saturating(boxcar(), 1000), smoothL1())).toMatchObject({
      passed: false,
      outcome: "inconclusive",
      reason: "every derivative that was compared is 0, whatever weights and events were tried",
    });
    expect(await checkRule(saturating(boxcar(), 10), watched)).toMatchObject({
      passed: false,
      outcome: "inconclusive",
      reason: expect.stringContaining("an error of 1 % in the factor error, surrogate would not show"),
    });
  });

  it("finds the gradient through what an eligibility state was before the step", async () => {
    for (const direct of [true, false]) {
      const own = neuron({
        name: "through",
        state: { u: 0, s: 0, v: 0 },
        step: (s, { input }) => ({ u: input.tanh(), s: s.u.tanh(), v: input }),
        membrane: (s, bias) => (direct ? s.s.plus(s.v) : s.s).plus(bias),
        surrogate: sigmoidDerivative(),
        remainder: "eligibility",
      });
      const result = await checkRule(own, smoothL1());
      expect(result.outcome, JSON.stringify(result)).toBe("passed");
      const { treatments } = await rule(own, smoothL1());
      expect(treatments[0]).toContain("u: takes tanh of what depends on the weights");
      expect(treatments[1]).toBe("s: gradient within the step, nothing is carried on");
    }
  });

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

  it("says on every build alike how large it may be", async () => {
    const sizes = { samples: 16, inputs: 32, neurons: 32, classes: 32, steps: 100 };
    for (const [name, most] of Object.entries(sizes)) {
      for (const found of [most + 1, 1e12, 2 ** 53 - 1]) {
        const message = `${name}: expected 1 to ${most}, found ${found}`;
        await expect(checkRule(lif(), smoothL1(), { [name]: found })).rejects.toMatchObject({ code: "range", message });
      }
    }
  });

  it("takes a comparison of what is always equal for a kink, which no difference says anything of", async () => {
    const tied = neuron({
      name: "tied",
      state: { v: 0 },
      step: (s, { input }) => ({ v: s.v.times(0.9).plus(input) }),
      membrane: (s, bias) => s.v.min(stopGradient(s.v)).plus(bias),
      surrogate: sigmoidDerivative(),
    });
    expect(await checkRule(tied, smoothL1())).toMatchObject({ outcome: "inconclusive" });
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
    for (const layer of [0, 1]) expect(await network.checkRule(layer)).toMatchObject({ passed: true });
    expect(await network.checkRule(1, { plant: "trace" })).toMatchObject({ passed: false });
    await expect(network.checkRule(2)).rejects.toThrow("layer: expected 0 to 1, found 2");
  });
});
