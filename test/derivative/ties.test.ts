/** Which neuron of a pooling window carries the gradient where potentials are equal. */
import { expect, it } from "vitest";
import { Network } from "../../src/index.js";

it("of equal potentials in a pooling window the first in row-major order carries the gradient", async () => {
  using network = await Network.create({
    input: { channels: 2, height: 2, width: 2 },
    layers: [{ type: "conv2d", channels: 1, kernel: 1, pool: 2 }],
    readout: { units: 1 },
    optimizer: { type: "sgd", learningRate: 0.1 },
  });
  await network.setTensor("layers.0.weight", Float32Array.of(0.5, 0.5));
  await network.setTensor("layers.0.bias", Float32Array.of(0));
  // Channel 0 sees the upper right pixel, channel 1 the lower left one, both alike.
  const [upperRight, lowerLeft] = [1, 4 + 2];
  const counts = new Uint8Array(2 * 8);
  counts[upperRight] = 1;
  counts[lowerLeft] = 1;
  await network.learn(
    { input: { counts, samples: 1, steps: 2 }, target: { values: [-1000] } },
    { burnIn: 1, updateEvery: 2, flushGradient: false },
  );
  const [corner, right, left] = (await network.tensor("state.layers.0.potential")).data;
  expect(right).toBe(left);
  expect(right).toBeGreaterThan(corner ?? Number.NaN);
  const [first, second] = (await network.tensor("gradient.layers.0.weight")).data;
  expect(Math.abs(first ?? 0)).toBeGreaterThan(0);
  expect(second).toBe(0);
});
