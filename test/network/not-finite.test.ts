/** What happens when potentials of built-in neurons leave the numbers while a convolution works by events. */
import { describe, expect, it } from "vitest";
import { conv2d, lif, Network } from "../../src/index.js";
import { digest } from "../determinism/agreed.js";

const [height, width] = [6, 7];
/** The step in which all inputs spike, after the first sixteen, which pass together. */
const arrival = 18;

/** A sample in which all inputs spike at one step, or none ever. */
function sample(spikes: boolean) {
  const inputs = height * width;
  return {
    offsets: Uint32Array.from({ length: 25 }, (_, step) => (spikes && step > arrival ? inputs : 0)),
    indices: Uint32Array.from({ length: spikes ? inputs : 0 }, (_, input) => input),
  };
}

const orders = [
  // The current that arrives reaches the potential in the next step, or in the same.
  ["previous", arrival + 1],
  ["current", arrival],
] as const;

const kinds = orders.flatMap(([trace, step]) =>
  (["normalized", "additive", "decayed", "potential"] as const).flatMap((refractory) =>
    [1, 2, 3].map((pool) => ({ trace, refractory, pool, step })),
  ),
);

describe("a potential beyond float32", () => {
  it.each(kinds)("is told with its step, and changes nothing ($trace, $refractory, pool $pool)", async (kind) => {
    const { trace, refractory, pool, step } = kind;
    using network = await Network.create({
      input: { channels: 1, height, width },
      layers: [conv2d({ channels: 18, kernel: 3, padding: 1, pool })],
      readout: { units: 2 },
      neuron: lif({ trace, refractory }),
      propagation: "events",
    });
    const { data } = await network.tensor("layers.0.weight");
    // One is a number; several, as they meet at an inner neuron, are none.
    await network.setTensor("layers.0.weight", new Float32Array(data.length).fill(3e38));
    await network.run({ input: { spikes: [sample(false), sample(false)] } });
    const before = await digest(network);
    await expect(network.run({ input: { spikes: [sample(false), sample(true)] } })).rejects.toMatchObject({
      code: "not-finite",
      message: expect.stringMatching(new RegExp(`^layers\\[0\\]: .* of sample 1 is not finite at step ${step};`)),
    });
    expect(await digest(network)).toBe(before);
  });
});
