// @ts-check
/**
 * What firing rarely costs: a preset that does beside the one that does not on the same schedule, both trained from the same
 * weights on the same recordings in the same order. The convolutional network has two layers that are judged, the last
 * convolution and the ten neurons on top of it, which stay poor in the reference as well.
 */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { datasets, Network, preset } from "../dist/index.js";
import { machine } from "./machine.mjs";
import { earlierRows, writeResult } from "./results.mjs";
import { nmnistFolder } from "./spikes.mjs";
import { mean, standardError } from "./statistics.mjs";
import { textTable } from "./table.mjs";

/**
 * Two presets side by side.
 *
 * @typedef {object} Pair
 * @property {string} often
 * @property {string} rarely
 * @property {string} data - Folder of the recordings, beside those of N-MNIST.
 * @property {number} epochs
 * @property {readonly number[]} judged - Layers whose accuracy counts.
 * @property {number} hidden - Layers whose density counts.
 */

/** @type {readonly Pair[]} */
const pairs = [
  { often: "nmnist-mlp", rarely: "nmnist-mlp-sparse", data: "nmnist-8", epochs: 3, judged: [1], hidden: 2 },
  { often: "nmnist-small", rarely: "nmnist-small-sparse", data: "nmnist", epochs: 3, judged: [2, 3], hidden: 3 },
];
const usualSeeds = [0, 1, 2, 3, 4];
/** Spikes per neuron and step that a hidden layer may have, and points of accuracy that the last may lose. */
const [mostDensity, mostLost] = [0.04, 0.01];

/**
 * One training, or the means of a side's, which have no seed.
 *
 * @typedef {object} Row
 * @property {string} data
 * @property {string} preset
 * @property {number | null} seed
 * @property {number[]} density - Of each layer, in the last epoch's training.
 * @property {number[]} accuracy - Of each layer judged, on the test recordings.
 * @property {number[] | null} error - Standard errors of those, where they are means of several.
 * @property {string} verdict
 */

/** Titles of the table. */
export const head = ["recordings", "preset", "seed", "density, layers", "accuracy, last layers", "points lost, target"];

/**
 * A row as text.
 *
 * @param {Row} row
 * @returns {string[]}
 */
export function cells({ data, preset, seed, density, accuracy, error, verdict }) {
  const points = accuracy.map((value, place) => {
    const spread = error?.[place];
    return value.toFixed(3) + (spread === undefined ? "" : ` ± ${spread.toFixed(3)}`);
  });
  const layers = density.map((value) => value.toFixed(3)).join(", ");
  return [data, preset, String(seed ?? "mean ± standard error"), layers, points.join(", "), verdict];
}

/**
 * Trains both sides of all pairs, or of the one that a preset belongs to.
 *
 * @param {(text: string) => void} report - Told what goes on.
 * @param {import("./list.mjs").Options} [options] - A preset, seeds separated by commas, epochs, threads. Trainings of other
 *   presets and seeds that were measured on the same machine stay in the result.
 * @returns {Promise<string>} The table.
 */
export async function run(report, { preset: only, seeds, epochs, threads = "2", quick = false } = {}) {
  const folder = nmnistFolder();
  if (folder === undefined) throw new Error("no N-MNIST recordings: DECOLLE_DATA names the folder that holds nmnist/");
  const on = machine();
  const asked = pairs.filter(({ often, rarely }) => only === undefined || only === often || only === rarely);
  if (asked.length === 0) throw new Error(`${only} is in no pair`);
  /** @type {Row[]} */
  const trained = [];
  for (const pair of asked) {
    if (!existsSync(join(dirname(folder), pair.data))) throw new Error(`no recordings ${pair.data} beside ${folder}`);
    const recordings = await datasets.nmnist(join(dirname(folder), pair.data));
    const count = quick ? 1 : Number(epochs ?? pair.epochs);
    for (const seed of seeds?.split(",").map(Number) ?? (quick ? [0] : usualSeeds)) {
      for (const side of [pair.often, pair.rarely]) {
        const row = await train(pair, side, seed, recordings, count, Number(threads));
        trained.push(row);
        report(cells(row).join(" | "));
      }
    }
  }
  const short = quick || epochs !== undefined;
  const key = (/** @type {Row} */ { data, preset, seed }) => `${data} ${preset} ${seed}`;
  const anew = new Set(trained.map(key));
  const earlier = short ? [] : earlierRows("sparse", on);
  const rows = [...earlier.filter((row) => row.seed !== null && !anew.has(key(row))), ...trained];
  const table = pairs.flatMap((pair) => withMeans(pair, rows));
  writeResult("sparse", on, table, { quick: short });
  return textTable(head, table.map(cells));
}

/**
 * One training. The schedule, and the learning rate that belongs to it, are those of the sparse preset on both sides.
 *
 * @param {Pair} pair
 * @param {string} side - Name of a preset.
 * @param {number} seed
 * @param {Awaited<ReturnType<typeof datasets.nmnist>>} recordings
 * @param {number} epochs
 * @param {number} threads
 * @returns {Promise<Row>}
 */
async function train({ rarely, data, judged }, side, seed, recordings, epochs, threads) {
  const { training, network: sparse, transform } = preset(rarely);
  const { optimizer } = sparse;
  const specification = { ...preset(side).network, ...(optimizer && { optimizer }), seed };
  const network = await Network.create(specification, { backend: "native", threads });
  try {
    const { train: shown, test } = recordings;
    const { epochs: found } = await network.fit(shown, { ...training, epochs, transform, seed, test });
    const last = found.at(-1);
    if (last?.test === undefined) throw new Error(`${side}: was not tested`);
    const { accuracy } = last.test;
    return {
      data,
      preset: side,
      seed,
      density: [...last.density.layers],
      accuracy: judged.map((layer) => accuracy[layer] ?? Number.NaN),
      error: null,
      verdict: "",
    };
  } finally {
    network.dispose();
  }
}

/**
 * @param {Pair} pair
 * @param {readonly Row[]} rows - Trainings of all pairs.
 * @returns {Row[]} Those of this pair, seed by seed, with the points that firing rarely lost; then the mean of each side, the
 *   second with how it keeps to the targets.
 */
function withMeans({ often, rarely, data, hidden }, rows) {
  const of = (/** @type {string} */ side) =>
    rows.filter((row) => row.data === data && row.preset === side).sort((a, b) => Number(a.seed) - Number(b.seed));
  const [dense, sparse] = [of(often), of(rarely)];
  if (dense.length === 0 || sparse.length === 0) return [...dense, ...sparse];
  const lost = sparse.map((row) => {
    const beside = dense.find(({ seed }) => seed === row.seed);
    return row.accuracy.map((value, place) => (beside?.accuracy[place] ?? Number.NaN) - value);
  });
  const points = (/** @type {number} */ share) => (100 * share).toFixed(1);
  const trainings = dense.flatMap((row) => {
    const place = sparse.findIndex(({ seed }) => seed === row.seed);
    const beside = sparse[place];
    return beside === undefined ? [row] : [row, { ...beside, verdict: (lost[place] ?? []).map(points).join(", ") }];
  });
  const met = (/** @type {boolean} */ kept) => (kept ? "met" : "missed");
  const densest = Math.max(...sparse.flatMap(({ density }) => density.slice(0, hidden)));
  const loss = (sparse[0]?.accuracy ?? []).map((_, place) => {
    const values = lost.map((of) => of[place] ?? Number.NaN);
    const spread = values.length > 1 ? ` ± ${points(standardError(values))}` : "";
    return `${points(mean(values))}${spread}: ${met(mean(values) <= mostLost)}`;
  });
  const verdict =
    `hidden density ≤ ${mostDensity} with every seed: ${met(densest <= mostDensity)} (${densest.toFixed(3)}); ` +
    `points lost ≤ ${100 * mostLost}: ${loss.join(" and ")}`;
  return [...trainings, meanOf(dense, ""), meanOf(sparse, verdict)];
}

/**
 * @param {readonly Row[]} rows - Those of one side, at least one.
 * @param {string} verdict
 * @returns {Row} Their mean.
 */
function meanOf(rows, verdict) {
  const [{ data = "", preset = "" } = {}] = rows;
  const over = (/** @type {"density" | "accuracy"} */ key) =>
    (rows[0]?.[key] ?? []).map((_, place) => rows.map((row) => row[key][place] ?? Number.NaN));
  return {
    data,
    preset,
    seed: null,
    density: over("density").map(mean),
    accuracy: over("accuracy").map(mean),
    error: rows.length > 1 ? over("accuracy").map(standardError) : null,
    verdict,
  };
}
