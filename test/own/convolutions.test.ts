/** Convolutions of neurons whose weights meet any traces, or several, and whose constants learn. */
import { describe, expect, it } from "vitest";
import {
  adaMax,
  decay,
  fastSigmoid,
  gainOf,
  leak,
  learned,
  Network,
  type NetworkSpecification,
  type NeuronGraph,
  neuron,
  tess,
  weighted,
} from "../../src/index.js";
import { digest } from "../determinism/agreed.js";
import { expectAgreedTensors } from "../determinism/tensors.js";
import { drawCounts } from "../determinism/training.js";
import { learning, neurons } from "../plasticity/neurons.js";
import { paperLif } from "./neurons.js";

const target = { classes: Uint32Array.of(0, 1, 2, 0) };

/** A convolution but for the plane it is of. */
interface Kernel {
  readonly channels: number;
  readonly outputs: number;
  readonly kernel: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly groups: number;
}

/** The paper's neuron with a step that changes nothing, so that its traces are not recognised as leaks. */
const disguised = neuron({
  name: "paperLif",
  constants: { alpha: decay(0.9), beta: decay(0.8), gamma: decay(0.65), rho: 1 },
  traces: { q: 0, p: 0 },
  state: { r: 0 },
  trace: (traces, { event }, c) => ({
    q: leak(traces.q, c.beta)
      .plus(event.times(gainOf(c.beta)))
      .abs(),
    p: leak(traces.p, c.alpha).plus(traces.q.times(gainOf(c.alpha))),
  }),
  step: (s, { spike }, c) => ({ r: leak(s.r, c.gamma).plus(spike.times(gainOf(c.gamma))) }),
  membrane: (s, bias, c, { traces }) => weighted(traces.p).plus(bias).minus(s.r.times(c.rho)),
  surrogate: fastSigmoid({ slope: 10 }),
});

/** Constants of a layer that learn. */
const ofLayer = learning(learned(0.3));

/** A trace that rests at another value than zero, which what lies around a convolution's inputs must not take. */
const restless = neuron({
  name: "restless",
  constants: { membrane: decay(0.8) },
  traces: { slow: 0.4 },
  trace: (traces, { event }, c) => ({ slow: leak(traces.slow, c.membrane).plus(event).plus(0.1) }),
  membrane: (_state, bias, _c, { traces }) => weighted(traces.slow).plus(bias),
  surrogate: fastSigmoid({ slope: 2 }),
});

describe("traces that are not recognised as leaks", () => {
  const specification: NetworkSpecification = {
    input: { channels: 2, height: 11, width: 9 },
    layers: [
      { type: "conv2d", channels: 20, kernel: 5, padding: 2, pool: 2 },
      { type: "conv2d", channels: 35, kernel: 3, padding: 1 },
    ],
    readout: { units: 3, dropout: 0.4 },
    optimizer: adaMax({ learningRate: 0.002 }),
    initialization: { type: "uniform", dense: 3, conv: 3, bias: 5 },
    propagation: "dense",
    seed: 4,
  };

  it.each([1, 4])("give the bits of those that are, with an update every %d steps", async (updateEvery) => {
    const trained = async (own: NeuronGraph) => {
      using network = await Network.create({ ...specification, neuron: own });
      // Biases are drawn in proportion to the leaks, where these are known.
      for (const layer of [0, 1]) {
        const { data } = await network.tensor(`layers.${layer}.bias`);
        await network.setTensor(`layers.${layer}.bias`, data.fill(0.1));
      }
      const { layers } = await network.learn({ input: drawCounts(4, 60, 198, 7), target }, { updateEvery });
      const names = await network.tensors();
      const held = [0, 1].flatMap((layer) =>
        [
          `layers.${layer}.weight`,
          `layers.${layer}.bias`,
          `state.layers.${layer}.potential`,
          `optimizer.layers.${layer}.weight.expAvg`,
        ].filter((name) => names.includes(name)),
      );
      return {
        layers,
        values: await Promise.all(held.map(async (name) => Array.from((await network.tensor(name)).data))),
      };
    };
    const [leaks, program] = [await trained(paperLif), await trained(disguised)];
    expect(program.values.length).toBeGreaterThanOrEqual(6);
    expect(program.values).toEqual(leaks.values);
    expect(program.layers.map(({ loss, density }) => ({ loss, density }))).toEqual(
      leaks.layers.map(({ loss, density }) => ({ loss, density })),
    );
    for (const { density } of leaks.layers) expect(density).toBeGreaterThan(0.01);
  });
});

describe.each<[string, Kernel]>([
  ["", { channels: 2, outputs: 3, kernel: [3, 3], padding: [1, 1], stride: [1, 1], groups: 1 }],
  [" with strides and groups", { channels: 4, outputs: 6, kernel: [3, 2], padding: [1, 0], stride: [1, 2], groups: 2 }],
])("a convolution%s is the dense layer whose weights it shares", (_, geometry) => {
  const { channels, outputs, kernel, padding, stride, groups } = geometry;
  const [height, width, depth] = [5, 4, channels / groups];
  const [rows, columns] = ([height, width] as const).map(
    (side, axis) => Math.floor((side + 2 * (padding[axis] ?? 0) - (kernel[axis] ?? 0)) / (stride[axis] ?? 1)) + 1,
  ) as [number, number];
  const [inputs, positions, pixels] = [channels * height * width, rows * columns, kernel[0] * kernel[1]];
  const common: Omit<NetworkSpecification, "input" | "layers"> = {
    readout: { units: 3 },
    initialization: { type: "uniform", dense: 3, conv: 3, bias: 5 },
    seed: 11,
  };

  /** Calls back with each weight of the dense layer that is one of the convolution's. */
  function shared(visit: (ofDense: number, ofConvolution: number) => void): void {
    for (let output = 0; output < outputs; output++)
      for (let place = 0; place < positions; place++)
        for (let channel = 0; channel < depth; channel++)
          for (let at = 0; at < pixels; at++) {
            const row = Math.floor(place / columns) * stride[0] - padding[0] + Math.floor(at / kernel[1]);
            const column = (place % columns) * stride[1] - padding[1] + (at % kernel[1]);
            if (row < 0 || row >= height || column < 0 || column >= width) continue;
            const group = Math.floor(output / (outputs / groups));
            const input = ((group * depth + channel) * height + row) * width + column;
            visit((output * positions + place) * inputs + input, (output * depth + channel) * pixels + at);
          }
  }

  it.each(
    Object.entries({
      tess: tess(),
      learning: ofLayer,
      restless,
      "second-order current": neurons["second-order current"] as NeuronGraph,
      "gain by activity": neurons["gain by activity"] as NeuronGraph,
    }),
  )("with the neuron %s", async (name, own) => {
    using convolution = await Network.create({
      ...common,
      input: { channels, height, width },
      layers: [{ type: "conv2d", channels: outputs, kernel, padding, stride, groups }],
      neuron: own,
    });
    using dense = await Network.create({
      ...common,
      input: { units: inputs },
      layers: [{ type: "dense", units: outputs * positions }],
      neuron: own,
    });
    const values = async (network: Network, tensor: string) => (await network.tensor(tensor)).data;
    const [weights, biases] = [
      await values(convolution, "layers.0.weight"),
      await values(convolution, "layers.0.bias"),
    ];
    const expanded = new Float32Array(outputs * positions * inputs);
    shared((ofDense, ofConvolution) => {
      expanded[ofDense] = weights[ofConvolution] ?? 0;
    });
    await dense.setTensor("layers.0.weight", expanded);
    await dense.setTensor(
      "layers.0.bias",
      Float32Array.from({ length: outputs * positions }, (_, unit) => biases[Math.floor(unit / positions)] ?? 0),
    );
    for (const tensor of ["readouts.0.weight", "readouts.0.bias"])
      await dense.setTensor(tensor, await values(convolution, tensor));
    const batch = { input: drawCounts(4, 25, inputs, 3), target };
    const options = { updateEvery: 100, flushGradient: false };
    const [found] = (await convolution.learn(batch, options)).layers;
    const [expected] = (await dense.learn(batch, options)).layers;
    expect(found?.density).toBe(expected?.density);
    expect(found?.density).toBeGreaterThan(0.01);

    const close = (found: ArrayLike<number>, expected: ArrayLike<number>, what: string) => {
      const size = Math.max(...Array.from(expected, Math.abs));
      expect(size, what).toBeGreaterThan(0);
      // Sums of some hundred products, in another order.
      const far = Array.from(found, (value, place) => Math.abs(value - (expected[place] ?? 0)) / size);
      expect(Math.max(...far), what).toBeLessThan(2e-5);
    };
    close(
      await values(convolution, "state.layers.0.potential"),
      await values(dense, "state.layers.0.potential"),
      "potential",
    );
    const tied = new Float64Array(weights.length);
    const gradient = await values(dense, "gradient.layers.0.weight");
    shared((ofDense, ofConvolution) => {
      tied[ofConvolution] = (tied[ofConvolution] ?? 0) + (gradient[ofDense] ?? 0);
    });
    close(await values(convolution, "gradient.layers.0.weight"), tied, "weights");
    const ofBiases = await values(dense, "gradient.layers.0.bias");
    const sums = Array.from({ length: outputs }, (_, output) =>
      ofBiases.slice(output * positions, (output + 1) * positions).reduce((sum, value) => sum + value, 0),
    );
    close(await values(convolution, "gradient.layers.0.bias"), sums, "biases");
    const constants = (await convolution.tensors()).filter((tensor) =>
      tensor.startsWith("gradient.layers.0.constants."),
    );
    expect(constants.length).toBe(name === "learning" ? 4 : 0);
    for (const tensor of constants) close(await values(convolution, tensor), await values(dense, tensor), tensor);
  });
});

describe("convolutions with several weighted sums and constants that learn", () => {
  const specification: NetworkSpecification = {
    input: { channels: 2, height: 11, width: 9 },
    layers: [
      { type: "conv2d", channels: 20, kernel: 3, padding: 1, pool: 2, neuron: ofLayer },
      { type: "conv2d", channels: 9, kernel: 3, padding: 1, neuron: tess() },
      { type: "conv2d", channels: 5, kernel: 3, pool: 2, neuron: neurons["second-order current"] as NeuronGraph },
    ],
    readout: { units: 3, dropout: 0.4 },
    optimizer: adaMax({ learningRate: 0.01 }),
    initialization: { type: "uniform", dense: 3, conv: 4, bias: 3 },
    seed: 2,
  };
  const batch = (steps: number, seed: number) => ({ input: drawCounts(4, steps, 198, seed), target });
  const asked = process.env["DECOLLE_THREADS"];

  it.each(asked === undefined ? [1, 2] : [Number(asked)])(
    "learn to the same bits everywhere, threads: %d",
    async (threads) => {
      using network = await Network.create(specification, { threads });
      const constants = ["membrane", "synapse", "threshold", "strength"];
      const values = async () =>
        await Promise.all(constants.map(async (name) => (await network.tensor(`layers.0.constants.${name}`)).data[0]));
      const before = await values();
      const { layers } = await network.learn(batch(100, 5), { updateEvery: 4 });
      for (const { density, steps } of layers) {
        expect(density).toBeGreaterThan(0.005);
        expect(density).toBeLessThan(0.95);
        expect(steps).toEqual({ events: 0, dense: 100 });
      }
      for (const [place, value] of (await values()).entries()) expect(value).not.toBe(before[place]);
      await expectAgreedTensors(network, "convolutions-of-several-sums");
      expect(await digest(network)).toBe("64f2f28183a87e4ec47dbf34734ca3f54b89fcea0544890d58d613544de38fcd");
    },
  );

  it("go on from a checkpoint exactly", async () => {
    using network = await Network.create(specification);
    await network.learn(batch(40, 5), { updateEvery: 8, flushGradient: false });
    using copy = await Network.fromBytes(await network.toBytes());
    const next = { keepState: true, updateEvery: 8 };
    await network.learn(batch(30, 6), next);
    await copy.learn(batch(30, 6), next);
    expect(await digest(copy)).toBe(await digest(network));
  });
});
