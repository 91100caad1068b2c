/** Error-triggered learning with its controller closed: thresholds that move while the network learns. */
import { describe, expect, it } from "vitest";
import { ErrorTriggerController, Network, type NetworkSpecification, type NeuronGraph, sgd } from "../../src/index.js";
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
  optimizer: sgd({ learningRate: 1e-4 }),
  initialization: { type: "uniform", dense: 3, conv: 3, bias: 5 },
  seed: 5,
};
const under = (threshold: number, rate: number, gain?: number): NetworkSpecification => ({
  ...specification,
  errorTrigger: { threshold, control: { rate, ...(gain !== undefined && { gain }) } },
});
const thresholds = (network: Network) =>
  [0, 1].map((layer) => network.tensor(`layers.${layer}.errorThreshold`).data[0]);
const input = drawCounts(4, 60, 40, 9);

describe("an error trigger under control", () => {
  const neurons: Readonly<Record<string, NetworkSpecification["neuron"]>> = {
    "that ships": builtInLif,
    "of one's own": paperLif,
  };

  it.each(
    Object.entries(neurons).flatMap(([name, neuron]) => [1e-5, 0.1].map((first) => [name, first, neuron] as const)),
  )("brings error events to the rate asked for, with a neuron %s, from a threshold of %d", async (_, first, neuron) => {
    using network = await Network.create({ ...under(first, 0.5, 2e-4), ...(neuron && { neuron }) });
    let rates: (number | null)[] = [];
    for (let batch = 0; batch < 40; batch++) {
      const { layers } = await network.learn({ input, target }, { updateEvery: 2 });
      rates = layers.map(({ errorEventRate }) => errorEventRate);
    }
    for (const rate of rates) expect(Math.abs((rate ?? Number.NaN) - 0.5)).toBeLessThan(0.1);
    for (const threshold of thresholds(network)) expect(threshold).not.toBe(Math.fround(first));
  });

  it.each(["dense", "events"] as const)(
    "moves to the same bits with the built-in neuron and one's own, %s",
    async (propagation) => {
      const trained = async (neuron: NeuronGraph | typeof builtInLif) => {
        using network = await Network.create({ ...under(0.01, 0.4), neuron, propagation });
        const { layers } = await network.learn({ input, target }, { updateEvery: 6 });
        const weights = [0, 1].map((layer) => Array.from(network.tensor(`layers.${layer}.weight`).data));
        return { rates: layers.map(({ errorEventRate }) => errorEventRate), thresholds: thresholds(network), weights };
      };
      expect(await trained(paperLif)).toEqual(await trained(builtInLif));
    },
  );

  it("is the controller of the rule, called once an update", async () => {
    using network = await Network.create(under(0.01, 0.4));
    const controllers = [0, 1].map(() => new ErrorTriggerController({ threshold: Math.fround(0.01), rate: 0.4 }));
    for (let batch = 0; batch < 5; batch++) {
      const { layers } = await network.learn({ input, target }, { updateEvery: 60 });
      for (const [layer, { errorEventRate }] of layers.entries()) {
        expect(errorEventRate).toBeGreaterThan(0);
        controllers[layer]?.update(errorEventRate ?? Number.NaN);
      }
      for (const [layer, threshold] of thresholds(network).entries()) {
        expect(threshold).toBeCloseTo(controllers[layer]?.threshold ?? Number.NaN, 7);
      }
    }
  });

  it("goes on exactly from a checkpoint between two updates, and wherever the stream is cut", async () => {
    const options = { updateEvery: 8, flushGradient: false };
    using whole = await Network.create(under(0.01, 0.4));
    await whole.learn({ input, target }, options);
    using first = await Network.create(under(0.01, 0.4));
    await first.learn({ input: cutSteps(input, 0, 29), target }, options);
    using second = await Network.fromBytes(first.toBytes());
    await second.learn({ input: cutSteps(input, 29, 60), target }, { ...options, keepState: true });
    expect(digest(second)).toBe(digest(whole));
    expect(thresholds(second)[0]).not.toBe(Math.fround(0.01));
  });

  it("is as before after a call that failed", async () => {
    using network = await Network.create(under(0.01, 0.4));
    await network.learn({ input, target });
    // Silence, in which the threshold moves, then more than a number holds.
    network.setTensor("layers.0.weight", new Float32Array(30 * 40).fill(3e38));
    const before = network.toBytes();
    const counts = new Uint8Array(60 * 40).fill(1, 30 * 40);
    const failing = network.learn({ input: { counts, samples: 1, steps: 60 }, target: { classes: Uint32Array.of(0) } });
    await expect(failing).rejects.toMatchObject({ code: "not-finite" });
    expect(network.toBytes()).toEqual(before);
  });

  it("prints its threshold as a symbol, for it moves", async () => {
    using network = await Network.create({ ...under(0.01, 0.4), neuron: paperLif });
    expect(String(await network.rule(0))).toMatch(/floor\(.* \/ θ\)/);
    using fixed = await Network.create({ ...specification, neuron: paperLif, errorTrigger: { threshold: 0.25 } });
    expect(String(await fixed.rule(0))).toMatch(/floor\(.* \/ 0\.25\)/);
  });

  it("takes thresholds above 0 only", async () => {
    using network = await Network.create(under(0.01, 0.4));
    network.setTensor("layers.1.errorThreshold", Float32Array.of(0.5));
    expect(thresholds(network)).toEqual([Math.fround(0.01), 0.5]);
    expect(() => network.setTensor("layers.1.errorThreshold", Float32Array.of(0))).toThrow(
      "layers.1.errorThreshold[0]: expected a number above 0, found 0",
    );
  });

  it("says nothing of events where there is none", async () => {
    using network = await Network.create({ ...specification, errorTrigger: { threshold: 0.01 } });
    const { layers } = await network.learn({ input, target });
    expect(layers.map(({ errorEventRate }) => errorEventRate)).toEqual([null, null]);
    expect(network.tensors()).not.toContain("layers.0.errorThreshold");
  });
});
