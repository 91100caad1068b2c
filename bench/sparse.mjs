// @ts-check
/**
 * What firing rarely costs: the preset `nmnist-small-sparse` beside `nmnist-small` on the same schedule, both trained from the
 * same weights on the same recordings in the same order. Two layers are judged, the last convolution and the ten neurons on
 * top of it, which stay poor in the reference as well.
 */

import { datasets, Network, preset } from "../dist/index.js";
import { machine } from "./machine.mjs";
import { writeResult } from "./results.mjs";
import { nmnistFolder } from "./spikes.mjs";
import { mean, standardError } from "./statistics.mjs";
import { textTable } from "./table.mjs";

/** What a side comes to, over its seeds. */
const sides = /** @type {const} */ (["nmnist-small", "nmnist-small-sparse"]);
const usualSeeds = [0, 1, 2, 3, 4];
/** The last convolution and the layer on top of it. */
const judged = [2, 3];
/** Spikes per neuron and step that a hidden layer may have, and points of accuracy that the last may lose. */
const [mostDensity, mostLost] = [0.04, 0.01];

/**
 * One training, or the means of a side's, which have no seed.
 *
 * @typedef {object} Row
 * @property {typeof sides[number]} preset
 * @property {number | null} seed
 * @property {number[]} density - Of each layer, in the last epoch's training.
 * @property {number[]} accuracy - Of each layer judged, on the test recordings.
 * @property {number[] | null} error - Standard errors of those, where they are means of several.
 * @property {string} verdict
 */

/** Titles of the table. */
export const head = ["preset", "seed", "density, layers", "accuracy, last convolution", "last layer", "target"];

/**
 * A row as text.
 *
 * @param {Row} row
 * @returns {string[]}
 */
export function cells({ preset, seed, density, accuracy, error, verdict }) {
  const points = accuracy.map((value, place) => {
    const spread = error?.[place];
    return value.toFixed(3) + (spread === undefined ? "" : ` ± ${spread.toFixed(3)}`);
  });
  const layers = density.map((value) => value.toFixed(3)).join(", ");
  return [preset, String(seed ?? "mean ± standard error"), layers, ...points, verdict];
}

/**
 * Trains both sides.
 *
 * @param {(text: string) => void} report - Told what goes on.
 * @param {import("./list.mjs").Options} [options] - Seeds separated by commas, epochs, threads.
 * @returns {Promise<string>} The table.
 */
export async function run(report, { seeds, epochs, threads = "2", quick = false } = {}) {
  const folder = nmnistFolder();
  if (folder === undefined) throw new Error("no N-MNIST recordings: DECOLLE_DATA names the folder that holds nmnist/");
  const on = machine();
  const { train, test } = await datasets.nmnist(folder);
  const { training: schedule, network: sparse, transform } = preset("nmnist-small-sparse");
  const training = { ...schedule, epochs: quick ? 1 : Number(epochs ?? schedule.epochs) };
  /** @type {Row[]} */
  const rows = [];
  for (const seed of seeds?.split(",").map(Number) ?? (quick ? [0] : usualSeeds)) {
    for (const side of sides) {
      const { network: specification } = preset(side);
      // The schedule, and the learning rate that belongs to it, are those of the sparse preset on both sides.
      const network = await Network.create(
        { ...specification, ...(sparse.optimizer && { optimizer: sparse.optimizer }), seed },
        { backend: "native", threads: Number(threads) },
      );
      try {
        const { epochs: found } = await network.fit(train, { ...training, transform, seed, test });
        const last = found.at(-1);
        if (last?.test === undefined) throw new Error(`${side}: was not tested`);
        const { accuracy } = last.test;
        const row = {
          preset: side,
          seed,
          density: [...last.density.layers],
          accuracy: judged.map((layer) => accuracy[layer] ?? Number.NaN),
          error: null,
          verdict: "",
        };
        rows.push(row);
        report(cells(row).join(" | "));
      } finally {
        network.dispose();
      }
    }
  }
  rows.push(...means(rows));
  writeResult("sparse", on, rows, { quick: quick || seeds !== undefined || epochs !== undefined });
  return textTable(head, rows.map(cells));
}

/**
 * @param {readonly Row[]} trainings
 * @returns {Row[]} The mean of each side, the second with how it keeps to the targets.
 */
function means(trainings) {
  const averages = sides.map((side) => {
    const rows = trainings.filter(({ preset }) => preset === side);
    const over = (/** @type {"density" | "accuracy"} */ key) =>
      (rows[0]?.[key] ?? []).map((_, place) => rows.map((row) => row[key][place] ?? Number.NaN));
    return {
      preset: side,
      seed: null,
      density: over("density").map(mean),
      accuracy: over("accuracy").map(mean),
      error: rows.length > 1 ? over("accuracy").map(standardError) : null,
      verdict: "",
    };
  });
  const [often, rarely] = averages;
  if (often === undefined || rarely === undefined) return averages;
  const densest = Math.max(...rarely.density.slice(0, -1));
  const lost = judged.map((_, place) => (often.accuracy[place] ?? Number.NaN) - (rarely.accuracy[place] ?? Number.NaN));
  const met = (/** @type {boolean} */ kept) => (kept ? "met" : "missed");
  const loss = lost.map((points) => `${(100 * points).toFixed(1)}: ${met(points <= mostLost)}`).join(" and ");
  rarely.verdict =
    `hidden density ≤ ${mostDensity}: ${met(densest <= mostDensity)} (${densest.toFixed(3)}); ` +
    `points lost ≤ ${100 * mostLost}: ${loss}`;
  return averages;
}
