// @ts-check
/** What the benchmarks ask of PyTorch's process: an input, agreement with us, and times. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { updateEvery } from "../networks.mjs";

/** @typedef {import("./rival.mjs").Rival} Rival */
/** @typedef {{ channelsLast: boolean, optimizer: string }} Arrangement */

/** How PyTorch can update weights: its optimiser as it is, its multi-tensor form, and one written for the purpose. */
const optimizers = ["torch", "foreach", "own"];

/**
 * How PyTorch can lay out planes and update weights.
 *
 * @param {import("../networks.mjs").Case["specification"]} specification
 * @returns {Arrangement[]}
 */
export function arrangements({ layers }) {
  const convolution = layers.some(({ type }) => type === "conv2d");
  return (convolution ? [false, true] : [false]).flatMap((channelsLast) =>
    optimizers.map((optimizer) => ({ channelsLast, optimizer })),
  );
}

/**
 * Gives PyTorch an input.
 *
 * @param {Rival} rival
 * @param {import("../networks.mjs").Case["specification"]} specification
 * @param {import("../networks.mjs").Prepared["input"]} input
 * @param {string} folder - For the files through which it goes.
 * @param {string} [batch] - Its name on the other side.
 */
export async function hand(
  rival,
  { input: { channels, height, width }, readout },
  { spikes, classes },
  folder,
  batch = "batch",
) {
  let start = 0;
  const offsets = spikes.flatMap((sample) => {
    const shifted = Array.from(sample.offsets.subarray(0, -1), (offset) => offset + start);
    start += sample.indices.length;
    return shifted;
  });
  /** @type {Record<string, string>} */
  const paths = {};
  const write = (/** @type {string} */ name, /** @type {ArrayBufferView} */ data) => {
    paths[name] = join(folder, name);
    writeFileSync(join(folder, name), new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  };
  write("offsets", Uint32Array.from([...offsets, start]));
  write("indices", Uint32Array.from(spikes.flatMap(({ indices }) => Array.from(indices))));
  write("counts", Float32Array.from(spikes.flatMap(({ counts }) => Array.from(counts))));
  const steps = (spikes[0]?.offsets.length ?? 1) - 1;
  const inputs = channels * height * width;
  const samples = spikes.length;
  await rival.ask("batch", { batch, samples, steps, inputs, classes, units: readout.units, ...paths });
}

/**
 * PyTorch as one that learns as we do, for the check of agreement.
 *
 * @param {Rival} rival - It has the input.
 * @param {Arrangement} arrangement
 * @param {number} samples
 * @param {readonly number[]} sizes - Values of each parameter.
 * @param {string} folder
 * @returns {import("../agreement.mjs").Other}
 */
export function learner(rival, arrangement, samples, sizes, folder) {
  const path = join(folder, "check.safetensors");
  const written = join(folder, "parameters");
  return {
    name: `PyTorch (channels last: ${arrangement.channelsLast}, ${arrangement.optimizer})`,
    async learn(checkpoint, first, last, every) {
      writeFileSync(path, checkpoint);
      await rival.ask("load", { path, samples, ...arrangement });
      const { losses } = await rival.ask("run", { first, last, every, losses: true });
      const parameters = await parametersOf(rival, "network", sizes, written);
      const layers = sizes.length / 2;
      const mean = (/** @type {number} */ layer) =>
        losses.reduce(
          (/** @type {number} */ sum, /** @type {number[]} */ step) => sum + (step[layer] ?? Number.NaN),
          0,
        );
      return { losses: Array.from({ length: layers }, (_, layer) => mean(layer) / losses.length), parameters };
    },
  };
}

/**
 * Weights and biases of a network on the other side.
 *
 * @param {Rival} rival
 * @param {string} network - Its name there.
 * @param {readonly number[]} sizes - Values of each.
 * @param {string} path - Of a file through which they come.
 * @returns {Promise<Float32Array[]>} Weight and bias of each layer in turn.
 */
export async function parametersOf(rival, network, sizes, path) {
  await rival.ask("parameters", { network, path });
  const bytes = readFileSync(path);
  let start = bytes.byteOffset;
  return sizes.map((size) => {
    const values = new Float32Array(bytes.buffer.slice(start, start + 4 * size));
    start += 4 * size;
    return values;
  });
}

/**
 * The arrangement in which PyTorch runs a network fastest here.
 *
 * @param {Rival} rival - It has the input.
 * @param {import("../networks.mjs").Case["specification"]} specification
 * @param {string} path - The network.
 * @param {number} samples
 * @param {number} steps
 * @param {import("../networks.mjs").Mode} mode
 * @param {string} [batch] - Name of the input there.
 * @returns {Promise<Arrangement>}
 */
export async function fastest(rival, specification, path, samples, steps, mode, batch = "batch") {
  const every = updateEvery(mode);
  const tried = arrangements(specification)
    .filter(({ optimizer }) => every > 0 || optimizer === "own")
    .map((arrangement) => ({ arrangement, time: Number.POSITIVE_INFINITY }));
  if (tried.length === 1 && tried[0] !== undefined) return tried[0].arrangement;
  // Twice through all of them, so that a moment in which something else ran does not decide.
  for (let round = 0; round < 2; round++) {
    for (const one of tried) {
      await rival.ask("load", { path, samples, network: "tried", ...one.arrangement });
      await rival.ask("run", { first: 0, last: 1, every, network: "tried", batch });
      const { seconds } = await rival.ask("run", { first: 0, last: steps, every, network: "tried", batch });
      one.time = Math.min(one.time, seconds);
    }
  }
  return tried.reduce((best, one) => (one.time < best.time ? one : best)).arrangement;
}
