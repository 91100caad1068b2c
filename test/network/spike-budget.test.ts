/** Budgets of spikes: the regulariser's weight λ₁ follows the density of its layer, from update to update. */
import { describe, expect, it } from "vitest";
import { Network, type NetworkSpecification, type NeuronGraph, type SpikeBudget, sgd } from "../../src/index.js";
import { digest } from "../determinism/agreed.js";
import { cutSteps, drawCounts } from "../determinism/training.js";
import { builtInLif, paperLif } from "../own/neurons.js";

const target = { classes: Uint32Array.of(0, 1, 2, 0) };
const specification: NetworkSpecification = {
  input: { units: 40 },
  layers: [
    { type: "dense", units: 30 },
    { type: "dense", units: 21 },
  ],
  readout: { units: 3, dropout: 0.3 },
  neuron: builtInLif,
  initialization: { type: "uniform", dense: 3, conv: 3, bias: 5 },
  seed: 5,
};
const under = (budget: SpikeBudget, upper = 0.01): NetworkSpecification => ({
  ...specification,
  regularizer: { upper, lower: 0, budget },
});
const prices = (network: Network) =>
  [0, 1].map((layer) => network.tensor(`layers.${layer}.regularizerUpper`).data[0] ?? Number.NaN);
const input = drawCounts(4, 60, 40, 9);

/** Densities and prices after so many batches. */
async function trained(network: Network, batches: number) {
  let density: number[] = [];
  for (let batch = 0; batch < batches; batch++) {
    const { layers } = await network.learn({ input, target }, { updateEvery: 2 });
    density = layers.map((layer) => layer.density);
  }
  return { density, prices: prices(network) };
}

describe("a budget of spikes", () => {
  const neurons: Readonly<Record<string, NetworkSpecification["neuron"]>> = {
    "that ships": builtInLif,
    "of one's own": paperLif,
  };

  it.each(Object.entries(neurons))("is kept by layers that would overdraw it, with a neuron %s", async (_, neuron) => {
    const own = neuron && { neuron };
    using free = await Network.create({ ...under({ density: 1 }), ...own });
    using held = await Network.create({ ...under({ density: 0.1, gain: 0.02 }), ...own });
    const without = await trained(free, 60);
    const within = await trained(held, 60);
    for (const layer of [0, 1]) {
      expect(without.density[layer]).toBeGreaterThan(0.15);
      expect(Math.abs((within.density[layer] ?? Number.NaN) - 0.1)).toBeLessThan(0.02);
      expect(within.prices[layer]).toBeGreaterThan(0.02);
    }
    // Nobody overdraws a spike in every step.
    expect(without.prices).toEqual([Math.fround(0.01), Math.fround(0.01)]);
  });

  it("moves the price by the density since the last update, never below where it began", async () => {
    using network = await Network.create(under({ density: 0.08, gain: 0.5 }));
    let expected = prices(network);
    const surpluses: number[] = [];
    for (let batch = 0; batch < 24; batch++) {
      // From here on silence, in which the price falls to where it began.
      if (batch === 6) network.setTensor("layers.0.bias", new Float32Array(30).fill(-100));
      const { layers } = await network.learn({ input, target }, { updateEvery: 60 });
      expected = layers.map(({ density }, layer) => {
        const surplus = Math.min(density / 0.08 - 1, 1);
        surpluses.push(surplus);
        return Math.max(Math.fround((expected[layer] ?? Number.NaN) * (1 + 0.5 * surplus)), Math.fround(0.01));
      });
      expect(prices(network)).toEqual(expected);
    }
    expect(Math.min(...surpluses)).toBe(-1);
    expect(Math.max(...surpluses)).toBe(1);
    expect(expected[0]).toBe(Math.fround(0.01));
  });

  it("is 0.01 quick unless told otherwise", async () => {
    using usual = await Network.create(under({ density: 0.05 }));
    using told = await Network.create(under({ density: 0.05, gain: 0.01 }));
    expect(await trained(usual, 2)).toEqual(await trained(told, 2));
  });

  it("counts no spikes of burn-in and none of what does not learn", async () => {
    using network = await Network.create(under({ density: 0.05, gain: 0.2 }));
    await network.run({ input, target });
    await network.learn({ input, target }, { burnIn: 59, updateEvery: 2, flushGradient: false });
    using only = await Network.create(under({ density: 0.05, gain: 0.2 }));
    await only.learn({ input, target }, { burnIn: 59, updateEvery: 2, flushGradient: false });
    expect(prices(network)).toEqual([Math.fround(0.01), Math.fround(0.01)]);
    for (const one of [network, only]) await one.learn({ input, target }, { updateEvery: 1 });
    expect(prices(network)).toEqual(prices(only));
    expect(prices(network)[0]).toBeGreaterThan(0.02);
  });

  it.each(["dense", "events"] as const)("gives the same bits with a neuron of one's own, %s", async (propagation) => {
    const bits = async (neuron: NeuronGraph | typeof builtInLif) => {
      using network = await Network.create({ ...under({ density: 0.05, gain: 0.2 }), neuron, propagation });
      const { layers } = await network.learn({ input, target }, { updateEvery: 6 });
      const weights = [0, 1].map((layer) => Array.from(network.tensor(`layers.${layer}.weight`).data));
      return { steps: layers.map(({ steps }) => steps), prices: prices(network), weights };
    };
    const own = await bits(paperLif);
    expect(own).toEqual(await bits(builtInLif));
    expect(own.steps[0]).toEqual(propagation === "dense" ? { dense: 60, events: 0 } : { dense: 0, events: 60 });
    expect(own.prices[0]).toBeGreaterThan(0.02);
  });

  it("moves at every step of one sample, by events as densely", async () => {
    const one = drawCounts(1, 60, 40, 9);
    const found = await Promise.all(
      (["dense", "events"] as const).map(async (propagation) => {
        const optimizer = sgd({ learningRate: 1e-4 });
        using network = await Network.create({ ...under({ density: 0.05, gain: 0.05 }), optimizer, propagation });
        await network.learn({ input: one, target: { classes: Uint32Array.of(0) } });
        return prices(network);
      }),
    );
    const [densely, byEvents] = found;
    expect(densely?.[0]).toBeGreaterThan(0.02);
    for (const layer of [0, 1]) expect(byEvents?.[layer]).toBeCloseTo(densely?.[layer] ?? Number.NaN, 5);
  });

  it("is a layer's own business", async () => {
    const budget = { density: 0.05, gain: 0.1 };
    using network = await Network.create({
      ...specification,
      layers: [
        { type: "dense", units: 30, regularizer: { upper: 0.01, lower: 0, budget } },
        { type: "dense", units: 21, regularizer: { upper: 0.01, lower: 0, budget: null } },
      ],
    });
    await network.learn({ input, target }, { updateEvery: 2 });
    expect(network.tensor("layers.0.regularizerUpper").data[0]).toBeGreaterThan(0.02);
    expect(network.tensors()).not.toContain("layers.1.regularizerUpper");
    using again = await Network.fromBytes(network.toBytes());
    for (const one of [network, again]) await one.learn({ input, target }, { updateEvery: 2 });
    expect(digest(again)).toBe(digest(network));
  });
});

describe("a network under a budget of spikes", () => {
  const budget = { density: 0.05, gain: 0.1 };
  // Its updates are in proportion to gradients, and so do not tell where a stretch by events was cut.
  const optimizer = sgd({ learningRate: 1e-4 });

  it("goes on exactly from a checkpoint between two updates, and wherever the stream is cut", async () => {
    const options = { updateEvery: 8, flushGradient: false };
    using whole = await Network.create({ ...under(budget), optimizer });
    await whole.learn({ input, target }, options);
    using first = await Network.create({ ...under(budget), optimizer });
    await first.learn({ input: cutSteps(input, 0, 29), target }, options);
    using second = await Network.fromBytes(first.toBytes());
    await second.learn({ input: cutSteps(input, 29, 60), target }, { ...options, keepState: true });
    expect(digest(second)).toBe(digest(whole));
    expect(prices(second)[0]).toBeGreaterThan(0.01);
  });

  it("is as before after a call that failed", async () => {
    using network = await Network.create(under(budget));
    await network.learn({ input, target });
    // Silence, in which the price moves, then more than a number holds.
    network.setTensor("layers.0.weight", new Float32Array(30 * 40).fill(3e38));
    const before = network.toBytes();
    const counts = new Uint8Array(60 * 40).fill(1, 30 * 40);
    const failing = network.learn({ input: { counts, samples: 1, steps: 60 }, target: { classes: Uint32Array.of(0) } });
    await expect(failing).rejects.toMatchObject({ code: "not-finite" });
    expect(network.toBytes()).toEqual(before);
  });

  it("prints the price of now in its rule", async () => {
    using network = await Network.create({ ...under(budget), neuron: paperLif });
    network.setTensor("layers.1.regularizerUpper", Float32Array.of(0.25));
    expect(String(await network.rule(0))).toMatch(/\+ \(0\.01\d* if 0 < U_i/);
    expect(String(await network.rule(1))).toMatch(/\+ \(0\.25 if 0 < U_i/);
  });

  it("takes prices above 0 only", async () => {
    using network = await Network.create(under(budget));
    expect(() => network.setTensor("layers.1.regularizerUpper", Float32Array.of(0))).toThrow(
      "layers.1.regularizerUpper[0]: expected a number above 0, found 0",
    );
    expect(() => network.setTensor("layers.1.regularizerUpper", Float32Array.of(1, 1))).toThrow(
      expect.objectContaining({ code: "shape" }),
    );
  });

  it("refuses a checkpoint that counts the spikes of other layers", async () => {
    using network = await Network.create(under(budget));
    await network.learn({ input, target }, { updateEvery: 7, flushGradient: false });
    const text = Buffer.from(network.toBytes()).toString("latin1");
    expect(text).toMatch(/\\"spikes\\":\[\{/);
    const more = text.replace(/\\"spikes\\":\[(\{[^}]*\}),\{[^}]*\}\]/, (all, one: string) =>
      `\\"spikes\\":[${one}]`.padEnd(all.length),
    );
    await expect(Network.fromBytes(Buffer.from(more, "latin1"))).rejects.toMatchObject({
      code: "checkpoint",
      message: expect.stringContaining("spikes: expected one for each of 2 layers, found 1"),
    });
  });
});
