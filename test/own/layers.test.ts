/** Neurons and costs of one's own in layers of every kind: pooled, by events, in checkpoints, on every machine alike. */
import { describe, expect, it } from "vitest";
import {
  adaMax,
  adaptive,
  cost,
  crossEntropy,
  decay,
  eprop,
  gainOf,
  leak,
  learned,
  mean,
  meanRate,
  Network,
  type NetworkSpecification,
  type NeuronGraph,
  neuron,
  perNeuron,
  sgd,
  sigmoidDerivative,
  smoothL1Of,
  tess,
  weighted,
} from "../../src/index.js";
import { digest } from "../determinism/agreed.js";
import { expectAgreedTensors } from "../determinism/tensors.js";
import { drawCounts, inputsOf } from "../determinism/training.js";
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
    "279e538e2380dd74db2fbe6361f34a613d6875c36a618420d76bad093c7c1388",
  ],
  "eligibility traces, several weighted sums, constants that learn and neurons that look at their layer": [
    {
      input: { units: 198 },
      layers: [
        { type: "dense", units: 70, neuron: eprop({ threshold: 0.3 }), cost: plain },
        { type: "dense", units: 19, neuron: tess(), cost: crossEntropy() },
        { type: "dense", units: 17, neuron: neurons["second-order current"] as NeuronGraph },
        { type: "dense", units: 21, neuron: neurons["learned constants"] as NeuronGraph },
        { type: "dense", units: 33, neuron: neurons["lateral inhibition"] as NeuronGraph },
      ],
      readout: { units: 3, dropout: 0.4 },
      optimizer: adaMax({ learningRate: 0.01 }),
      initialization: { type: "uniform", dense: 3, conv: 6, bias: 3 },
      seed: 2,
    },
    "252c092a084b3c96325c03d76c7cb5f8874681ad47a3b7e901cfba8aee6bcf67",
  ],
};
const target = { classes: Uint32Array.of(0, 1, 2, 0) };
const batch = (specification: NetworkSpecification, steps: number, seed: number) => {
  return { input: drawCounts(4, steps, inputsOf(specification), seed), target };
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
      await expectAgreedTensors(network, `own ${name}`.replace(/,.*/, "").replaceAll(" ", "-"));
      expect(await digest(network)).toBe(agreed);
    },
  );

  it("goes on from a checkpoint exactly", async () => {
    using network = await Network.create(specification);
    await network.learn(batch(specification, 30, 5), { updateEvery: 4, flushGradient: false });
    using loaded = await Network.fromBytes(await network.toBytes());
    const results = [];
    for (const one of [network, loaded]) {
      const options = { keepState: true, updateEvery: 4 };
      results.push(await one.learn(batch(specification, 30, 6), options));
    }
    expect(results[1]).toEqual(results[0]);
    expect(await digest(loaded)).toBe(await digest(network));
  });
});

describe("eligibility traces", () => {
  const specification: NetworkSpecification = {
    input: { units: 30 },
    layers: [{ type: "dense", units: 21 }],
    readout: { units: 3 },
    neuron: eprop(),
    initialization: { type: "uniform", dense: 3, conv: 3, bias: 5 },
    seed: 4,
  };

  it("are tensors, of every sample, unit and input, and zero for inputs never heard from", async () => {
    using network = await Network.create(specification);
    const counts = Uint8Array.from({ length: 2 * 40 * 30 }, (_, place) => Number(place % 30 > 9 && place % 7 === 0));
    await network.run({ input: { counts, samples: 2, steps: 40 } });
    const { shape, data } = await network.tensor("state.layers.0.synapse.rise");
    expect(shape).toEqual([2, 21, 30]);
    const heard = Array.from(data, (value, place) => [value !== 0, place % 30 > 9]);
    expect(heard.filter(([filled, possible]) => filled && !possible)).toEqual([]);
    expect(heard.filter(([filled]) => filled).length).toBeGreaterThan(200);
  });

  it("can be set, and the gradient follows them", async () => {
    using network = await Network.create(specification);
    const counts = new Uint8Array(3 * 30).fill(1);
    const batch = { input: { counts, samples: 1, steps: 3 }, target: { classes: Uint32Array.of(1) } };
    await network.run(batch);
    const gradients = [];
    for (const value of [0, 0.5]) {
      using copy = await Network.fromBytes(await network.toBytes());
      await copy.setTensor("state.layers.0.synapse.rise", new Float32Array(21 * 30).fill(value));
      await copy.learn(batch, { keepState: true, updateEvery: 9, flushGradient: false });
      gradients.push(Array.from((await copy.tensor("gradient.layers.0.weight")).data));
    }
    expect(gradients[1]).not.toEqual(gradients[0]);
  });

  it("of more samples than memory holds are refused, and nothing has changed", async () => {
    using network = await Network.create({
      ...specification,
      input: { units: 20_000 },
      layers: [{ type: "dense", units: 512 }],
    });
    const input = { counts: new Uint8Array(20 * 20_000), samples: 20, steps: 1 };
    await expect(network.run({ input })).rejects.toMatchObject({
      code: "range",
      message:
        "samples: expected at most 13, since layers[0] keeps 81920000 bytes of eligibility traces for each, found 20",
    });
    expect((await network.tensors()).filter((name) => name.startsWith("state."))).toEqual([]);
  });
});

describe("constants that learn", () => {
  const specification: NetworkSpecification = {
    input: { units: 12 },
    layers: [{ type: "dense", units: 9 }],
    readout: { units: 3 },
    neuron: neurons["learned constants"] as NeuronGraph,
    optimizer: sgd({ learningRate: 100 }),
    initialization: { type: "uniform", dense: 3, conv: 3, bias: 5 },
    seed: 4,
  };
  const training = { input: drawCounts(4, 60, 12, 3), target };

  it("are tensors that move, decay factors between 0 and 0.9999", async () => {
    using network = await Network.create(specification);
    const values = async () =>
      await Promise.all(
        ["membrane", "synapse", "threshold", "strength"].map(async (name) =>
          Array.from((await network.tensor(`layers.0.constants.${name}`)).data),
        ),
      );
    const before = await values();
    expect(before.map(({ length }) => length)).toEqual([1, 1, 9, 1]);
    expect(before[0]).toEqual([Math.fround(0.8)]);
    for (let epoch = 0; epoch < 5; epoch++) await network.learn(training);
    const after = await values();
    for (const [place, moved] of after.entries()) expect(moved).not.toEqual(before[place]);
    for (const decays of after.slice(0, 2)) {
      expect(Math.min(...decays)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...decays)).toBeLessThan(1);
    }
    await expect(network.setTensor("layers.0.constants.membrane", Float32Array.of(1))).rejects.toThrow(
      "layers.0.constants.membrane[0]: expected a decay factor of at least 0 and below 1, found 1",
    );
  });

  it("are as before after a call that failed", async () => {
    using network = await Network.create(specification);
    await network.learn(training);
    // Silence, in which the constants move, then more than a number holds.
    await network.setTensor("layers.0.weight", new Float32Array(9 * 12).fill(3e38));
    const counts = new Uint8Array(60 * 12).fill(1, 30 * 12);
    const before = await network.toBytes();
    const failing = network.learn({
      input: { counts, samples: 1, steps: 60 },
      target: { classes: Uint32Array.of(0) },
    });
    await expect(failing).rejects.toMatchObject({
      code: "not-finite",
      message: expect.stringMatching(/^layers\[0\]: .*step 3\d/) as string,
    });
    expect(await network.toBytes()).toEqual(before);
  });

  it("lower the loss while weights cannot", async () => {
    const follow = neuron({
      name: "thresholded",
      constants: { membrane: decay(0.8), threshold: learned(perNeuron(0)) },
      state: { potential: 0 },
      step: (s, { input }, c) => ({ potential: leak(s.potential, c.membrane).plus(input) }),
      membrane: (s, _bias, c) => s.potential.minus(c.threshold),
      surrogate: sigmoidDerivative({ slope: 2 }),
    });
    const rate = cost(({ membrane }) => mean(membrane.minus(1).square()));
    using network = await Network.create({
      ...specification,
      neuron: follow,
      cost: rate,
      optimizer: sgd({ learningRate: 0.5 }),
    });
    const silent = {
      input: { counts: new Uint8Array(60 * 12), samples: 1, steps: 60 },
      target: { classes: Uint32Array.of(0) },
    };
    const losses = [];
    for (let epoch = 0; epoch < 3; epoch++) losses.push((await network.learn(silent)).layers[0]?.loss ?? Number.NaN);
    expect(losses[2]).toBeLessThan(1e-3 * (losses[0] ?? 0));
    for (const value of (await network.tensor("layers.0.constants.threshold")).data) expect(value).toBeCloseTo(-1, 2);
  });
});

it("a trace that grows without bound is a fault, though no weight meets it, and nothing has changed", async () => {
  using network = await Network.create({
    input: { units: 5 },
    layers: [{ type: "dense", units: 3 }],
    readout: { units: 2 },
    neuron: neuron({
      name: "growing",
      constants: { membrane: decay(0.8) },
      traces: { growing: 1, p: 0 },
      trace: (traces, { event }, c) => ({
        growing: traces.growing.times(1e20),
        p: leak(traces.p, c.membrane).plus(event.square()),
      }),
      membrane: (_state, bias, _c, { traces }) => weighted(traces.p).plus(bias),
      surrogate: sigmoidDerivative(),
    }),
  });
  const before = await network.toBytes();
  const input = { counts: new Uint8Array(3 * 5), samples: 1, steps: 3 };
  await expect(network.run({ input })).rejects.toMatchObject({ code: "not-finite" });
  expect(await network.toBytes()).toEqual(before);
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
        potentials.push(Array.from((await network.tensor("state.layers.0.potential")).data));
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
  await network.setTensor("layers.0.weight", Float32Array.of(0.25));
  await network.setTensor("layers.0.bias", Float32Array.of(-0.1));
  const input = { counts: Uint8Array.of(1, 3, 0, 2), samples: 1, steps: 1 };
  await network.learn({ input, target: { classes: Uint32Array.of(0) } }, { updateEvery: 2, flushGradient: false });
  expect((await network.tensor("state.layers.0.pooledPotential")).data[0]).toBeCloseTo(Math.tanh(0.75) - 0.1, 6);
  // L = z², z = w p: ∂L/∂w = 2 z p of the winner, p = 3; the bias has no part in it.
  expect((await network.tensor("gradient.layers.0.weight")).data[0]).toBeCloseTo(2 * 0.75 * 3, 6);
  expect((await network.tensor("gradient.layers.0.bias")).data[0]).toBe(0);
});
