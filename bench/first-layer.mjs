// @ts-check
/**
 * The first layer of the small convolutional network alone, ours and PyTorch's, from the same initial values: what its test
 * accuracy comes to over seeds, orders of the recordings and epochs. No layer learns from those above, so that it learns
 * here what it learns in the whole network. PyTorch also tests what we trained.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { datasets, Network, preset } from "../dist/index.js";
import { machine } from "./machine.mjs";
import { pythonWithTorch } from "./pytorch/rival.mjs";
import { drawInto } from "./reproduction/initial.mjs";
import { writeResult } from "./results.mjs";
import { nmnistFolder, recordedSpikes } from "./spikes.mjs";
import { mean, standardError } from "./statistics.mjs";
import { textTable } from "./table.mjs";

/**
 * One training, or the mean of a side's trainings, which has no seed.
 *
 * @typedef {object} Row
 * @property {"decolle" | "PyTorch"} side
 * @property {number | null} seed - Of the initial values.
 * @property {number | null} order - Seed of the order of the recordings and of dropout.
 * @property {{ loss: number, accuracy: number, error?: number }[]} epochs - Training loss and test accuracy of each; the
 * standard error of the accuracy where it is a mean.
 * @property {number | null} tested - Accuracy of the trained weights when PyTorch tests them.
 */

/** Seeds of the initial values, and of orders for each of them. */
const [seeds, orders] = [
  [0, 1, 2],
  [0, 1, 2, 3],
];
const epochs = 3;

/** Titles of the table. */
export const head = [
  "side",
  "initial values",
  "order",
  "training loss, epoch 1, 2, 3",
  "test accuracy, epoch 1, 2, 3",
  "tested by PyTorch",
];

/**
 * A row as text.
 *
 * @param {Row} row
 * @returns {string[]}
 */
export function cells({ side, seed, order, epochs, tested }) {
  const losses = epochs.map(({ loss }) => loss.toFixed(4)).join(", ");
  const accuracies = epochs
    .map(({ accuracy, error }) => accuracy.toFixed(2) + (error === undefined ? "" : ` ± ${error.toFixed(2)}`))
    .join(", ");
  return [
    side,
    String(seed ?? "mean ± standard error"),
    String(order ?? ""),
    losses,
    accuracies,
    tested?.toFixed(2) ?? "",
  ];
}

/**
 * Trains on both sides.
 *
 * @param {(text: string) => void} report - Told what goes on.
 * @param {import("./list.mjs").Options} [options] - Seeds separated by commas.
 * @returns {Promise<string>} The table.
 */
export async function run(report, { seeds: chosen, quick = false } = {}) {
  const data = nmnistFolder();
  if (data === undefined) throw new Error("no N-MNIST recordings: DECOLLE_DATA names the folder that holds nmnist/");
  const on = machine();
  /** @type {Row[]} */
  const rows = [];
  const folder = mkdtempSync(join(tmpdir(), "decolle-first-layer-"));
  try {
    await exportRecordings(data, folder);
    for (const seed of chosen?.split(",").map(Number) ?? (quick ? [0] : seeds)) {
      for (const order of quick ? [0] : orders) {
        for (const [side, train] of /** @type {const} */ ([
          ["decolle", ours],
          ["PyTorch", theirs],
        ])) {
          const row = {
            side,
            seed,
            order,
            ...(await train({ data, folder }, seed, order, quick ? 1 : epochs, report)),
          };
          rows.push(row);
          report(cells(row).join(" | "));
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  for (const side of /** @type {const} */ (["decolle", "PyTorch"])) {
    const trainings = rows.filter((row) => row.side === side && row.seed !== null);
    const average = (trainings[0]?.epochs ?? []).map((_, epoch) => {
      const accuracies = trainings.map((row) => row.epochs[epoch]?.accuracy ?? Number.NaN);
      return {
        loss: mean(trainings.map((row) => row.epochs[epoch]?.loss ?? Number.NaN)),
        accuracy: mean(accuracies),
        error: standardError(accuracies),
      };
    });
    rows.push({ side, seed: null, order: null, epochs: average, tested: null });
  }
  writeResult("first-layer", on, rows, { quick: quick || chosen !== undefined });
  return textTable(head, rows.map(cells));
}

/** The preset, its first layer only. */
function first() {
  const { network, training, transform } = preset("nmnist-small");
  return { specification: { ...network, layers: network.layers.slice(0, 1) }, training, transform };
}

/**
 * @param {{ data: string, folder: string }} recordings - As they are and as PyTorch reads them.
 * @param {number} seed
 * @param {number} order
 * @param {number} epochs
 * @param {(text: string) => void} report
 * @returns {Promise<Pick<Row, "epochs" | "tested">>}
 */
async function ours({ data, folder }, seed, order, epochs, report) {
  const { specification, training, transform } = first();
  const network = await Network.create({ ...specification, seed: order });
  try {
    await drawInto(network, seed, report);
    const { train, test } = await datasets.nmnist(data);
    /** @type {Row["epochs"]} */
    const found = [];
    await network.fit(train, {
      ...training,
      epochs,
      transform,
      seed: order,
      test,
      onEpoch: ({ train, test }) => {
        found.push({ loss: train.loss[0] ?? Number.NaN, accuracy: test?.accuracy[0] ?? Number.NaN });
      },
    });
    const [tested] = await inPyTorch(network, folder, order, 0, report);
    return { epochs: found, tested: tested?.accuracy ?? null };
  } finally {
    network.dispose();
  }
}

/**
 * @param {{ data: string, folder: string }} recordings - As they are and as PyTorch reads them.
 * @param {number} seed
 * @param {number} order
 * @param {number} epochs
 * @param {(text: string) => void} report
 * @returns {Promise<Pick<Row, "epochs" | "tested">>}
 */
async function theirs({ folder }, seed, order, epochs, report) {
  const network = await Network.create(first().specification);
  try {
    await drawInto(network, seed, report);
    return { epochs: await inPyTorch(network, folder, order, epochs, report), tested: null };
  } finally {
    network.dispose();
  }
}

/**
 * Trains and tests in PyTorch, from the values that the network holds.
 *
 * @param {Network} network
 * @param {string} folder - Where `exportRecordings` wrote the recordings; what is trained lies there too meanwhile.
 * @param {number} order
 * @param {number} epochs - 0 to test only.
 * @param {(text: string) => void} report
 * @returns {Promise<Row["epochs"]>}
 */
async function inPyTorch(network, folder, order, epochs, report) {
  /** @type {Record<string, readonly number[]>} */
  const parameters = {};
  for (const name of (await network.tensors()).filter((name) => /^(layers|readouts)\.0\.(weight|bias)$/.test(name))) {
    const { data, shape } = await network.tensor(name);
    parameters[name] = shape;
    writeFileSync(join(folder, name), data);
  }
  const asked = JSON.stringify({ ...network.specification, training: first().training, parameters });
  const script = fileURLToPath(new URL("reproduction/first_layer.py", import.meta.url));
  const words = [script, asked, folder, String(order), String(epochs)];
  const { error, status, stdout } = spawnSync(pythonWithTorch(report), words, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${script} ended with exit code ${status}`);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/**
 * Writes the binned recordings for PyTorch.
 *
 * @param {string} data - Folder of the recordings.
 * @param {string} folder - Where to.
 */
async function exportRecordings(data, folder) {
  const { specification, training } = first();
  const { input } = specification;
  if (!("height" in input)) throw new Error("expected a network whose input is a plane");
  for (const part of /** @type {const} */ (["train", "test"])) {
    const { spikes, classes } = await recordedSpikes(data, input, training.steps ?? 300, undefined, part);
    const all = (/** @type {"offsets" | "indices" | "counts"} */ key) =>
      Buffer.concat(
        spikes.map(({ [key]: { buffer, byteOffset, byteLength } }) => Buffer.from(buffer, byteOffset, byteLength)),
      );
    // Offsets count from the start of the part.
    let start = 0;
    for (const { offsets, indices } of spikes) {
      for (let step = 0; step < offsets.length; step++) offsets[step] = (offsets[step] ?? 0) + start;
      start += indices.length;
    }
    for (const key of /** @type {const} */ (["offsets", "indices", "counts"])) {
      writeFileSync(join(folder, `${part}.${key}`), all(key));
    }
    writeFileSync(join(folder, `${part}.classes`), Uint32Array.from(classes));
  }
}
