/** Channels of a convolution beyond what 16 bits count. */
import { describe, expect, it } from "vitest";
import { Network, type Propagation } from "../../src/index.js";

const channels = 70_000;

/** The potentials that one event in a channel causes. */
async function potentials(propagation: Propagation, channel: number): Promise<number[]> {
  using network = await Network.create({
    input: { units: channels },
    layers: [{ type: "conv2d", channels: 2, kernel: 1 }],
    readout: { units: 2 },
    propagation,
    seed: 1,
  });
  await network.setTensor(
    "layers.0.weight",
    Float32Array.from({ length: 2 * channels }, (_, place) => -(place % channels) / 1e5),
  );
  await network.setTensor("layers.0.bias", new Float32Array(2));
  const spikes = [{ offsets: Uint32Array.of(0, 1, 1, 1), indices: Uint32Array.of(channel) }];
  const { layers } = await network.run({ input: { spikes } });
  expect(layers[0]?.steps[propagation === "events" ? "events" : "dense"]).toBe(3);
  return [...(await network.tensor("state.layers.0.potential")).data];
}

describe("an event in a convolution over seventy thousand channels", () => {
  it.each([4463, 65_535, 65_536, 69_999])("of channel %i meets the weights of that channel", async (channel) => {
    const [dense, events] = [await potentials("dense", channel), await potentials("events", channel)];
    // Up to rounding, which differs between the two.
    events.forEach((potential, place) => {
      expect(potential / (dense[place] ?? 0)).toBeCloseTo(1, 6);
    });
    const [unit = 0] = await potentials("dense", 1);
    // Weights grow with the channel and are below zero, so that no spike adds to the potential.
    for (const potential of events) expect(potential / unit / channel).toBeCloseTo(1, 5);
  });
});
