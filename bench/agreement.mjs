// @ts-check
/**
 * Makes sure that a rival computes what we compute, before anything is timed: losses of every layer and updates of every
 * weight, learning step by learning step, **each step from the same state** on both sides.
 *
 * Trajectories cannot be compared instead. A spike is a threshold, and AdaMax moves a weight by the learning rate however
 * small its gradient. So rounding decides a spike, that decides the sign of gradients near zero, and those move weights by
 * up to twice the rate. Measured on conv 64-128-128 with batch 72, preset weights and 2 % random input, first layer (4.7
 * million neurons, 6,272 weights), spikes that differ from PyTorch in float64 after one, two and three AdaMax steps: ours
 * 1, 19 and 199; PyTorch in float32 0, 1 and 23. Both sides grow tenfold a step; which of them loses the first spike is
 * chance. Potentials differ from float64's by 3e−9 (ours) and 2e−9 (PyTorch) in the median. The single spike of the first
 * step changed 48 weights, whose gradients were all below 3e−7 where the median is 2e−5; the losses of that layer then
 * parted by 1e−5, 1e−4 and 4e−3.
 *
 * From the same state nothing can grow. A spike that rounding flips within a step changes a readout by no more than one
 * weight of it, and the layer above hears of it only a step later.
 */

import { adaMax } from "../dist/index.js";
import { batchOf, replaced } from "./networks.mjs";
import { median } from "./statistics.mjs";

/** Steps checked one by one; three more are checked with a single update behind them. */
const [single, accumulated] = [4, 3];
/** By how much, relatively, most losses may differ: sums in another order. */
const rounding = 1e-5;
/** Flipped spikes that a loss may be off by at any step. */
const flips = 4;
/** By how much, relatively, the change of a layer's parameters may differ: in most cells, in all cells. */
const changes = { most: 2e-3, all: 5e-2 };

/**
 * Someone who learns as we do.
 *
 * @typedef {object} Other
 * @property {string} name
 * @property {(checkpoint: Uint8Array, first: number, last: number, every: number) => Promise<Learned>} learn - Learns from
 *   steps `first` to `last` − 1 of the input, from the state of the checkpoint, with an update every so many steps.
 *
 * @typedef {object} Learned
 * @property {number[]} losses - Of each layer, mean over the steps.
 * @property {Float32Array[]} parameters - Weight and bias of each layer in turn, after the last step.
 */

/**
 * Greatest and median relative differences found.
 *
 * @typedef {{ loss: { median: number, most: number }, change: { median: number, most: number } }} Deviation
 */

/**
 * Compares.
 *
 * @param {import("./networks.mjs").Case} measured - Its preset's learning rate is used, and no dropout, whose random
 *   numbers cannot be the same.
 * @param {Pick<import("./networks.mjs").Prepared, "checkpoint" | "input">} prepared
 * @param {import("../dist/index.js").BackendChoice} choice
 * @param {readonly Other[]} others
 * @returns {Promise<Deviation>}
 * @throws Error where somebody computes something else.
 */
export async function agreement(measured, { checkpoint, input }, choice, others) {
  const { name, specification, samples, steps } = measured;
  const { optimizer = adaMax({ learningRate: 1e-3 }), readout } = specification;
  const network = await replaced(checkpoint, choice, { optimizer, readout: { ...readout, dropout: 0 } });
  const { layers } = await network.describe();
  /** @type {{ loss: number[], change: number[] }} */
  const found = { loss: [], change: [] };
  const singles = Math.min(single, steps - accumulated);
  if (singles < 1) throw new Error(`${name}: ${steps} steps are too few to check`);
  try {
    for (let round = 0; round <= singles; round++) {
      const every = round < singles ? 1 : accumulated;
      const [first, last] = [round, round + every];
      const before = await network.toBytes();
      const weights = await parametersOf(network);
      const ours = await network.learn(batchOf(input, first, last), { keepState: true, updateEvery: every });
      const learned = await parametersOf(network);
      for (const other of others) {
        const theirs = await other.learn(before, first, last, every);
        const where = `${name}, batch ${samples}, step ${first + 1}${every > 1 ? ` to ${last}` : ""}, ${other.name}`;
        ours.layers.forEach(({ loss }, layer) => {
          const [one, two] = [loss ?? Number.NaN, theirs.losses[layer] ?? Number.NaN];
          const units = layers[layer]?.units ?? Number.NaN;
          // Within a chunk a flipped spike may flip a few in the layers above.
          const allowed = (flips * every * (readout.scale ?? 1)) / Math.sqrt(units) / samples + rounding * one;
          if (!(Math.abs(one - two) <= allowed)) {
            throw new Error(`${where}, layer ${layer + 1}: our loss is ${one}, theirs ${two}; ${allowed} is allowed`);
          }
          found.loss.push(Math.abs(one - two) / one);
        });
        learned.forEach((values, place) => {
          const change = deviation(values, theirs.parameters[place], weights[place]);
          if (!(change <= changes.all)) {
            const tensor = `layers.${place >> 1}.${place % 2 === 0 ? "weight" : "bias"}`;
            throw new Error(
              `${where}: the change of ${tensor} differs by ${change}, relatively; ${changes.all} is allowed`,
            );
          }
          found.change.push(change);
        });
      }
    }
  } finally {
    network.dispose();
  }
  const summary = (/** @type {number[]} */ values) => ({ median: median(values), most: Math.max(...values) });
  const result = { loss: summary(found.loss), change: summary(found.change) };
  if (!(result.loss.median <= rounding && result.change.median <= changes.most)) {
    throw new Error(
      `${name}: most losses differ by ${result.loss.median} and most changes by ${result.change.median}, relatively; ` +
        `${rounding} and ${changes.most} are allowed`,
    );
  }
  return result;
}

/**
 * A deviation as text.
 *
 * @param {Deviation} deviation
 */
export function deviationText({ loss, change }) {
  const text = (/** @type {{ median: number, most: number }} */ { median: middle, most }) =>
    `${middle.toExponential(0)} (at most ${most.toExponential(0)})`;
  return `losses within ${text(loss)}, updates within ${text(change)}`;
}

/**
 * @param {import("../dist/index.js").Network} network
 * @returns {Promise<Float32Array[]>} Weight and bias of each layer in turn.
 */
async function parametersOf(network) {
  const names = network.specification.layers.flatMap((_, layer) => [`layers.${layer}.weight`, `layers.${layer}.bias`]);
  return Promise.all(names.map(async (name) => (await network.tensor(name)).data));
}

/**
 * @param {Float32Array} ours
 * @param {Float32Array | undefined} theirs
 * @param {Float32Array | undefined} before
 * @returns {number} Euclidean length of the difference over that of our change; 0 where neither side changed anything, as
 *   in a layer that no spike reaches.
 */
function deviation(ours, theirs, before) {
  if (theirs?.length !== ours.length || before?.length !== ours.length) return Number.NaN;
  let [difference, change] = [0, 0];
  ours.forEach((value, place) => {
    difference += (value - (theirs[place] ?? 0)) ** 2;
    change += (value - (before[place] ?? 0)) ** 2;
  });
  return difference === 0 ? 0 : Math.sqrt(difference / change);
}
