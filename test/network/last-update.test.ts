/** What the last update of a batch leaves is checked as well: a network that a call leaves behind can be saved and loaded. */
import { describe, expect, it } from "vitest";
import { cost, decay, leak, learned, Network, neuron, sgd, sigmoidDerivative, sum } from "../../src/index.js";
import { digest } from "../determinism/agreed.js";
import { drawCounts } from "../determinism/training.js";

const inputs = 6;
const specification = {
  input: { units: inputs },
  layers: [{ type: "dense", units: 4 }],
  readout: { units: 2 },
  seed: 1,
} as const;
/** One step, so that no later one shows what its update left. */
const batch = { input: drawCounts(2, 1, inputs, 5), target: { classes: [0, 1] } };

/** A root of spikes, most of which are 0, where its slope is infinite. */
const rooted = cost(({ spike }) => sum(spike.sqrt()));

const leaking = neuron({
  name: "leaking",
  constants: { membrane: learned(decay(0.8)) },
  state: { potential: 0 },
  step: (s, { input }, c) => ({ potential: leak(s.potential, c.membrane).plus(input) }),
  membrane: (s, bias) => s.potential.plus(bias),
  surrogate: sigmoidDerivative({ slope: 2 }),
});

describe("an update after which a parameter is not finite", () => {
  it.each([
    ["weights and biases", {}],
    ["moments", { optimizer: { type: "adam", learningRate: 0 } }],
    ["constants that learn", { neuron: leaking }],
    ["a gradient that waits", { updateEvery: 3, flushGradient: false }],
  ] as const)("of %s ends the call with `not-finite`, and the network is as before", async (_, change) => {
    const { updateEvery = 1, flushGradient = true, ...fields } = { ...change } as Record<string, never>;
    using network = await Network.create({ ...specification, cost: rooted, ...fields });
    const before = await digest(network);
    const bytes = await network.toBytes();
    await expect(network.learn(batch, { updateEvery, flushGradient })).rejects.toMatchObject({
      code: "not-finite",
      message: expect.stringContaining("layers[0]"),
    });
    expect(await digest(network)).toBe(before);
    expect(await network.toBytes()).toEqual(bytes);
    using again = await Network.fromBytes(bytes);
    expect(await digest(again)).toBe(before);
  });

  it("is found in the layer that has it", async () => {
    const layers = [
      { type: "dense", units: 4 },
      { type: "dense", units: 3, cost: rooted },
    ] as const;
    using network = await Network.create({ ...specification, layers });
    await expect(network.learn(batch)).rejects.toMatchObject({ message: expect.stringContaining("layers[1].") });
  });
});

describe("a learning rate that is too much", () => {
  it("never leaves a network that cannot be loaded, whatever the number of steps", async () => {
    for (const steps of [1, 2, 3, 8]) {
      for (const propagation of ["dense", "events"] as const) {
        using network = await Network.create({ ...specification, optimizer: sgd({ learningRate: 9e5 }), propagation });
        const input = drawCounts(2, steps, inputs, 5);
        const target = { values: new Float32Array(4).fill(1e6) };
        for (let call = 0; call < 12; call++) {
          try {
            await network.learn({ input, target }, { keepState: true });
          } catch (error) {
            expect(error).toMatchObject({ code: "not-finite" });
          }
          const bytes = await network.toBytes();
          using again = await Network.fromBytes(bytes);
          expect(await again.toBytes()).toEqual(bytes);
        }
      }
    }
  });
});
