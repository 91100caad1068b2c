// @ts-check
/** Lessons that our network and PyTorch's take side by side: the same batches in the same order, from the same weights. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Network } from "../../dist/index.js";
import { cut } from "../spikes.mjs";
import { parametersOf } from "./sides.mjs";

/** @typedef {import("./rival.mjs").Rival} Rival */

/** @typedef {{ spikes: import("../spikes.mjs").Spikes[], classes: number[] }} Batch */

/**
 * Makes sure that both sides learn alike: one batch, its burn-in and three learning steps with one update, without dropout.
 *
 * @param {Network} network
 * @param {Batch} batch
 * @param {Rival} rival - It has the batch as `trial`.
 * @param {string} path - For a checkpoint.
 * @param {string} files
 * @param {readonly number[]} sizes
 * @param {readonly string[]} names
 * @param {number} burnIn
 */
export async function checkSame(network, batch, rival, path, files, sizes, names, burnIn) {
  const { specification } = network;
  const plain = await Network.create(
    { ...specification, readout: { ...specification.readout, dropout: 0 } },
    { backend: "native", threads: 1 },
  );
  try {
    const check = `${path}.check`;
    writeFileSync(check, await plain.toBytes());
    const last = burnIn + 3;
    const input = { spikes: batch.spikes.map((sample) => cut(sample, 0, last)) };
    await plain.learn({ input, target: { classes: batch.classes } }, { burnIn, updateEvery: 3 });
    await rival.ask("load", { path: check, samples: batch.classes.length, network: "check" });
    await rival.ask("run", { first: 0, last, every: 3, network: "check", batch: "trial", burnIn });
    const theirs = await parametersOf(rival, "check", sizes, join(files, "check"));
    for (const [place, name] of names.entries()) {
      let [difference, change] = [0, 0];
      const before = (await network.tensor(name)).data;
      (await plain.tensor(name)).data.forEach((value, index) => {
        difference += (value - (theirs[place]?.[index] ?? Number.NaN)) ** 2;
        change += (value - (before[index] ?? Number.NaN)) ** 2;
      });
      // Rounding flips a few spikes in 63 steps, and the signs of gradients near zero with them.
      const deviation = Math.sqrt(difference / change);
      if (!(deviation <= 0.1))
        throw new Error(`${name}: our first update and PyTorch's differ by ${deviation}, relatively`);
    }
  } finally {
    plain.dispose();
  }
}

/**
 * Some of the recordings as a batch.
 *
 * @param {Batch} from
 * @param {readonly number[]} chosen
 * @returns {Batch}
 */
export function pick({ spikes, classes }, chosen) {
  const at = (/** @type {number} */ place) => {
    const found = spikes[place];
    if (found === undefined) throw new Error(`there is no recording ${place}`);
    return found;
  };
  return { spikes: chosen.map(at), classes: chosen.map((place) => classes[place] ?? Number.NaN) };
}

/**
 * An endless order of recordings: all of them, shuffled, then all of them in another order.
 *
 * @param {number} count
 * @param {number} seed
 * @returns {(place: number) => number}
 */
export function shuffled(count, seed) {
  /** @type {number[]} */
  const order = [];
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  return (place) => {
    while (order.length <= place) {
      const round = Array.from({ length: count }, (_, index) => index);
      for (let left = count - 1; left > 0; left--) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        const other = Math.floor((state / 2 ** 32) * (left + 1));
        [round[left], round[other]] = [round[other] ?? 0, round[left] ?? 0];
      }
      order.push(...round);
    }
    return order[place] ?? 0;
  };
}
