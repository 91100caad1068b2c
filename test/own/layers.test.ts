/** Neurons and costs of one's own in layers of every kind: pooled, by events, in checkpoints, on every machine alike. */
import { describe, expect, it } from "vitest";
import {
  adaMax,
  adaptive,
  cost,
  decay,
  gainOf,
  leak,
  mean,
  meanRate,
  Network,
  type NetworkSpecification,
  neuron,
  sgd,
  sigmoidDerivative,
  smoothL1Of,
} from "../../src/index.js";
import { digest } from "../determinism/agreed.js";
import { drawCounts } from "../determinism/training.js";
import { neurons } from "../plasticity/neurons.js";
import { layered } from "./neurons.js";

const saturating = neuron({
  name: "saturating",
  constants: { membrane: decay(0.8) },
  state: { potential: 0, tired: 0 },
  step: (s, { input, spike }, c) => ({
    potential: leak(s.potential, c.membrane).plus(input.times(gainOf(c.membrane))),
    tired: leak(s.tired, c.membrane).plus(spike.times(0.2)),
  }),
  membrane: (s, bias) => s.potential.tanh().times(0.8).plus(bias).minus(s.tired),
  surrogate: sigmoidDerivative({ slope: 2 }),
});
const lively = cost(({ readout, target, membrane, spike, state }) =>
  smoothL1Of(readout, target)
    .plus(meanRate(membrane, { low: 0.45, high: 0.5 }))
    .plus(mean(spike).times(0.1))
    .plus(mean(state("tired").square()).times(0.1)),
);
const plain = cost(({ readout, target, membrane }) =>
  smoothL1Of(readout, target).plus(mean(membrane.square()).times(0.1)),
);

/** Networks, and the digests of what they hold after training: one for all machines, builds, threads and SIMD levels. */
const trainings: Readonly<Record<string, readonly [NetworkSpecification, string]>> = {
  "a convolution that pools, its cost on state and the mean rate": [
    {
      input: { channels: 2, height: 11, width: 9 },
      layers: [
        { type: "conv2d", channels: 20, kernel: 3, padding: 1, pool: 2 },
        { type: "dense", units: 17, neuron: adaptive({ strength: 0.05 }), cost: plain },
      ],
      readout: { units: 3, dropout: 0.4 },
      neuron: saturating,
      cost: lively,
      optimizer: adaMax({ learningRate: 0.01 }),
      initialization: { type: "uniform", dense: 3, conv: 6, bias: 3 },
      seed: 2,
    },
    "1ed758d3a73cf02be2c028880edf4394301e8a36b8ca5261a41cf1bb56217d81",
  ],
  "by events": [
    {
      input: { channels: 2, height: 11, width: 9 },
      layers: [
        { type: "conv2d", channels: 20, kernel: 3, padding: 1, pool: 2 },
        { type: "conv2d", channels: 9, kernel: 3 },
        { type: "dense", units: 17 },
      ],
      readout: { units: 3, dropout: 0.4 },
      neuron: adaptive({ strength: 0.05 }),
      cost: plain,
      optimizer: adaMax({ learningRate: 0.01 }),
      initialization: { type: "uniform", dense: 0.3, conv: 0.4, bias: 3 },
      propagation: "events",
      seed: 2,
    },
    "827cfb3d1c7aef06c43f123a04fec64f23f2c25320c227323db638f7574c7e9f",
  ],
};
const target = { classes: Uint32Array.of(0, 1, 2, 0) };
const batch = (specification: NetworkSpecification, steps: number, seed: number) => {
  const { input } = specification;
  const inputs = "units" in input ? input.units : input.channels * input.height * input.width;
  return { input: drawCounts(4, steps, inputs, seed), target };
};

describe.each(Object.entries(trainings))("%s", (name, [specification, agreed]) => {
  const asked = process.env["DECOLLE_THREADS"];
  it.each(asked === undefined ? [1, 2] : [Number(asked)])(
    "learns to the same bits everywhere, threads: %d",
    async (threads) => {
      using network = await Network.create(specification, { threads });
      const { layers } = await network.learn(batch(specification, 200, 5), { updateEvery: 4 });
      for (const { density, steps } of layers) {
        expect(density).toBeGreaterThan(0.005);
        expect(density).toBeLessThan(0.95);
        if (name === "by events") expect(steps).toEqual({ events: 200, dense: 0 });
      }
      expect(digest(network)).toBe(agreed);
    },
  );

  it("goes on from a checkpoint exactly", async () => {
    using network = await Network.create(specification);
    await network.learn(batch(specification, 30, 5), { updateEvery: 4, flushGradient: false });
    using loaded = await Network.fromBytes(network.toBytes());
    const results = [];
    for (const one of [network, loaded]) {
      const options = { keepState: true, updateEvery: 4 };
      results.push(await one.learn(batch(specification, 30, 6), options));
    }
    expect(results[1]).toEqual(results[0]);
    expect(digest(loaded)).toBe(digest(network));
  });
});

describe("by events and densely", () => {
  it.each(["adaptive", "sltt", "bias apart, exponential and logarithm", "adaptive threshold, stopped"])(
    "potentials and cost of the neuron %s differ in rounding only",
    async (name) => {
      const specification: NetworkSpecification = {
        input: { channels: 2, height: 9, width: 9 },
        layers: [{ type: "conv2d", channels: 20, kernel: 3, padding: 1, pool: 2 }],
        readout: { units: 3 },
        neuron: { ...neurons, ...layered }[name] ?? expect.fail(name),
        cost: plain,
        initialization: { type: "uniform", dense: 1, conv: 1, bias: 3 },
        seed: 3,
      };
      const potentials = [];
      const losses = [];
      for (const propagation of ["dense", "events"] as const) {
        using network = await Network.create({ ...specification, propagation });
        const { layers } = await network.run(batch(specification, 12, 8));
        expect(layers[0]?.steps[propagation]).toBe(12);
        losses.push(layers[0]?.loss ?? Number.NaN);
        potentials.push(Array.from(network.tensor("state.layers.0.potential").data));
      }
      const [dense = [], events = []] = potentials;
      const apart = dense.map((value, place) => Math.abs(value - (events[place] ?? Number.NaN)));
      expect(Math.max(...apart)).toBeLessThan(1e-4);
      expect(Math.max(...dense)).toBeGreaterThan(0);
      expect(losses[1]).toBeCloseTo(losses[0] ?? Number.NaN, 4);
      expect(losses[0]).toBeGreaterThan(0.01);
    },
  );
});

it("in a window that pools, δ, its factor and what is paid for state are those of the neuron that won", async () => {
  const states = cost(({ state }) => mean(state("potential").square()));
  using network = await Network.create({
    input: { channels: 1, height: 2, width: 2 },
    layers: [{ type: "conv2d", channels: 1, kernel: 1, pool: 2 }],
    readout: { units: 1 },
    neuron: neuron({
      name: "squashed",
      constants: { membrane: decay(0.5) },
      state: { potential: 0 },
      step: (s, { input }, c) => ({ potential: leak(s.potential, c.membrane).plus(input) }),
      membrane: (s, bias) => s.potential.tanh().plus(bias),
      surrogate: { primitive: (u) => u },
    }),
    cost: states,
    optimizer: sgd({ learningRate: 0.1 }),
    propagation: "dense",
  });
  network.setTensor("layers.0.weight", Float32Array.of(0.25));
  network.setTensor("layers.0.bias", Float32Array.of(-0.1));
  const input = { counts: Uint8Array.of(1, 3, 0, 2), samples: 1, steps: 1 };
  await network.learn({ input, target: { classes: Uint32Array.of(0) } }, { updateEvery: 2, flushGradient: false });
  expect(network.tensor("state.layers.0.pooledPotential").data[0]).toBeCloseTo(Math.tanh(0.75) - 0.1, 6);
  // L = z², z = w p: ∂L/∂w = 2 z p of the winner, p = 3; the bias has no part in it.
  expect(network.tensor("gradient.layers.0.weight").data[0]).toBeCloseTo(2 * 0.75 * 3, 6);
  expect(network.tensor("gradient.layers.0.bias").data[0]).toBe(0);
});
