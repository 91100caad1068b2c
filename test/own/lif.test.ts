/** The neuron and the cost that ship, written by a user: a network learns to the very bits of the built-in ones. */
import { describe, expect, it } from "vitest";
import {
  adaMax,
  cost,
  type Lif,
  Network,
  type NetworkSpecification,
  type NeuronGraph,
  sgd,
  smoothL1Of,
} from "../../src/index.js";
import { drawCounts, inputsOf } from "../determinism/training.js";
import { textbookLif } from "../plasticity/neurons.js";
import { builtInLif, builtInLif2018, paperLif, paperLif2018 } from "./neurons.js";

const ownCost = cost(({ readout, target }) => smoothL1Of(readout, target));
const classes = 3;

/** A network and how it learns. */
interface Training {
  readonly specification: Omit<NetworkSpecification, "neuron">;
  readonly samples: number;
  readonly updateEvery: number;
}

const dense = {
  input: { units: 45 },
  layers: [
    { type: "dense", units: 70 },
    { type: "dense", units: 37 },
  ],
  readout: { units: classes, dropout: 0.3 },
  optimizer: adaMax({ learningRate: 0.01 }),
  initialization: { type: "uniform", dense: 3, conv: 3, bias: 5 },
  seed: 3,
} as const;

const conv = {
  input: { channels: 2, height: 11, width: 9 },
  layers: [
    { type: "conv2d", channels: 41, kernel: 5, padding: 2, pool: 2 },
    { type: "conv2d", channels: 20, kernel: 3, padding: 1 },
    { type: "dense", units: 17 },
  ],
  readout: { units: classes, dropout: 0.4 },
  optimizer: adaMax({ learningRate: 0.002 }),
  initialization: { type: "uniform", dense: 3, conv: 3, bias: 5 },
  seed: 4,
} as const;

const networks: Readonly<Record<string, Training>> = {
  "a dense network, at every step": { specification: { ...dense, propagation: "dense" }, samples: 5, updateEvery: 1 },
  "a dense network by events, every ten steps": {
    specification: { ...dense, propagation: "events" },
    samples: 5,
    updateEvery: 10,
  },
  "a dense network, one sample, exactly at every step": {
    specification: { ...dense, optimizer: sgd({ learningRate: 0.05 }), propagation: "events" },
    samples: 1,
    updateEvery: 1,
  },
  "a network with convolutions and pooling, at every step": {
    specification: { ...conv, propagation: "dense" },
    samples: 4,
    updateEvery: 1,
  },
  "a network with convolutions and pooling by events": {
    specification: { ...conv, propagation: "events", regularizer: { upper: 0.05, lower: 0 } },
    samples: 4,
    updateEvery: 10,
  },
  "a network that chooses by itself, with regulariser and error trigger": {
    specification: { ...conv, regularizer: { upper: 0.05, lower: 0.2 }, errorTrigger: { threshold: 0.001 } },
    samples: 2,
    updateEvery: 4,
  },
};

/** Trains and then runs; all that comes out, and all that is left, but what neurons call their state. */
async function trained(given: Training, neuron: Lif | NeuronGraph, own: boolean): Promise<unknown> {
  const specification = { ...given.specification, neuron, ...(own && { cost: ownCost }) };
  using network = await Network.create(specification);
  const inputs = inputsOf(specification);
  const { samples, updateEvery } = given;
  const input = drawCounts(samples, 60, inputs, 9);
  const target = { classes: Uint32Array.from({ length: samples }, (_, sample) => sample % classes) };
  const learned = await network.learn({ input, target }, { burnIn: 5, updateEvery });
  // A checkpoint goes on as the network it was made of.
  using loaded = await Network.fromBytes(await network.toBytes());
  const tested = await loaded.run({ input: drawCounts(samples, 40, inputs, 4), target }, { keepState: true });
  const tensors = (await loaded.tensors()).filter((name) => !/\.(refractory|neuron\.\w+)$/.test(name));
  return {
    learned,
    tested,
    tensors: await Promise.all(tensors.map(async (name) => [name, Array.from((await loaded.tensor(name)).data)])),
  };
}

describe.each(Object.entries(networks))("%s", (_, given) => {
  it.each([
    ["current and potential", textbookLif, builtInLif],
    ["traces", paperLif, builtInLif],
    ["the new traces of 2018", paperLif2018, builtInLif2018],
  ])("learns to the bits of the built-in neuron with %s", async (_, written, shipped) => {
    const expected = await trained(given, shipped, false);
    expect(await trained(given, written, false)).toEqual(expected);
    expect(await trained(given, written, true)).toEqual(expected);
    expect(await trained(given, shipped, true)).toEqual(expected);
    const { learned } = expected as { learned: { layers: { spikes: number }[] } };
    for (const layer of learned.layers) expect(layer.spikes).toBeGreaterThan(100);
  });
});
