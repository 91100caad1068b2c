// @ts-check
/**
 * Test accuracy after each epoch on the 2,400 recordings of `nmnist-8` to learn from and the 800 to test, ours beside PyTorch's:
 * the MLP and the small convolutional network, an update every step.
 *
 * Both sides start from the same weights and readouts and see the same batches of 72 in the same order; dropout is each side's
 * own. Both are judged by our engine, all layers, so that one ruler measures both; `first-layer` has PyTorch judge our weights.
 * Only learning is timed.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Network, preset as presetOf } from "../dist/index.js";
import { machine } from "./machine.mjs";
import { checkSame, pick, shuffled } from "./pytorch/lessons.mjs";
import { pythonWithTorch, Rival } from "./pytorch/rival.mjs";
import { fastest, hand, parametersOf } from "./pytorch/sides.mjs";
import { earlierRows, writeResult } from "./results.mjs";
import { dataFolder, recordedSpikes } from "./spikes.mjs";
import { mean, spread, spreadText, standardError } from "./statistics.mjs";
import { textTable } from "./table.mjs";

/** Networks, and the epochs that each learns for. */
const presets = /** @type {const} */ ([
  ["nmnist-mlp", 3],
  ["nmnist-small", 1],
]);
/** Recordings that are judged at once: more would take much memory. */
const judgedAtOnce = 200;

/**
 * What a side came to after an epoch, seed by seed.
 *
 * @typedef {object} Row
 * @property {string} network - Its preset.
 * @property {number} threads
 * @property {number} epoch
 * @property {number[]} seeds
 * @property {number} judged - Recordings to test.
 * @property {number[][]} ours - Test accuracy `[seed][layer]`.
 * @property {number[][]} theirs
 * @property {import("./statistics.mjs").Spread} oursSeconds - Of this epoch's learning.
 * @property {import("./statistics.mjs").Spread} theirsSeconds
 * @property {{ torch: string }} versions
 */

/** Titles of the table. */
export const head = [
  "network",
  "threads",
  "epoch",
  "layer",
  "ours",
  "by seed",
  "PyTorch",
  "by seed, the same order",
  "ours − PyTorch",
  "allowed",
  "",
  "ours, s an epoch",
  "PyTorch, s an epoch",
];

/**
 * A layer's row as text.
 *
 * @param {Row & { layer: number }} row
 * @returns {string[]}
 */
export function cells(row) {
  const { network, threads, epoch, layer, oursSeconds, theirsSeconds } = row;
  const [ours, theirs] = [row.ours, row.theirs].map((seeds) => seeds.map((layers) => layers[layer] ?? Number.NaN));
  const percent = (/** @type {number} */ value) => (100 * value).toFixed(1);
  const texts = (/** @type {number[]} */ values) => values.map(percent).join(", ");
  const { difference, allowed } = compared(ours ?? [], theirs ?? [], row.judged);
  return [
    network,
    `${threads}`,
    `${epoch}`,
    `${layer + 1}`,
    `${percent(mean(ours ?? []))} %`,
    texts(ours ?? []),
    `${percent(mean(theirs ?? []))} %`,
    texts(theirs ?? []),
    `${percent(difference)} points`,
    `±${percent(allowed)}`,
    Math.abs(difference) <= allowed ? "agrees" : "DIFFERS",
    layer === 0 ? spreadText(oursSeconds) : "",
    layer === 0 ? spreadText(theirsSeconds) : "",
  ];
}

/**
 * How far the sides are apart, and how far chance may take them: two standard errors, the greater of that which the seeds show
 * and that which so many recordings give.
 *
 * @param {readonly number[]} ours - One accuracy a seed.
 * @param {readonly number[]} theirs
 * @param {number} judged - Recordings.
 * @returns {{ difference: number, allowed: number }}
 */
export function compared(ours, theirs, judged) {
  const differences = ours.map((value, seed) => value - (theirs[seed] ?? Number.NaN));
  const middle = mean([...ours, ...theirs]);
  // Both sides are judged by the same recordings, but make their own mistakes: errors of two samples.
  const drawn = Math.sqrt((2 * middle * (1 - middle)) / judged / Math.max(1, ours.length));
  const seen = differences.length > 1 ? standardError(differences) : 0;
  return { difference: mean(differences), allowed: 2 * Math.max(drawn, seen) };
}

/**
 * Runs the benchmark.
 *
 * @param {(text: string) => void} report - Told what goes on.
 * @param {import("./list.mjs").Options} [options] - Seeds, threads, one preset, whose rows then take the place of the earlier ones,
 *   epochs. A short run learns from two batches.
 * @returns {Promise<string>} The table.
 */
export async function run(report, options = {}) {
  const { quick = false } = options;
  const folder = dataFolder("nmnist-8");
  if (folder === undefined) throw new Error("no recordings: DECOLLE_DATA names the folder that holds nmnist-8/");
  const on = machine();
  const python = pythonWithTorch(report);
  const seeds = (options.seeds ?? (quick ? "0" : "0,1,2")).split(",").map(Number);
  const threads = Number(options.threads ?? 2);
  const named = presets.filter(([name]) => (options.preset ?? (quick ? "nmnist-mlp" : name)) === name);
  if (named.length === 0) {
    throw new Error(`--preset: expected one of ${presets.map(([name]) => name).join(", ")}, found ${options.preset}`);
  }
  /** @type {(Row & { layer: number })[]} */
  const rows = [];
  const files = mkdtempSync(join(tmpdir(), "decolle-bench-"));
  try {
    for (const [name, epochs] of named) {
      const lessons = { name, threads, epochs: Number(options.epochs ?? epochs), quick };
      /** @type {Epoch[][]} */
      const all = [];
      for (const seed of seeds) all.push(await both({ ...lessons, seed }, folder, python, files, report));
      rows.push(...rowsOf(name, threads, seeds, all));
    }
  } finally {
    rmSync(files, { recursive: true, force: true });
  }
  const whole = !quick && options.seeds === undefined && options.epochs === undefined;
  if (whole) {
    const again = new Set(named.map(([name]) => /** @type {string} */ (name)));
    rows.push(...earlierRows("accuracy", on).filter((/** @type {Row} */ { network }) => !again.has(network)));
  }
  writeResult("accuracy", on, rows, { quick: !whole });
  return textTable(head, rows.map(cells));
}

/**
 * One seed after one epoch.
 *
 * @typedef {object} Epoch
 * @property {number[]} ours - Accuracy of each layer.
 * @property {number[]} theirs
 * @property {number} oursSeconds
 * @property {number} theirsSeconds
 * @property {number} judged
 * @property {string} torch
 */

/**
 * @param {string} network
 * @param {number} threads
 * @param {number[]} seeds
 * @param {readonly (readonly Epoch[])[]} all - `[seed][epoch]`.
 * @returns {(Row & { layer: number })[]}
 */
function rowsOf(network, threads, seeds, all) {
  return (all[0] ?? []).flatMap(({ judged, torch, ours }, epoch) => {
    const of = all.map((epochs) => /** @type {Epoch} */ (epochs[epoch]));
    const row = {
      network,
      threads,
      epoch: epoch + 1,
      seeds,
      judged,
      ours: of.map(({ ours }) => ours),
      theirs: of.map(({ theirs }) => theirs),
      oursSeconds: spread(of.map(({ oursSeconds }) => oursSeconds)),
      theirsSeconds: spread(of.map(({ theirsSeconds }) => theirsSeconds)),
      versions: { torch },
    };
    return ours.map((_, layer) => ({ ...row, layer }));
  });
}

/**
 * One seed of one network, both sides in turn, batch by batch.
 *
 * @param {{ name: string, threads: number, epochs: number, seed: number, quick: boolean }} lessons
 * @param {string} folder - Of the recordings.
 * @param {string} python
 * @param {string} files
 * @param {(text: string) => void} report
 * @returns {Promise<Epoch[]>}
 */
async function both({ name, threads, epochs, seed, quick }, folder, python, files, report) {
  const { network, training } = presetOf(name);
  const { input } = network;
  if (!("height" in input)) throw new Error(`${name}: expected a network whose input is a plane`);
  const specification = { ...network, input, seed };
  const { batchSize, steps = 300, burnIn = 0 } = training;
  const [train, test] = [
    await recordedSpikes(folder, input, steps),
    await recordedSpikes(folder, input, steps, undefined, "test"),
  ];
  const ours = await Network.create(specification, { backend: "native", threads });
  const judge = await Network.create(specification, { backend: "native", threads });
  const rival = new Rival(python, threads);
  try {
    const path = join(files, "start.safetensors");
    writeFileSync(path, await ours.toBytes());
    const names = (await ours.tensors()).filter((tensor) => /^layers\.\d+\.(weight|bias)$/.test(tensor));
    const sizes = await Promise.all(names.map(async (tensor) => (await ours.tensor(tensor)).data.length));
    const accuracies = async (/** @type {Network} */ judged) => {
      const right = specification.layers.map(() => 0);
      for (let start = 0; start < test.classes.length; start += judgedAtOnce) {
        const places = Array.from(
          { length: Math.min(judgedAtOnce, test.classes.length - start) },
          (_, at) => start + at,
        );
        const { spikes, classes } = pick(test, places);
        const { predictions } = await judged.run({ input: { spikes } }, { burnIn });
        for (const layer of right.keys()) {
          const said = predictions.data.subarray(layer * classes.length);
          right[layer] = (right[layer] ?? 0) + classes.filter((label, sample) => said[sample] === label).length;
        }
      }
      return right.map((count) => count / test.classes.length);
    };
    const { torch } = await rival.ask("hello", { threads });
    const order = shuffled(train.spikes.length, seed);
    const batchAt = (/** @type {number} */ place, size = batchSize) =>
      pick(
        train,
        Array.from({ length: size }, (_, sample) => order(place * batchSize + sample)),
      );
    await hand(rival, specification, batchAt(0), files, "trial");
    await checkSame(ours, batchAt(0), rival, path, files, sizes, names, burnIn);
    const arrangement = await fastest(rival, specification, path, batchSize, 4, "K = 1", "trial");
    await rival.ask("drop", { batch: "trial" });
    await rival.ask("load", { path, samples: batchSize, network: "learner", ...arrangement });
    /** @type {Epoch[]} */
    const found = [];
    // Of an epoch the last batch takes the first recordings of the next one, so that all batches are of one size.
    const perEpoch = quick ? 2 : train.spikes.length / batchSize;
    for (let [epoch, place] = [1, 0]; epoch <= epochs; epoch++) {
      let [oursSeconds, theirsSeconds] = [0, 0];
      for (; place < epoch * perEpoch; place++) {
        const { spikes, classes } = batchAt(place);
        const start = performance.now();
        await ours.learn({ input: { spikes }, target: { classes } }, { burnIn, updateEvery: 1 });
        oursSeconds += (performance.now() - start) / 1000;
        await hand(rival, specification, { spikes, classes }, files, "lesson");
        const asked = { first: 0, last: steps, every: 1, network: "learner", batch: "lesson", reset: true, burnIn };
        theirsSeconds += (await rival.ask("run", asked)).seconds;
      }
      const parameters = await parametersOf(rival, "learner", sizes, join(files, "learner"));
      for (const [index, tensor] of names.entries()) {
        await judge.setTensor(tensor, parameters[index] ?? new Float32Array(0));
      }
      const [mine, its] = [await accuracies(ours), await accuracies(judge)];
      const text = (/** @type {number[]} */ values) => values.map((value) => value.toFixed(3)).join(", ");
      report(
        `${name}, seed ${seed}, epoch ${epoch}: ours ${text(mine)} in ${oursSeconds.toFixed(1)} s, PyTorch ${text(its)} in ${theirsSeconds.toFixed(1)} s`,
      );
      found.push({ ours: mine, theirs: its, oursSeconds, theirsSeconds, judged: test.classes.length, torch });
    }
    return found;
  } finally {
    ours.dispose();
    judge.dispose();
    rival.end();
  }
}
