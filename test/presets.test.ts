/** Every row of the preset table is there by name, builds, and has the published shapes and constants. */
import { describe, expect, it } from "vitest";
import { Network, preset, presets } from "../src/index.js";

/** Builds a preset, gives what is asked of it, and frees it. */
async function built<Result>(name: string, read: (network: Network) => Promise<Result>): Promise<Result> {
  using network = await Network.create(preset(name).network);
  // Before it is freed: elsewhere than in Node answers come later.
  return await read(network);
}

describe.each(Object.keys(presets))("preset %s", (name) => {
  it("builds a network, and trains on more steps than it burns in", async () => {
    const { training, network } = preset(name);
    expect(await built(name, async (created) => (await created.describe()).layers.length)).toBe(network.layers.length);
    expect(training.burnIn).toBeLessThan(Math.min(training.steps, training.testSteps));
  });
});

describe("the published networks", () => {
  it.each([
    ["nmnist-mlp", 1_446_912],
    ["nmnist-small", 97_402],
    ["mnist-2018", 257_024],
  ])("%s has %i parameters", async (name, parameters) => {
    expect(await built(name, async (network) => (await network.describe()).parameters)).toBe(parameters);
  });

  it.each([
    ["dvsgesture-paper", [30, 13, 11], [15, 13, 5]],
    ["dvsgesture-2018", [30, 13, 11], [15, 13, 5]],
    ["dvsgesture", [32, 16, 16], [16, 16, 8]],
  ])("%s has planes of %j, pooled %j", async (name, before, after) => {
    const layers = await built(name, async (network) => (await network.describe()).layers);
    expect(layers.map(({ shape }) => shape.at(-1))).toEqual(before);
    expect(layers.map(({ pooledShape }) => pooledShape.at(-1))).toEqual(after);
    expect(layers.map(({ shape }) => shape[0])).toEqual([64, 128, 128]);
  });

  it("keep dropout on in testing only where the paper does", () => {
    const left = Object.values(presets).filter(({ network }) => network.readout.dropoutInEvaluation);
    expect(left.map(({ name }) => name)).toEqual(["dvsgesture-paper"]);
  });

  it("take the corner of the N-MNIST sensor, not its centre", () => {
    const corner = { left: 0, top: 0, width: 32, height: 32 };
    expect(preset("nmnist").transform.crop).toEqual(corner);
    expect(preset("nmnist-small").transform.crop).toEqual(corner);
  });
});

describe("the Poisson regression", () => {
  it("lets its rate fall from 1e-2 to 1e-4 over its presentations", () => {
    const { network, training } = preset("poisson-regression");
    const { learningRate, drop } = network.optimizer ?? {};
    expect(learningRate).toBe(1e-2);
    expect((learningRate ?? 0) / (drop?.factor ?? 1) ** (training.epochs - 1)).toBeCloseTo(1e-4, 12);
  });

  it("updates once a presentation, with all steps after burn-in", () => {
    const { steps, burnIn, updateEvery } = preset("poisson-regression").training;
    expect(updateEvery).toBe(steps - burnIn);
  });
});

it("a name that no preset has is refused with the names there are", () => {
  const message = expect.stringMatching(/nmnist-mlp.*found "toString"$/);
  expect(() => preset("toString")).toThrow(expect.objectContaining({ code: "config", message }));
});
