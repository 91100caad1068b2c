/** Max-, sum- and average-pooling of potentials, over square and other windows, densely and by events. */
import { describe, expect, it } from "vitest";
import {
  conv1d,
  conv2d,
  fastSigmoid,
  lif,
  Network,
  type NetworkSpecification,
  type Pooling,
  type Propagation,
  sgd,
} from "../../src/index.js";
import { drawCounts } from "../determinism/training.js";
import { textbook } from "../plasticity/neurons.js";

const samples = 3;
const [height, width] = [9, 11];
const windows = { "2×2": 2, "3×2": [3, 2], "1×4": [1, 4], "9×1": [9, 1] } as const;
const neurons = { lif: lif({ surrogate: fastSigmoid() }), textbook } as const;

function specification(layer: NetworkSpecification["layers"][number], propagation: Propagation): NetworkSpecification {
  return {
    input: { channels: 2, height, width },
    layers: [layer],
    readout: { units: 3, dropout: 0.3 },
    optimizer: sgd({ learningRate: 0.05 }),
    initialization: { type: "uniform", conv: 3, bias: 2 },
    propagation,
    seed: 5,
  };
}

const cases = (["max", "sum", "average"] as const).flatMap((pooling) =>
  Object.keys(windows).flatMap((window) =>
    Object.keys(neurons).map((neuron) => [pooling, window as keyof typeof windows, neuron] as const),
  ),
);

/** What stands for the potentials of each window of a plane. */
function pooled(pooling: Pooling, potentials: Float32Array, pool: readonly [number, number], planes: number): number[] {
  const [rows, columns] = [height, width];
  const result: number[] = [];
  for (let plane = 0; plane < planes; plane++) {
    for (let row = 0; row + pool[0] <= rows; row += pool[0]) {
      for (let column = 0; column + pool[1] <= columns; column += pool[1]) {
        const window = Array.from({ length: pool[0] * pool[1] }, (_, place) => {
          const [y, x] = [row + Math.floor(place / pool[1]), column + (place % pool[1])];
          return potentials[(plane * rows + y) * columns + x] ?? Number.NaN;
        });
        const sum = window.reduce((sum, potential) => sum + potential, 0);
        result.push(pooling === "max" ? Math.max(...window) : pooling === "sum" ? sum : sum / window.length);
      }
    }
  }
  return result;
}

describe.each(cases)("%s-pooling over windows of %s, with neurons %s", (pooling, window, name) => {
  const pool = windows[window];
  const layer = conv2d({ channels: 5, kernel: 3, padding: 1, pool, pooling, neuron: neurons[name as "lif"] });

  it("learns by events what it learns densely, but for rounding", async () => {
    const input = drawCounts(samples, 30, 2 * height * width, 8);
    const target = { classes: Uint32Array.of(0, 2, 1) };
    const weights: Float32Array[] = [];
    for (const propagation of ["dense", "events"] as const) {
      using network = await Network.create(specification(layer, propagation));
      const { layers } = await network.learn({ input, target }, { updateEvery: 10 });
      expect(layers[0]?.steps[propagation]).toBe(30);
      expect(layers[0]?.density).toBeGreaterThan(0.01);
      const both: readonly [number, number] = typeof pool === "number" ? [pool, pool] : pool;
      const expected = pooled(pooling, (await network.tensor("state.layers.0.potential")).data, both, samples * 5);
      const found = (await network.tensor("state.layers.0.pooledPotential")).data;
      expect(found).toHaveLength(expected.length);
      expected.forEach((value, place) => {
        expect(found[place]).toBeCloseTo(value, 4);
      });
      weights.push((await network.tensor("layers.0.weight")).data, (await network.tensor("layers.0.bias")).data);
    }
    const [denseWeight, denseBias, weight, bias] = weights as [Float32Array, Float32Array, Float32Array, Float32Array];
    denseWeight.forEach((value, place) => {
      expect(weight[place]).toBeCloseTo(value, 4);
    });
    denseBias.forEach((value, place) => {
      expect(bias[place]).toBeCloseTo(value, 4);
    });
  });
});

describe("pooling", () => {
  it("of a convolution along a line has windows of a length", async () => {
    const layer = conv1d({ channels: 4, kernel: 5, padding: 2, pool: 4, pooling: "average" });
    using network = await Network.create({ ...specification(layer, "auto"), input: { channels: 2, length: 17 } });
    expect((await network.describe()).layers[0]).toMatchObject({ shape: [4, 17], pooledShape: [4, 4], units: 16 });
    await network.learn({ input: drawCounts(samples, 10, 34, 2), target: { classes: Uint32Array.of(0, 2, 1) } });
    using loaded = await Network.fromBytes(await network.toBytes());
    expect(await loaded.toBytes()).toEqual(await network.toBytes());
  });

  it.each([
    [{ pool: [10, 1] }, "shape", "layers[0].pool: expected at most the output plane of 9×11, found [10,1]"],
    [{ pool: [0, 1] }, "range", "layers[0].pool[0]: expected 1 to 255, found 0"],
    [{ pool: 2, pooling: "mean" }, "config", "layers[0].pooling"],
  ] as const)("of %j is refused", async (wrong, code, message) => {
    const layer = { type: "conv2d", channels: 2, kernel: 3, padding: 1, ...wrong };
    await expect(
      Network.create(specification(layer as unknown as Parameters<typeof specification>[0], "auto")),
    ).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });
});
