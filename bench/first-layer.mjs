// @ts-check
/**
 * The first layer of the small convolutional network alone, ours and PyTorch's, from the same initial values: what its test
 * accuracy comes to over seeds, orders of the recordings and epochs. No layer learns from those above, so that it learns
 * here what it learns in the whole network.
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
import { mean } from "./statistics.mjs";
import { textTable } from "./table.mjs";

/**
 * One training, or the mean of a side's trainings, which has no seed.
 *
 * @typedef {object} Row
 * @property {"decolle" | "PyTorch"} side
 * @property {number | null} seed - Of the initial values.
 * @property {number | null} order - Seed of the order of the recordings and of dropout.
 * @property {{ loss: number, accuracy: number }[]} epochs - Training loss and test accuracy of each.
 */

/** Seeds of the initial values, and of orders for each of them. */
const [seeds, orders] = [[0, 1, 2], [0]];
const epochs = 3;

/** Titles of the table. */
export const head = ["side", "initial values", "order", "training loss, epoch 1, 2, 3", "test accuracy, epoch 1, 2, 3"];

/**
 * A row as text.
 *
 * @param {Row} row
 * @returns {string[]}
 */
export function cells({ side, seed, order, epochs }) {
  const text = (/** @type {"loss" | "accuracy"} */ quantity, /** @type {number} */ places) =>
    epochs.map((epoch) => epoch[quantity].toFixed(places)).join(", ");
  return [side, String(seed ?? "mean"), String(order ?? ""), text("loss", 4), text("accuracy", 2)];
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
  for (const seed of chosen?.split(",").map(Number) ?? (quick ? [0] : seeds)) {
    for (const order of quick ? [0] : orders) {
      for (const [side, train] of /** @type {const} */ ([
        ["decolle", ours],
        ["PyTorch", theirs],
      ])) {
        const found = await train(data, seed, order, quick ? 1 : epochs, report);
        rows.push({ side, seed, order, epochs: found });
        report(cells({ side, seed, order, epochs: found }).join(" | "));
      }
    }
  }
  for (const side of /** @type {const} */ (["decolle", "PyTorch"])) {
    const trainings = rows.filter((row) => row.side === side && row.seed !== null);
    const average = (trainings[0]?.epochs ?? []).map((_, epoch) => ({
      loss: mean(trainings.map((row) => row.epochs[epoch]?.loss ?? Number.NaN)),
      accuracy: mean(trainings.map((row) => row.epochs[epoch]?.accuracy ?? Number.NaN)),
    }));
    rows.push({ side, seed: null, order: null, epochs: average });
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
 * @param {string} data
 * @param {number} seed
 * @param {number} order
 * @param {number} epochs
 * @param {(text: string) => void} report
 * @returns {Promise<Row["epochs"]>}
 */
async function ours(data, seed, order, epochs, report) {
  const { specification, training, transform } = first();
  const network = await Network.create({ ...specification, seed: order });
  try {
    drawInto(network, seed, report);
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
    return found;
  } finally {
    network.dispose();
  }
}

/**
 * @param {string} data
 * @param {number} seed
 * @param {number} order
 * @param {number} epochs
 * @param {(text: string) => void} report
 * @returns {Promise<Row["epochs"]>}
 */
async function theirs(data, seed, order, epochs, report) {
  const { specification, training } = first();
  const { input } = specification;
  if (!("channels" in input)) throw new Error("expected a network whose input is a plane");
  const folder = mkdtempSync(join(tmpdir(), "decolle-first-layer-"));
  const network = await Network.create(specification);
  try {
    drawInto(network, seed, report);
    /** @type {Record<string, readonly number[]>} */
    const parameters = {};
    for (const name of network.tensors().filter((name) => /^(layers|readouts)\.0\.(weight|bias)$/.test(name))) {
      const { data, shape } = network.tensor(name);
      parameters[name] = shape;
      writeFileSync(join(folder, name), data);
    }
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
    const asked = JSON.stringify({ ...network.specification, training, parameters });
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
  } finally {
    network.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}
