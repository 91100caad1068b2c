// @ts-check
/**
 * The networks that are measured, their input, and how they come to the state they are measured in.
 *
 * Training costs depend on how often neurons fire, and untrained networks fire little. So where real recordings are at
 * hand, a network first learns for a while.
 */

import { Network, preset } from "../dist/index.js";
import { cut, nmnistFolder, recordedSpikes, SpikeStream } from "./spikes.mjs";

/** @typedef {import("./spikes.mjs").Spikes} Spikes */
/** @typedef {import("../dist/index.js").NetworkSpecification} Specification */

/**
 * A network to measure.
 *
 * @typedef {object} Case
 * @property {string} name - What tables call it.
 * @property {Specification & { input: { channels: number, height: number, width: number } }} specification
 * @property {number} samples - Samples in a batch.
 * @property {number} burnIn - Steps before those that are measured.
 * @property {number} steps - Steps of one measurement.
 * @property {"nmnist" | number} input - Real recordings, or the density of random spikes.
 * @property {number} lessons - Batches of 300 steps to learn from first, where recordings are at hand.
 */

/** Density of N-MNIST's recordings in bins of 1 ms, for random spikes in their place. */
const nmnistDensity = 0.0054;

/**
 * @param {string} name
 * @returns {Case["specification"]}
 */
function presetNetwork(name) {
  const { network } = preset(name);
  const { input } = network;
  if (!("channels" in input)) throw new Error(`${name}: expected a network whose input is a plane`);
  return { ...network, input };
}

const dvsgesture = { specification: presetNetwork("dvsgesture"), input: 0.02, lessons: 0, burnIn: 20 };

/** @type {readonly Case[]} */
export const cases = [
  {
    name: "MLP 2312-512-512",
    specification: presetNetwork("nmnist-mlp"),
    samples: 72,
    burnIn: 60,
    steps: 60,
    input: "nmnist",
    lessons: 13,
  },
  {
    name: "conv 16-32-32, dense 10",
    specification: presetNetwork("nmnist-small"),
    samples: 72,
    burnIn: 60,
    steps: 20,
    input: "nmnist",
    lessons: 3,
  },
  { name: "conv 64-128-128", ...dvsgesture, samples: 72, steps: 6 },
  { name: "conv 64-128-128", ...dvsgesture, samples: 1, steps: 80 },
];

/**
 * Input and target of a case.
 *
 * @param {Case} measured
 * @returns {Promise<{ spikes: Spikes[], classes: number[], source: string }>}
 */
export async function inputOf({ specification, samples, burnIn, steps, input }) {
  const { channels, height, width } = specification.input;
  const folder = input === "nmnist" ? nmnistFolder() : undefined;
  if (folder !== undefined) {
    // Recordings are sorted by class: these are of all classes.
    const chosen = Array.from({ length: samples }, (_, sample) => Math.floor((sample * 900) / samples));
    return { ...(await recordedSpikes(folder, { height, width }, burnIn + steps, chosen)), source: "N-MNIST" };
  }
  const density = input === "nmnist" ? nmnistDensity : input;
  const inputs = channels * height * width;
  return {
    spikes: Array.from({ length: samples }, (_, sample) =>
      new SpikeStream(sample, burnIn + steps, inputs, density).next(),
    ),
    classes: Array.from({ length: samples }, (_, sample) => sample % specification.readout.units),
    source: "random",
  };
}

/**
 * The network of a case, after its lessons, as a checkpoint.
 *
 * @param {Case} measured
 * @param {(text: string) => void} report - Told what goes on, since this takes a while.
 * @returns {Promise<Uint8Array>}
 */
export async function prepared({ specification, samples, input, lessons }, report) {
  const network = await Network.create(specification);
  try {
    const folder = input === "nmnist" ? nmnistFolder() : undefined;
    if (folder !== undefined) {
      report(`learning ${lessons} batches first`);
      for (let lesson = 0; lesson < lessons; lesson++) {
        // A stride that shares no factor with the number of recordings mixes the classes.
        const chosen = Array.from({ length: samples }, (_, sample) => ((lesson * samples + sample) * 7) % 900);
        const { spikes, classes } = await recordedSpikes(folder, specification.input, 300, chosen);
        await network.learn({ input: { spikes }, target: { classes } }, { burnIn: 60 });
      }
    }
    return network.toBytes();
  } finally {
    network.dispose();
  }
}

/**
 * The same weights and readouts in a network without dropout, with all else as new.
 *
 * @param {Uint8Array} checkpoint
 * @param {import("../dist/index.js").BackendChoice} choice
 * @returns {Promise<Network>}
 */
export async function withoutDropout(checkpoint, choice) {
  const trained = await Network.fromBytes(checkpoint, choice);
  const { specification } = trained;
  const network = await Network.create({ ...specification, readout: { ...specification.readout, dropout: 0 } }, choice);
  for (const name of trained.tensors().filter((name) => /^(layers|readouts)\.\d+\.(weight|bias)$/.test(name))) {
    network.setTensor(name, trained.tensor(name).data);
  }
  trained.dispose();
  return network;
}

/**
 * The batch of the steps `first` to `last` − 1.
 *
 * @param {{ spikes: readonly Spikes[], classes: readonly number[] }} input
 * @param {number} first
 * @param {number} last
 */
export function batchOf({ spikes, classes }, first, last) {
  return { input: { spikes: spikes.map((sample) => cut(sample, first, last)) }, target: { classes } };
}

/**
 * Milliseconds per learning step.
 *
 * @param {Network} network
 * @param {ReturnType<typeof batchOf>} batch - All of whose steps are learned from, going on from the state that is there.
 * @param {number} steps - Their number.
 */
export async function timeLearning(network, batch, steps) {
  const start = performance.now();
  const { layers, inputDensity } = await network.learn(batch, { keepState: true });
  const time = (performance.now() - start) / steps;
  return { time, density: { input: inputDensity, layers: layers.map(({ density }) => density) } };
}

/**
 * Lets the threads of whoever was at work go to sleep before the other side starts.
 *
 * @returns {Promise<void>}
 */
export function pause() {
  return new Promise((resolve) => setTimeout(resolve, 300));
}
