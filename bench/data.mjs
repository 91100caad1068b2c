// @ts-check
/**
 * How much of a training is spent waiting for recordings, with two threads: N-MNIST as it lies in `DECOLLE_DATA`, and DvsGesture
 * in the layout of the official archive, generated; in a first epoch, whose trials have to be cut out of their recordings, and in a
 * second one, where they lie ready.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { datasets, events, Network, preset } from "../dist/index.js";
import { writeArchive } from "./gesture-archive.mjs";
import { machine } from "./machine.mjs";
import { writeResult } from "./results.mjs";
import { nmnistFolder } from "./spikes.mjs";
import { digits } from "./statistics.mjs";
import { textTable } from "./table.mjs";

/** Share of an epoch that may be spent waiting. */
const limit = 0.02;

/**
 * One line of the table.
 *
 * @typedef {object} Row
 * @property {string} data
 * @property {string} preset
 * @property {number} epoch
 * @property {number} recordings
 * @property {number} seconds - Of the epoch's training.
 * @property {number} waiting - Seconds of these spent waiting for recordings.
 * @property {number | null} peakBytes
 */

/** Titles of the table. */
export const head = [
  "data",
  "preset",
  "epoch",
  "recordings",
  "training, s",
  "waiting, s",
  "share",
  "peak, MiB",
  "at most 2 %",
];

/**
 * A row as text.
 *
 * @param {Row} row
 * @returns {string[]}
 */
export function cells({ data, preset: name, epoch, recordings, seconds, waiting, peakBytes }) {
  const share = waiting / seconds;
  return [
    data,
    name,
    `${epoch}`,
    `${recordings}`,
    digits(seconds),
    digits(waiting),
    `${digits(100 * share)} %`,
    peakBytes === null ? "" : (peakBytes / 2 ** 20).toFixed(0),
    share <= limit ? "met" : "missed",
  ];
}

/**
 * Runs the benchmark.
 *
 * @param {(text: string) => void} report - Told what goes on.
 * @param {import("./list.mjs").Options} [options] - A short run shows few recordings for few steps.
 * @returns {Promise<string>} The table.
 */
export async function run(report, { quick = false } = {}) {
  const on = machine();
  /** @type {Row[]} */
  const rows = [];
  const add = (/** @type {Row} */ row) => {
    report(cells(row).join(", "));
    rows.push(row);
  };
  const nmnist = nmnistFolder();
  if (nmnist !== undefined) {
    const { train } = await datasets.nmnist(nmnist);
    await trainTwice("nmnist", train, "nmnist-mlp", quick ? { steps: 70 } : {}, add);
  } else {
    report("no N-MNIST recordings: DECOLLE_DATA names the folder that holds nmnist/");
  }
  const folder = await mkdtemp(join(tmpdir(), "decolle-bench-"));
  try {
    const size = quick ? { train: 1, test: 1, trials: 4, events: 20_000 } : { train: 4, test: 1 };
    await writeArchive(events, join(folder, "archive"), size);
    const { train } = await datasets.dvsgesture(join(folder, "archive"), { cache: join(folder, "cache") });
    const smaller = quick ? { batchSize: 2, steps: 110 } : { batchSize: 12 };
    await trainTwice("dvsgesture, generated", train, "dvsgesture", smaller, add);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  writeResult("data", on, rows, { quick });
  return textTable(head, rows.map(cells));
}

/**
 * Trains for two epochs.
 *
 * @param {string} data
 * @param {import("../dist/index.js").Dataset} train
 * @param {string} name - The preset.
 * @param {Partial<import("../dist/index.js").TrainingRecipe>} changes
 * @param {(row: Row) => void} add
 */
async function trainTwice(data, train, name, changes, add) {
  const { network: specification, training, transform } = preset(name);
  const network = await Network.create(specification, { threads: 2 });
  try {
    await network.fit(train, {
      ...training,
      ...changes,
      epochs: 2,
      transform,
      onEpoch: ({ epoch, samples, seconds, waiting = 0, peakBytes }) =>
        add({ data, preset: name, epoch, recordings: samples, seconds, waiting, peakBytes }),
    });
  } finally {
    network.dispose();
  }
}
