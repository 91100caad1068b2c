/** The surrogates at 41 potentials from −2 to 2, read off the gradient of a layer's biases. */
import { describe, expect, it } from "vitest";
import { Network, type Surrogate } from "../../src/index.js";
import { goldenSurrogates } from "../goldens/golden.js";

const { x } = goldenSurrogates;

/** Neurons whose potentials are `x`, with a readout whose error is 1 for each of them. */
async function neurons(surrogate: Surrogate, spikeAtThreshold: boolean): Promise<Network> {
  const network = await Network.create({
    input: { units: 1 },
    layers: [{ type: "dense", units: x.length }],
    readout: { units: 1 },
    neuron: { type: "lif", surrogate, spikeAtThreshold },
    cost: { type: "smoothL1" },
    optimizer: { type: "sgd", learningRate: 1 },
  });
  await network.setTensor("layers.0.bias", Float32Array.from(x));
  await network.setTensor("readouts.0.weight", new Float32Array(x.length).fill(1));
  await network.setTensor("readouts.0.bias", new Float32Array(1));
  // Without input U = b; no target is reached from below, so smooth L1 has slope 1: ∂L/∂b = σ'(b).
  await network.learn({ input: { counts: new Uint8Array(1), samples: 1, steps: 1 }, target: { values: [-1000] } });
  return network;
}

describe.each([
  // The authors' boxcar leaves out U = −½ itself; ours, as the paper writes it, takes |U| ≤ ½ on both sides.
  ["boxcar", { type: "boxcar" }, goldenSurrogates.smooth_step, true, (u: number) => u === -0.5],
  ["fast sigmoid", { type: "fastSigmoid" }, goldenSurrogates.fast_sigmoid, false, () => false],
  ["sigmoid derivative", { type: "sigmoid" }, goldenSurrogates.smooth_sigmoid, true, () => false],
] as const)("the %s", (_, surrogate, expected, spikeAtThreshold, differs) => {
  it("has the authors' derivative", async () => {
    using network = await neurons(surrogate, spikeAtThreshold);
    const { data } = await network.tensor("gradient.layers.0.bias");
    x.forEach((u, place) => {
      const theirs = differs(u) ? 1 : (expected.derivative[place] ?? Number.NaN);
      // Relative: sums of a handful of roundings of 6e−8 each.
      expect(Math.abs((data[place] ?? Number.NaN) - theirs), `at ${u}`).toBeLessThanOrEqual(1e-6 * theirs);
    });
  });

  it("leaves the spike a step function, as theirs is", async () => {
    using network = await neurons(surrogate, spikeAtThreshold);
    expect([...(await network.tensor("state.layers.0.spikes")).data]).toEqual(expected.value);
  });
});
