/**
 * Networks and 500 steps of training for each, between them with everything that could depend on the machine. Free of
 * Node, so that browsers can train them too.
 */
import type { BatchTarget, CountInput, Network, NetworkSpecification } from "../../src/index.js";

/** A network and what it learns from. */
export interface Training {
  readonly specification: NetworkSpecification;
  readonly samples: number;
  readonly steps: number;
  readonly target: BatchTarget;
  readonly options: { readonly burnIn: number; readonly updateEvery: number };
}

/** Numbers from 0 to 2³² − 1, the same everywhere: Marsaglia's xorshift (2003), triple 13, 17, 5. */
export function xorshift(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/**
 * Input counts of 0 to 2 events, about one in twelve not 0.
 *
 * @param samples - Samples.
 * @param steps - Time steps.
 * @param inputs - Inputs of a sample.
 * @param seed - What they are drawn from, not 0.
 * @returns Dense counts.
 */
export function drawCounts(samples: number, steps: number, inputs: number, seed: number): CountInput {
  const next = xorshift(seed);
  const counts = Uint8Array.from({ length: samples * steps * inputs }, () => {
    const draw = next() % 24;
    return draw < 2 ? draw + 1 : 0;
  });
  return { counts, samples, steps };
}

/** A part of dense counts in time. */
export function cutSteps({ counts, samples, steps }: CountInput, from: number, to: number): CountInput {
  const inputs = counts.length / samples / steps;
  const part = new Uint8Array(samples * (to - from) * inputs);
  for (let sample = 0; sample < samples; sample++) {
    const start = (sample * steps + from) * inputs;
    part.set(counts.subarray(start, start + (to - from) * inputs), sample * (to - from) * inputs);
  }
  return { counts: part, samples, steps: to - from };
}

const samples = 5;
const steps = 500;

/** Regression with a value for every step and layer; sizes that fill no vector and no tile. */
export const dense: Training = {
  specification: {
    input: { units: 53 },
    layers: [
      { type: "dense", units: 37 },
      {
        type: "dense",
        units: 21,
        cost: { type: "meanSquared" },
        neuron: { type: "lif", surrogate: { type: "sigmoid" } },
      },
      { type: "dense", units: 19, regularizer: { upper: 0.1, lower: 0.2 } },
    ],
    readout: { units: 3, feedback: "alignment" },
    neuron: {
      type: "lif",
      alpha: { low: 0.9, high: 0.98 },
      beta: { low: 0.8, high: 0.93 },
      gamma: { low: 0.5, high: 0.7 },
    },
    optimizer: { type: "sgd", learningRate: 0.05, momentum: 0.5 },
    initialization: { type: "uniform", dense: 3 },
    seed: 11,
  },
  samples,
  steps,
  target: {
    values: Float32Array.from({ length: samples * steps * 3 * 3 }, (_, place) => ((place * 37) % 101) / 101),
    perStep: true,
    perLayer: true,
  },
  options: { burnIn: 20, updateEvery: 3 },
};

/** Classification with pooling, padding, dropout, AdaMax, all costs, and a dense layer on top. */
export const convolutional: Training = {
  specification: {
    input: { channels: 2, height: 13, width: 11 },
    layers: [
      { type: "conv2d", channels: 9, kernel: 5, padding: 2, pool: 2 },
      { type: "conv2d", channels: 6, kernel: 3, padding: 1, neuron: { type: "lif", surrogate: { type: "boxcar" } } },
      { type: "dense", units: 17, cost: { type: "crossEntropy" } },
    ],
    readout: { units: 4, dropout: 0.4 },
    regularizer: { upper: 0.01, lower: 0.01, lowerActivity: "potential" },
    optimizer: { type: "adaMax", learningRate: 0.002, beta1: 0.3, beta2: 0.95 },
    seed: 12,
  },
  samples,
  steps,
  target: { classes: [0, 1, 2, 3, 1] },
  options: { burnIn: 20, updateEvery: 1 },
};

/** Classification by events: stretches of several steps, pooling, dropout, AdaMax, a kernel without code of its own. */
export const convolutionalByEvents: Training = {
  specification: {
    input: { channels: 2, height: 13, width: 11 },
    layers: [
      { type: "conv2d", channels: 35, kernel: 5, padding: 2, pool: 2 },
      { type: "conv2d", channels: 6, kernel: 4, padding: 2 },
      { type: "dense", units: 17, cost: { type: "crossEntropy" } },
    ],
    readout: { units: 4, dropout: 0.4 },
    regularizer: { upper: 0.01, lower: 0 },
    optimizer: { type: "adaMax", learningRate: 0.002, beta1: 0.3, beta2: 0.95 },
    propagation: "events",
    seed: 13,
  },
  samples,
  steps,
  target: { classes: [0, 1, 2, 3, 1] },
  options: { burnIn: 20, updateEvery: 10 },
};

/** Regression by events, with a target for every step, in the order of 2018, by stochastic gradient descent. */
export const denseByEvents: Training = {
  specification: {
    input: { units: 53 },
    layers: [
      { type: "dense", units: 37 },
      { type: "dense", units: 21, cost: { type: "meanSquared" } },
    ],
    readout: { units: 3 },
    neuron: { type: "lif", trace: "current" },
    optimizer: { type: "sgd", learningRate: 0.05 },
    initialization: { type: "uniform", dense: 3 },
    propagation: "events",
    seed: 14,
  },
  samples,
  steps,
  target: {
    values: Float32Array.from({ length: samples * steps * 2 * 3 }, (_, place) => ((place * 37) % 101) / 101),
    perStep: true,
    perLayer: true,
  },
  options: { burnIn: 20, updateEvery: 3 },
};

/** Strides, kernels of two lengths and groups that fill no vector, with pooling and dropout, densely. */
export const grouped: Training = {
  specification: {
    input: { channels: 4, height: 13, width: 11 },
    layers: [
      { type: "conv2d", channels: 36, kernel: [3, 5], padding: [1, 2], stride: [2, 1], groups: 2, pool: 2 },
      { type: "conv2d", channels: 36, kernel: 3, padding: 1, groups: 18 },
      { type: "conv2d", channels: 6, kernel: [2, 3], stride: [1, 2] },
    ],
    readout: { units: 4, dropout: 0.4 },
    initialization: { type: "uniform", conv: 3, bias: 4 },
    optimizer: { type: "adaMax", learningRate: 0.002, beta1: 0.3, beta2: 0.95 },
    propagation: "dense",
    seed: 15,
  },
  samples,
  steps,
  target: { classes: [0, 1, 2, 3, 1] },
  options: { burnIn: 20, updateEvery: 1 },
};

/** Convolutions in the frequency domain, of channels that fill no vector, with pooling and dropout, under a dense layer. */
export const convolutionalByFrequency: Training = {
  specification: {
    input: { channels: 2, height: 13, width: 11 },
    layers: [
      { type: "conv2d", channels: 20, kernel: 5, padding: 2, pool: 2 },
      { type: "conv2d", channels: 70, kernel: [2, 3], padding: 1, pool: 2, pooling: "average" },
      { type: "dense", units: 17 },
    ],
    readout: { units: 4, dropout: 0.4 },
    initialization: { type: "uniform", conv: 3, bias: 4 },
    optimizer: { type: "adaMax", learningRate: 0.002, beta1: 0.3, beta2: 0.95 },
    propagation: "frequency",
    seed: 17,
  },
  samples,
  steps,
  target: { classes: [0, 1, 2, 3, 1] },
  options: { burnIn: 20, updateEvery: 1 },
};

/** Convolutions along a line by events, with strides and groups. */
export const lineByEvents: Training = {
  specification: {
    input: { channels: 2, length: 90 },
    layers: [
      { type: "conv1d", channels: 20, kernel: 7, padding: 3, stride: 3 },
      { type: "conv1d", channels: 40, kernel: 3, padding: 1, groups: 20 },
      { type: "conv1d", channels: 6, kernel: 5, groups: 2 },
    ],
    readout: { units: 4 },
    initialization: { type: "uniform", conv: 3, bias: 4 },
    optimizer: { type: "adaMax", learningRate: 0.002 },
    propagation: "events",
    seed: 16,
  },
  samples,
  steps,
  target: { classes: [0, 1, 2, 3, 1] },
  options: { burnIn: 20, updateEvery: 10 },
};

/** Two layers under budgets of spikes, one overdrawn and one not, with pooling and dropout; how spikes propagate is chosen. */
export const underBudget: Training = {
  specification: {
    input: { channels: 2, height: 13, width: 11 },
    layers: [
      { type: "conv2d", channels: 20, kernel: 5, padding: 2, pool: 2 },
      { type: "dense", units: 37, regularizer: { upper: 0.01, lower: 0.1, budget: { density: 0.9, gain: 0.5 } } },
    ],
    readout: { units: 4, dropout: 0.4 },
    regularizer: { upper: 0.01, lower: 0, budget: { density: 0.04, gain: 0.2 } },
    initialization: { type: "uniform", dense: 3, conv: 3, bias: 4 },
    optimizer: { type: "adaMax", learningRate: 0.002, beta1: 0.3, beta2: 0.95 },
    seed: 18,
  },
  samples,
  steps,
  target: { classes: [0, 1, 2, 3, 1] },
  options: { burnIn: 20, updateEvery: 10 },
};

/** Number of inputs. */
export function inputsOf({ input }: Pick<NetworkSpecification, "input">): number {
  if ("units" in input) return input.units;
  return input.channels * ("length" in input ? input.length : input.height * input.width);
}

/** Input of a training. */
export function inputOf({ specification, samples, steps }: Training): CountInput {
  return drawCounts(samples, steps, inputsOf(specification), 2463534242);
}

/**
 * Everything that a network holds.
 *
 * @param network - The network.
 * @returns Names, shapes and bits of all tensors, in a row.
 */
export async function held(network: Pick<Network, "tensors" | "tensor">): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  for (const name of await network.tensors()) {
    const { shape, data } = await network.tensor(name);
    // Little-endian whatever the machine.
    const bytes = new DataView(new ArrayBuffer(4 * data.length));
    data.forEach((value, place) => {
      bytes.setFloat32(4 * place, value, true);
    });
    parts.push(new TextEncoder().encode(`${name} ${shape.join("×")}\n`), new Uint8Array(bytes.buffer));
  }
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return all;
}
