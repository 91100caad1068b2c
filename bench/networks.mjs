// @ts-check
/**
 * The networks that are measured, their input, and how they come to the state they are measured in.
 *
 * Training costs depend on how often neurons fire, and untrained networks fire little. So where real recordings are at
 * hand, a network first learns for a while.
 */

import { DecolleError, Network, preset, sgd } from "../dist/index.js";
import { atDensity, randomInput, settling } from "./density.mjs";
import { cut, nmnistFolder, recordedSpikes } from "./spikes.mjs";

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
 * @property {number} [inferenceSteps] - Steps of one measurement of inference, where steps that learn take much longer.
 * @property {"nmnist" | number} input - Real recordings, or the density of random spikes in the input and all layers.
 * @property {number} lessons - Batches of 300 steps to learn from first, where recordings are at hand.
 * @property {number} [lessonsEvery] - Steps for each update while it learns from them; 1 if left out.
 */

/**
 * A case ready to be measured.
 *
 * @typedef {object} Prepared
 * @property {Uint8Array} checkpoint - The network, its neurons in the state that they have after burn-in.
 * @property {{ spikes: Spikes[], classes: number[] }} input - The steps after burn-in.
 * @property {string} source - Where the input comes from.
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
  if (!("height" in input)) throw new Error(`${name}: expected a network whose input is a plane`);
  return { ...network, input };
}

const dvsgesture = { specification: presetNetwork("dvsgesture"), input: 0.02, lessons: 0, burnIn: settling };

/** @type {Case} */
const mlp = {
  name: "MLP 2312-512-512",
  specification: presetNetwork("nmnist-mlp"),
  samples: 72,
  burnIn: 60,
  steps: 50,
  input: "nmnist",
  lessons: 13,
};

/**
 * Batches, as they are trained.
 *
 * @type {readonly Case[]}
 */
export const cases = [
  mlp,
  {
    name: "conv 16-32-32, dense 10",
    specification: presetNetwork("nmnist-small"),
    samples: 72,
    burnIn: 60,
    steps: 20,
    input: "nmnist",
    lessons: 13,
  },
  {
    name: "conv 16-32-32, dense 10, sparse",
    specification: presetNetwork("nmnist-small-sparse"),
    samples: 72,
    burnIn: 60,
    steps: 20,
    input: "nmnist",
    lessons: 52,
    lessonsEvery: 10,
  },
  { name: "conv 64-128-128", ...dvsgesture, samples: 72, steps: 6, inferenceSteps: 20 },
  { name: "conv 64-128-128", ...dvsgesture, samples: 1, steps: 80 },
];

/**
 * The MLP with one sample at a time, as it learns from a stream: at 2 % density, on recordings, and by gradient descent.
 *
 * @type {readonly Case[]}
 */
export const streamed = [
  { ...mlp, samples: 1, steps: 1000, burnIn: settling, input: 0.02, lessons: 0 },
  { ...mlp, samples: 1, steps: 200 },
  {
    ...mlp,
    name: "MLP 2312-512-512, SGD",
    specification: { ...presetNetwork("nmnist-mlp"), optimizer: sgd({ learningRate: 1e-3 }) },
    samples: 1,
    steps: 1000,
    burnIn: settling,
    input: 0.02,
    lessons: 0,
  },
];

/**
 * Brings a case to the state it is measured in: trained on recordings for a while, or, on random input, all layers at the
 * input's density; burn-in run.
 *
 * @param {Case} measured
 * @param {(text: string) => void} report - Told what goes on, since this takes a while.
 * @param {number} span - Steps that the measurements may go through, one after the other; of recordings there are 240 at most.
 * @returns {Promise<Prepared>}
 */
export async function prepared(measured, report, span) {
  const { specification, samples, burnIn, input } = measured;
  const steps = input === "nmnist" ? Math.min(span, 240) : span;
  const folder = input === "nmnist" ? nmnistFolder() : undefined;
  const density = input === "nmnist" ? nmnistDensity : input;
  const source = folder === undefined ? "random" : "N-MNIST";
  /** @type {{ spikes: Spikes[], classes: number[] }} */
  let all;
  /** @type {Uint8Array} */
  let checkpoint;
  if (folder !== undefined) {
    checkpoint = await trained(measured, folder, report);
    // Recordings are sorted by class: these are of all classes.
    const chosen = Array.from({ length: samples }, (_, sample) => Math.floor((sample * 900) / samples));
    all = await recordedSpikes(folder, specification.input, burnIn + steps, chosen);
  } else {
    checkpoint = input === "nmnist" ? await untrained(specification) : await atDensity(specification, density, report);
    const classes = Array.from({ length: samples }, (_, sample) => sample % specification.readout.units);
    all = { spikes: randomInput(specification, density, samples, burnIn + steps), classes };
  }
  const network = await Network.fromBytes(checkpoint);
  try {
    await network.run({ input: batchOf(all, 0, burnIn).input });
    const { input: rest } = batchOf(all, burnIn, burnIn + steps);
    return { checkpoint: await network.toBytes(), input: { spikes: rest.spikes, classes: all.classes }, source };
  } finally {
    network.dispose();
  }
}

/**
 * @param {Case["specification"]} specification
 * @returns {Promise<Uint8Array>}
 */
async function untrained(specification) {
  const network = await Network.create(specification);
  const checkpoint = await network.toBytes();
  network.dispose();
  return checkpoint;
}

/**
 * @param {Case} measured
 * @param {string} folder
 * @param {(text: string) => void} report
 * @returns {Promise<Uint8Array>}
 */
async function trained({ specification, samples, lessons, lessonsEvery = 1 }, folder, report) {
  report(`learning ${lessons} batches first`);
  const network = await Network.create(specification);
  try {
    for (let lesson = 0; lesson < lessons; lesson++) {
      // A stride that shares no factor with the number of recordings mixes the classes. Batches have 72 recordings whatever
      // the batch that is measured.
      const size = Math.max(samples, 72);
      const chosen = Array.from({ length: size }, (_, sample) => ((lesson * size + sample) * 7) % 900);
      const { spikes, classes } = await recordedSpikes(folder, specification.input, 300, chosen);
      await network.learn({ input: { spikes }, target: { classes } }, { burnIn: 60, updateEvery: lessonsEvery });
    }
    return await network.toBytes();
  } finally {
    network.dispose();
  }
}

/**
 * The same weights, readouts and neuron state in a network with parts of the specification replaced; the state of the
 * optimiser is new. Where the neuron is replaced by one of the user's, `nameOf` says what that calls its state.
 *
 * @param {Uint8Array} checkpoint
 * @param {import("../dist/index.js").BackendChoice} choice
 * @param {Partial<Specification>} replaced
 * @param {(name: string) => string} [nameOf]
 * @returns {Promise<Network>}
 */
export async function replaced(checkpoint, choice, replaced, nameOf = (name) => name) {
  const original = await Network.fromBytes(checkpoint, choice);
  const network = await Network.create({ ...original.specification, ...replaced }, choice);
  const moved =
    /^(layers|readouts)\.\d+\.(weight|bias)$|^state\.layers\.\d+\.(synapticTrace|membraneTrace|refractory|potential|spikes)$/;
  // Neuron state has as many samples as the last batch.
  const [samples = 1] = (await original.tensor("state.layers.0.synapticTrace")).shape;
  const empty = Array.from({ length: samples }, () => ({ offsets: new Uint32Array(2), indices: new Uint32Array(0) }));
  await network.run({ input: { spikes: empty } });
  for (const name of (await original.tensors()).filter((name) => moved.test(name))) {
    await network.setTensor(nameOf(name), (await original.tensor(name)).data);
  }
  original.dispose();
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
 * Batches of consecutive steps, one after the other and from the start again where the input ends. The same few steps
 * again and again would be another input: what spikes in them spikes at every round, and traces and densities grow.
 *
 * @param {{ spikes: readonly Spikes[], classes: readonly number[] }} input
 * @param {number} steps - Of each batch, at most as many as the input has.
 * @returns {() => ReturnType<typeof batchOf>} Gives the next one.
 */
export function windows(input, steps) {
  const count = Math.floor(((input.spikes[0]?.offsets.length ?? 1) - 1) / steps);
  let next = 0;
  return () => {
    const first = (next++ % count) * steps;
    return batchOf(input, first, first + steps);
  };
}

/**
 * Opens a network in a build with a number of threads.
 *
 * @param {Uint8Array} checkpoint
 * @param {"native" | "wasm"} backend
 * @param {number} threads
 * @returns {Promise<Network | undefined>} Undefined where this build cannot have so many threads here.
 */
export async function opened(checkpoint, backend, threads) {
  try {
    const network = await Network.fromBytes(checkpoint, { backend, threads });
    if (network.backend.threads === threads) return network;
    network.dispose();
    return undefined;
  } catch (error) {
    if (error instanceof DecolleError && backend === "wasm" && threads > 1) return undefined;
    throw error;
  }
}

/** Ways to run a network: inference, or training with an update every K steps. */
export const modes = /** @type {const} */ (["inference", "K = 1", "K = 10", "K = 50"]);
/** @typedef {typeof modes[number]} Mode */

/**
 * Learning steps for each update.
 *
 * @param {Mode} mode
 * @returns {number} 0 in inference.
 */
export function updateEvery(mode) {
  return mode === "inference" ? 0 : Number(mode.slice(4));
}

/**
 * Steps of one measurement: at least as many as pass between two updates.
 *
 * @param {Case} measured
 * @param {Mode} mode
 */
export function stepsOf({ steps, inferenceSteps = steps }, mode) {
  return mode === "inference" ? inferenceSteps : Math.max(steps, updateEvery(mode));
}

/**
 * What one measurement found.
 *
 * @typedef {object} Measured
 * @property {number} time - Milliseconds per step.
 * @property {{ input: number, layers: number[] }} density - Spikes per neuron and step.
 * @property {number} operations - Synaptic operations per step, potentials and gradients.
 * @property {({ events: number, dense: number } | null)[]} kernels - Steps of each layer by events and densely, where the
 *   engine tells.
 * @property {string} simd - The level that the engine ran on.
 */

/**
 * Times a network, which goes on from the state that it is in.
 *
 * @param {Network} network
 * @param {ReturnType<typeof batchOf>} batch - All of whose steps are run.
 * @param {Mode} mode
 * @returns {Promise<Measured>}
 */
export async function timed(network, batch, mode) {
  const every = updateEvery(mode);
  const start = performance.now();
  const { layers, inputDensity, steps } =
    every === 0
      ? await network.run({ input: batch.input }, { keepState: true })
      : await network.learn(batch, { keepState: true, updateEvery: every });
  const time = (performance.now() - start) / steps;
  const operations = layers.reduce((sum, { synapticOperations: { forward, gradient } }) => sum + forward + gradient, 0);
  return {
    time,
    density: { input: inputDensity, layers: layers.map(({ density }) => density) },
    operations: operations / steps,
    kernels: layers.map((layer) => /** @type {any} */ (layer).steps ?? null),
    simd: network.backend.simd,
  };
}

/**
 * Densities as text.
 *
 * @param {Measured["density"]} density
 */
export function densityText({ input, layers }) {
  return `${input.toFixed(4)}; ${layers.map((value) => value.toFixed(3)).join(", ")}`;
}
