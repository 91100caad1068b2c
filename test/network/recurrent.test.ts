/** Recurrent dense layers: own spikes of the step before as inputs, by weights that learn by the same rule. */
import { describe, expect, it } from "vitest";
import {
  adaMax,
  cost as costOf,
  decay,
  dense,
  eprop,
  fastSigmoid,
  leak,
  lif,
  Network,
  type NetworkSpecification,
  type NeuronGraph,
  neuron as neuronOf,
  type Propagation,
  rule,
  sgd,
  smoothL1,
  smoothL1Of,
  tess,
} from "../../src/index.js";
import { cutSteps, drawCounts } from "../determinism/training.js";
import { interpret, lastStepOf, parametersOf } from "../plasticity/interpreter.js";
import { neurons as ofUsers, recurrentNeurons } from "../plasticity/neurons.js";
import { lastingDigest } from "./trained.js";

const [inputs, units, samples] = [21, 30, 3];
const neurons = {
  lif: lif({ surrogate: fastSigmoid() }),
  "e-prop": eprop({ threshold: 0.3 }),
  tess: tess(),
  "with an eligibility trace a synapse": ofUsers["nonlinear membrane"],
} as const;

function specification(
  neuron: NetworkSpecification["neuron"],
  propagation: Propagation,
  recurrent: boolean,
): NetworkSpecification {
  return {
    input: { units: recurrent ? inputs : inputs + units },
    layers: [dense({ units, recurrent })],
    readout: { units: 4 },
    ...(neuron !== undefined && { neuron }),
    optimizer: sgd({ learningRate: 0.05 }),
    initialization: { type: "uniform", dense: 3, bias: 2 },
    propagation,
    seed: 3,
  };
}

/** Numbers from −1 to 1, for weights. */
function weights(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, place) => Math.sin(place * 12.9898 + 4.1));
}

const target = { classes: Uint32Array.of(0, 1, 3) };

describe.each(Object.entries(neurons))("a recurrent layer of neurons %s", (_, neuron) => {
  it.each(["dense", "events"] as const)(
    "has the bits of a layer that is fed its own spikes of the step before, propagating by %s",
    async (propagation) => {
      using recurrent = await Network.create(specification(neuron, propagation, true));
      using fed = await Network.create(specification(neuron, propagation, false));
      const [below, own] = [weights(units * inputs), weights(units * units)];
      recurrent.setTensor("layers.0.weight", below);
      recurrent.setTensor("layers.0.recurrentWeight", own);
      recurrent.setTensor("layers.0.bias", fed.tensor("layers.0.bias").data);
      const all = new Float32Array(units * (inputs + units));
      for (let unit = 0; unit < units; unit++) {
        all.set(below.subarray(unit * inputs, (unit + 1) * inputs), unit * (inputs + units));
        all.set(own.subarray(unit * units, (unit + 1) * units), unit * (inputs + units) + inputs);
      }
      fed.setTensor("layers.0.weight", all);
      let spikes = new Float32Array(samples * units);
      for (let step = 0; step < 25; step++) {
        const counts = drawCounts(samples, 1, inputs, step).counts;
        const with_ = new Float32Array(samples * (inputs + units));
        for (let sample = 0; sample < samples; sample++) {
          const row = counts.subarray(sample * inputs, (sample + 1) * inputs);
          with_.set(row, sample * (inputs + units));
          with_.set(spikes.subarray(sample * units, (sample + 1) * units), sample * (inputs + units) + inputs);
        }
        const options = { keepState: step > 0 };
        await recurrent.learn({ input: { counts, samples, steps: 1 }, target }, options);
        await fed.learn({ input: { counts: with_, samples, steps: 1 }, target }, options);
        spikes = Float32Array.from(recurrent.tensor("state.layers.0.spikes").data);
        expect(spikes).toEqual(fed.tensor("state.layers.0.spikes").data);
      }
      const after = fed.tensor("layers.0.weight").data;
      for (let unit = 0; unit < units; unit++) {
        const row = after.subarray(unit * (inputs + units), (unit + 1) * (inputs + units));
        const part = (name: string, width: number) =>
          recurrent.tensor(`layers.0.${name}`).data.subarray(unit * width, (unit + 1) * width);
        expect(part("weight", inputs)).toEqual(row.subarray(0, inputs));
        expect(part("recurrentWeight", units)).toEqual(row.subarray(inputs));
      }
      expect(recurrent.tensor("layers.0.recurrentWeight").data).not.toEqual(own);
      expect(spikes.some((spike) => spike > 0)).toBe(true);
    },
  );

  it("does the same in one sequence, in pieces, and from a checkpoint between them", async () => {
    const whole = drawCounts(samples, 40, inputs, 9);
    const piece = (from: number, to: number) => cutSteps(whole, from, to);
    using once = await Network.create(specification(neuron, "auto", true));
    await once.learn({ input: piece(0, 40), target });
    let network = await Network.create(specification(neuron, "auto", true));
    for (const [from, to] of [
      [0, 7],
      [7, 8],
      [8, 31],
      [31, 40],
    ] as const) {
      await network.learn({ input: piece(from, to), target }, { keepState: from > 0 });
      const bytes = network.toBytes();
      network.dispose();
      network = await Network.fromBytes(bytes);
      expect(network.toBytes()).toEqual(bytes);
    }
    using last = network;
    expect(await lastingDigest(last)).toBe(await lastingDigest(once));
  });
});

/** A tensor of all synapses, `[unit][input]`: those from below, then those from the layer itself. */
function joined(network: Network, kind: string): number[] {
  const [below, own] = [`${kind}layers.0.weight`, `${kind}layers.0.recurrentWeight`].map(
    (name) => network.tensor(name).data,
  );
  return Array.from({ length: units }, (_, unit) => [
    ...(below?.subarray(unit * inputs, (unit + 1) * inputs) ?? []),
    ...(own?.subarray(unit * units, (unit + 1) * units) ?? []),
  ]).flat();
}

/** What arrives in a step, `[sample][input]`: from below, then from the layer itself. */
function arriving(counts: ArrayLike<number>, spikes: ArrayLike<number>): number[] {
  const row = (of: ArrayLike<number>, sample: number, width: number) =>
    Array.from(of).slice(sample * width, (sample + 1) * width);
  const rows = Array.from({ length: samples }, (_, sample) => [
    ...row(counts, sample, inputs),
    ...row(spikes, sample, units),
  ]);
  return rows.flat();
}

describe.each(Object.entries(recurrentNeurons))(
  "a recurrent layer that tells its own spikes apart: %s",
  (_, neuron) => {
    const cost = { type: "smoothL1" } as const;

    it("has the bits of the interpreter that is fed them, also from a checkpoint", async () => {
      using network = await Network.create({ ...specification(neuron, "dense", true), cost, regularizer: null });
      network.setTensor("layers.0.recurrentWeight", weights(units * units));
      const sizes = { samples, inputs: inputs + units, ownInputs: units, neurons: units, classes: 4 };
      const parameters = { ...parametersOf(network), weights: joined(network, "") };
      const values = Float32Array.from({ length: samples * sizes.classes }, (_, place) => Number(place % 5 === 0));
      const events: number[][] = [];
      let spikes = new Float32Array(samples * units);
      let [spiked, learned] = [0, 0];
      for (let step = 0; step < 12; step++) {
        const { counts } = drawCounts(samples, 1, inputs, step);
        events.push(arriving(counts, spikes));
        const simulation = { ...sizes, ...parameters, events, target: Array.from(values) };
        const all = await interpret({ neuron, costs: [cost], simulation });
        const input = { counts, samples, steps: 1 };
        using copy = await Network.fromBytes(network.toBytes());
        // Two learning steps make an update, so one leaves the weights as they are and its gradient to be read.
        const options = { keepState: step > 0, updateEvery: 2, flushGradient: false };
        await copy.learn({ input, target: { values } }, options);
        const found = { ...lastStepOf(copy), weightGradient: joined(copy, "gradient.") };
        expect(all.at(-1), `step ${step}`).toMatchObject(found);
        await network.run({ input }, { keepState: step > 0 });
        spikes = Float32Array.from(network.tensor("state.layers.0.spikes").data);
        spiked += spikes.filter((spike) => spike > 0).length;
        learned += found.weightGradient.filter(
          (gradient, place) => gradient !== 0 && place % sizes.inputs >= inputs,
        ).length;
      }
      expect(spiked).toBeGreaterThan(20);
      expect(learned).toBeGreaterThan(100);
    });

    it("goes through a checkpoint, and its rule through its check", async () => {
      using network = await Network.create({ ...specification(neuron, "auto", true), cost });
      await network.learn({ input: drawCounts(samples, 20, inputs, 2), target });
      const bytes = network.toBytes();
      using loaded = await Network.fromBytes(bytes);
      expect(loaded.toBytes()).toEqual(bytes);
      expect(`${await loaded.rule(0)}`).toBe(`${await network.rule(0)}`);
      expect((await loaded.rule(0)).text.whole).toContain("rec_j = 1 where");
      expect((await loaded.checkRule(0)).outcome).toBe("passed");
      for (const plant of ["error", "surrogate", "trace"] as const) {
        expect((await loaded.checkRule(0, { plant })).outcome).toBe("failed");
      }
      const batch = { input: drawCounts(samples, 20, inputs, 5), target };
      for (const either of [network, loaded]) await either.learn(batch, { keepState: true });
      expect(await lastingDigest(loaded)).toBe(await lastingDigest(network));
    });
  },
);

describe("a layer that is not recurrent", () => {
  it("has the bits and the rule of a neuron without the recurrent part", async () => {
    const written = (own: boolean) =>
      neuronOf({
        name: "apart",
        constants: { membrane: decay(0.9), threshold: 0.3 },
        state: { potential: 0 },
        step: (s, { input, feedforward, recurrent, spike }, c) => {
          const kept = leak(s.potential, c.membrane).minus(spike.times(c.threshold));
          return { potential: own ? kept.plus(feedforward).plus(recurrent.times(2)) : kept.plus(input) };
        },
        membrane: (s, bias) => s.potential.plus(bias),
        surrogate: fastSigmoid({ slope: 3 }),
        remainder: "eligibility",
      });
    const digests: string[] = [];
    const rules: string[] = [];
    for (const own of [true, false]) {
      using network = await Network.create(specification(written(own), "auto", false));
      await network.learn({ input: drawCounts(samples, 30, inputs + units, 2), target });
      digests.push(JSON.stringify(Array.from(network.tensor("layers.0.weight").data)));
      rules.push(`${await network.rule(0)}`);
    }
    expect(digests[0]).toBe(digests[1]);
    expect(rules[0]).not.toContain("rec_j");
    expect(rules[0]).toBe(rules[1]);
  });
});

describe("which inputs are own spikes", () => {
  it("is refused where there are no inputs, with its path", async () => {
    const graph = recurrentNeurons["a synapse of its own for each kind"] as NeuronGraph;
    const place = graph.nodes.length;
    const nodes = [...graph.nodes, { op: "isRecurrent" }];
    const surrogate = { primitive: place };
    await expect(rule({ ...graph, nodes, surrogate }, smoothL1())).rejects.toMatchObject({
      code: "config",
      message: `neuron.nodes[${place}] (isRecurrent, in surrogate.primitive): a surrogate has no isRecurrent`,
    });
    const price = costOf(({ readout, target }) => smoothL1Of(readout, target));
    const priced = { ...price, nodes: [...price.nodes, { op: "isRecurrent" }], cost: price.nodes.length };
    await expect(Network.create({ ...specification(graph, "auto", true), cost: priced })).rejects.toMatchObject({
      code: "config",
      message: `cost.nodes[${price.nodes.length}] (isRecurrent, in cost): a cost has no isRecurrent`,
    });
  });

  it("prints beside the weights, and is told below", async () => {
    const { text, latex, mathml } = await rule(
      recurrentNeurons["a synapse of its own for each kind"] as NeuronGraph,
      smoothL1(),
    );
    const dynamics = text.dynamics.map(({ formula }) => formula);
    expect(dynamics).toContain("below_j[t] = below below_j[t−1] + (1 − rec_j) x_j[t]");
    expect(dynamics).toContain("own_j[t] = own own_j[t−1] + rec_j x_j[t]");
    expect(text.whole).toMatch(/inputs\n {2}rec_j = 1 where x_j\[t\] is a spike of the layer itself/);
    expect(latex.whole).toContain("\\left(1 - \\mathit{rec}_{j}\\right) \\, x_{j}[t]");
    expect(mathml.whole).toContain("<mi>rec</mi>");
  });

  it("leaves state whole where recurrent input is added to it", async () => {
    const instant = neuronOf({
      constants: { membrane: decay(0.9) },
      state: { potential: 0 },
      step: (s, { feedforward }, c) => ({ potential: leak(s.potential, c.membrane).plus(feedforward) }),
      membrane: (s, bias, _, { recurrent }) => s.potential.plus(recurrent).plus(bias),
      surrogate: fastSigmoid({ slope: 3 }),
    });
    const { text } = await rule(instant, smoothL1());
    const dynamics = text.dynamics.map(({ formula }) => formula);
    expect(dynamics).toContain("U_i[t] = Σ_j W_ij potential_j[t] + Σ_j W_ij rec_j x_j[t] + b_i");
  });

  it("leaves e-prop one trace, since both kinds follow one leak", async () => {
    const { text, account } = await rule(eprop(), smoothL1());
    expect(text.whole).not.toContain("rec_j");
    expect(text.dynamics[0]?.formula).toBe("v_j[t] = membrane v_j[t−1] + x_j[t]");
    expect(account).toMatchObject({ bytesPerSynapse: 8, bytesPerInput: 4 });
  });
});

describe("a recurrent layer", () => {
  it("runs by events as it does densely, but for rounding", async () => {
    const input = drawCounts(samples, 60, inputs, 4);
    const potentials: Float32Array[] = [];
    for (const propagation of ["dense", "events"] as const) {
      using network = await Network.create(specification(lif(), propagation, true));
      network.setTensor("layers.0.recurrentWeight", weights(units * units));
      const { layers } = await network.run({ input });
      expect(layers[0]?.steps).toEqual(propagation === "dense" ? { dense: 60, events: 0 } : { dense: 0, events: 60 });
      potentials.push(network.tensor("state.layers.0.potential").data);
    }
    const [dense_, events] = potentials as [Float32Array, Float32Array];
    dense_.forEach((value, place) => {
      expect(events[place]).toBeCloseTo(value, 4);
    });
  });

  it("has recurrent weights, traces and moments of its own, zero at the start", async () => {
    using network = await Network.create({
      ...specification(lif(), "auto", true),
      optimizer: adaMax({ learningRate: 0.01 }),
    });
    expect(network.tensor("layers.0.weight").shape).toEqual([units, inputs]);
    const own = network.tensor("layers.0.recurrentWeight");
    expect(own.shape).toEqual([units, units]);
    expect(own.data.every((weight) => weight === 0)).toBe(true);
    await network.learn({ input: drawCounts(samples, 10, inputs, 1), target });
    expect(network.tensor("state.layers.0.recurrentSynapticTrace").shape).toEqual([samples, units]);
    expect(network.tensor("state.layers.0.synapticTrace").shape).toEqual([samples, inputs]);
    expect(network.tensors().filter((name) => name.includes("recurrent"))).toEqual([
      "layers.0.recurrentWeight",
      "gradient.layers.0.recurrentWeight",
      "optimizer.layers.0.recurrentWeight.infinity",
      "state.layers.0.recurrentSynapticTrace",
      "state.layers.0.recurrentMembraneTrace",
    ]);
    const [described] = network.describe().layers;
    expect(described).toMatchObject({ inputShape: [inputs], parameters: units * (inputs + units + 1) });
  });

  it("is dense: a convolution is refused the field", async () => {
    const layer = { type: "conv2d", channels: 2, kernel: 3, recurrent: true };
    const wanted = { input: { channels: 1, height: 4, width: 4 }, layers: [layer], readout: { units: 2 } };
    await expect(Network.create(wanted as unknown as NetworkSpecification)).rejects.toMatchObject({
      code: "config",
      message: expect.stringContaining("layers[0].recurrent"),
    });
  });
});

/**
 * Store and recall: one of two patterns for five steps, silence, then a cue that is the same for both. Afterwards the readouts
 * are to say which pattern it was.
 */
function storeAndRecall(seed: number) {
  const [count, inputs, delay] = [64, 40, 60];
  const steps = delay + 10;
  let state = seed;
  const draw = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const counts = new Float32Array(count * steps * inputs);
  const classes = new Uint32Array(count);
  for (let sample = 0; sample < count; sample++) {
    const pattern = draw() < 0.5 ? 0 : 1;
    classes[sample] = pattern;
    for (let step = 0; step < steps; step++) {
      for (let input = 0; input < inputs; input++) {
        const stores = step < 5 && input >= pattern * 15 && input < pattern * 15 + 15;
        const cues = step >= steps - 5 && input >= 30;
        if ((stores || cues) && draw() < 0.6) counts[(sample * steps + step) * inputs + input] = 1;
      }
    }
  }
  return { input: { counts, samples: count, steps }, target: { classes }, cue: steps - 5 };
}

async function recalled(layer: ReturnType<typeof dense>): Promise<number> {
  using network = await Network.create({
    input: { units: 40 },
    layers: [layer],
    readout: { units: 2, dropout: 0 },
    optimizer: adaMax({ learningRate: 2e-3 }),
    initialization: { type: "uniform", dense: 3 },
    seed: 3,
  });
  for (let epoch = 0; epoch < 40; epoch++) {
    const { input, target } = storeAndRecall(100 + epoch);
    await network.learn({ input, target });
  }
  let right = 0;
  for (const seed of [7, 8]) {
    const { input, target, cue } = storeAndRecall(seed);
    const { predictions } = await network.run({ input }, { burnIn: cue });
    right += target.classes.reduce((sum, label, sample) => sum + (predictions.data[sample] === label ? 1 : 0), 0);
  }
  return right / 128;
}

describe("store and recall over 60 silent steps", () => {
  const forgetful = lif({ alpha: 0.8, beta: 0.6, surrogate: fastSigmoid() });

  it("is learned by recurrent DECOLLE, and not by a feed-forward layer", async () => {
    expect(await recalled(dense({ units: 100, neuron: forgetful, recurrent: true }))).toBeGreaterThan(0.95);
    expect(await recalled(dense({ units: 100, neuron: forgetful }))).toBeLessThan(0.7);
  });

  it("is learned by e-prop in a recurrent layer", async () => {
    const neuron = eprop({ threshold: 0.6 });
    expect(await recalled(dense({ units: 100, neuron, recurrent: true }))).toBeGreaterThan(0.95);
  });
});
