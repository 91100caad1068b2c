// @ts-check
/**
 * How much of a training is spent waiting for recordings, with two threads: N-MNIST as it lies in `DECOLLE_DATA`, and DvsGesture
 * in the layout of the official archive, generated; in a first epoch, whose trials have to be cut out of their recordings, and in a
 * second one, where they lie ready. And how much memory `decolle train` takes at most over an epoch of few and of many recordings of
 * that layout, each in a process of its own: of every trial few steps, since memory is asked for and not time.
 */

import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { datasets, events, Network, preset } from "../dist/index.js";
import { writeArchive } from "./gesture-archive.mjs";
import { machine } from "./machine.mjs";
import { writeResult } from "./results.mjs";
import { nmnistFolder } from "./spikes.mjs";
import { digits } from "./statistics.mjs";
import { textTable } from "./table.mjs";

/** Share of an epoch that may be spent waiting. */
const limit = 0.02;
/** By how much peak memory may be greater with many recordings than with few. */
const tolerance = 0.05;
/** Few and many recordings, a dozen trials each. */
const [few, many] = [4, 24];
/** Program of the command line. */
const program = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

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
 * @property {number | null} [growth] - Of a row that is about memory: by how much its peak is greater than with few recordings; null
 *   for these themselves.
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
  "waiting at most 2 %, memory 5 % more than with few",
];

/**
 * A row as text.
 *
 * @param {Row} row
 * @returns {string[]}
 */
export function cells({ data, preset: name, epoch, recordings, seconds, waiting, peakBytes, growth }) {
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
    growth === undefined ? (share <= limit ? "met" : "missed") : growthText(growth),
  ];
}

/** What there is to say of peak memory. */
function growthText(/** @type {number | null} */ growth) {
  if (growth === null) return "";
  return `${(100 * growth).toFixed(1)} % more: ${growth <= tolerance ? "met" : "missed"}`;
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
    /** @type {number | null} */
    let least = null;
    for (const recordings of quick ? [1, 2] : [few, many]) {
      const row = await byCommand(join(folder, `${recordings}`), { ...size, train: recordings, test: 1 }, report);
      const growth = least === null || row.peakBytes === null ? null : row.peakBytes / least - 1;
      least ??= row.peakBytes;
      add({ ...row, growth });
    }
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

/**
 * An epoch of `decolle train` on a generated archive.
 *
 * @param {string} folder - Where the archive, what is cut of it, and the training lie meanwhile.
 * @param {Parameters<typeof writeArchive>[2]} size - Of the archive.
 * @param {(text: string) => void} report
 * @returns {Promise<Row>}
 */
async function byCommand(folder, size, report) {
  const data = `dvsgesture:${join(folder, "archive")}`;
  const { train } = await writeArchive(events, join(folder, "archive"), size);
  const short = ["--epochs", "1", "--batch", "12", "--steps", "120", "--threads", "2", "--quiet"];
  const words = ["train", "--data", data, "--preset", "dvsgesture", ...short, "--out", join(folder, "out")];
  report(`decolle ${words.join(" ")}`);
  const { error, status, signal } = spawnSync(process.execPath, [program, ...words], {
    env: { ...process.env, DECOLLE_CACHE: join(folder, "cache") },
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${data}: the training ended with ${signal ?? `exit code ${status}`}`);
  const { seconds, waiting, peakBytes } = JSON.parse(await readFile(join(folder, "out", "metrics.jsonl"), "utf8"));
  await rm(folder, { recursive: true });
  const name = "dvsgesture, generated, by decolle train, 120 steps";
  return { data: name, preset: "dvsgesture", epoch: 1, recordings: train, seconds, waiting, peakBytes };
}
