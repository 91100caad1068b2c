/** Recurrent dense layers: own spikes of the step before as inputs, by weights that learn by the same rule. */
import { describe, expect, it } from "vitest";
import {
  adaMax,
  dense,
  eprop,
  fastSigmoid,
  lif,
  Network,
  type NetworkSpecification,
  type Propagation,
  sgd,
  tess,
} from "../../src/index.js";
import { cutSteps, drawCounts } from "../determinism/training.js";
import { neurons as ofUsers } from "../plasticity/neurons.js";
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
