// @ts-check
/**
 * Trains on the 900 recordings of N-MNIST, three seeds each, and lays the metrics beside what the authors' code gives. A
 * training that is there is not repeated, one that stopped is taken up again.
 *
 * The MLP is trained through the command line from weights that we draw. What the first layer of the small convolutional
 * network, with its 16 kernels, comes to depends on the kernels it starts from more than on anything else: so that network
 * starts from the values that PyTorch draws for the same seeds (`reproduction/initial.py`), as the reference did.
 */

import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { datasets, Network, preset as presetOf } from "../dist/index.js";
import { machine } from "./machine.mjs";
import { compare } from "./reproduction/compare.mjs";
import { drawInto } from "./reproduction/initial.mjs";
import { readResult, writeResult } from "./results.mjs";
import { nmnistFolder } from "./spikes.mjs";
import { textTable } from "./table.mjs";

/** @typedef {import("./reproduction/compare.mjs").Cell} Cell */
/** @typedef {Cell & { preset: string, title: string }} Row */

const root = fileURLToPath(new URL("..", import.meta.url));
const reference = JSON.parse(readFileSync(new URL("reproduction/reference.json", import.meta.url), "utf8"));

/** Trainings: a preset, how many epochs, and whether it starts from what PyTorch draws. */
const presets = /** @type {const} */ ([
  ["nmnist-mlp", 10, false],
  ["nmnist-small", 3, true],
]);

/** Titles of the table. */
export const head = ["network", "epoch", "layer", "quantity", "ours", "seeds 0, 1, 2", "reference", "allowed", ""];

/**
 * A row as text.
 *
 * @param {Row} row
 * @returns {string[]}
 */
export function cells(row) {
  const places = row.quantity === "training loss" ? 4 : 3;
  const text = (/** @type {number} */ value) => value.toFixed(places);
  const [middle, ...range] = row.reference.map(text);
  return [
    row.preset,
    String(row.epoch),
    String(row.layer),
    row.quantity,
    text(row.ours),
    row.seeds.map(text).join(", "),
    range.length === 0 ? String(middle) : `${middle} (${range.join("–")})`,
    row.quantity === "test accuracy" ? `≥ ${text(row.allowed[0])}` : row.allowed.map(text).join("–"),
    row.agrees ? "agrees" : "DIFFERS",
  ];
}

/**
 * Trains what is missing and compares.
 *
 * @param {(text: string) => void} report - Told what goes on.
 * @param {import("./list.mjs").Options} [options] - Threads and backend of a training, seeds separated by commas, a single
 *   preset, whose rows then take the place of the earlier ones, fewer epochs.
 * @returns {Promise<string>} The table.
 */
export async function run(report, options = {}) {
  const data = nmnistFolder();
  if (data === undefined) throw new Error("no N-MNIST recordings: DECOLLE_DATA names the folder that holds nmnist/");
  const { quick = false } = options;
  const seeds = (options.seeds ?? (quick ? "0" : "0,1,2")).split(",").map(Number);
  const on = machine();
  const known = readResult("reproduction")?.rows ?? [];
  /** @type {Row[]} */
  const rows = [];
  for (const [preset, epochs, drawn] of presets) {
    if ((options.preset ?? (quick ? "nmnist-mlp" : preset)) !== preset) {
      rows.push(...(quick ? [] : known.filter((/** @type {Row} */ row) => row.preset === preset)));
      continue;
    }
    const wanted = options.epochs === undefined ? (quick ? 1 : epochs) : Number(options.epochs);
    /** @type {import("./reproduction/compare.mjs").Epoch[][]} */
    const trainings = [];
    for (const seed of seeds) {
      const train = drawn ? fromDrawn : training;
      trainings.push(await train(data, preset, wanted, seed, options, report));
    }
    const { title, epochs: expected } = reference[preset];
    rows.push(...compare(trainings, expected).map((cell) => ({ preset, title, ...cell })));
  }
  // Only the whole of it goes into the documentation.
  const whole = options.seeds === undefined && options.epochs === undefined;
  writeResult("reproduction", on, rows, { quick: quick || !whole });
  const differing = rows.filter(({ agrees }) => !agrees).length;
  return `${textTable(head, rows.map(cells))}\n\n${rows.length - differing} of ${rows.length} cells agree`;
}

/**
 * A training that starts from the values that PyTorch draws.
 *
 * @param {string} data
 * @param {string} name - Of the preset.
 * @param {number} epochs
 * @param {number} seed
 * @param {import("./list.mjs").Options} options
 * @param {(text: string) => void} report
 * @returns {Promise<import("./reproduction/compare.mjs").Epoch[]>} Its metrics.
 */
async function fromDrawn(data, name, epochs, seed, { threads, backend }, report) {
  const folder = join("runs", "reproduction", `${name}-drawn-${seed}`);
  const done = metricsOf(folder);
  if (done.length >= epochs) {
    report(`${folder}: ${done.length} epochs are there`);
    return done;
  }
  const { network: specification, training: recipe, transform } = presetOf(name);
  const model = join(root, folder, "model.safetensors");
  const choice = {
    ...(threads && { threads: Number(threads) }),
    ...(backend && { backend: /** @type {"native" | "wasm"} */ (backend) }),
  };
  const begun = existsSync(model);
  const network = begun ? await Network.load(model, choice) : await Network.create({ ...specification, seed }, choice);
  if (!begun) await drawInto(network, seed, report);
  report(`${folder}: ${epochs} epochs`);
  mkdirSync(join(root, folder), { recursive: true });
  try {
    const { train, test } = await datasets.nmnist(data);
    await network.fit(train, {
      ...recipe,
      epochs,
      transform,
      seed,
      test,
      resume: begun,
      onEpoch: async (metrics) => {
        await network.save(model);
        appendFileSync(join(root, folder, "metrics.jsonl"), `${JSON.stringify(metrics)}\n`);
      },
    });
  } finally {
    network.dispose();
  }
  return metricsOf(folder);
}

/**
 * @param {string} data
 * @param {string} preset
 * @param {number} epochs
 * @param {number} seed
 * @param {import("./list.mjs").Options} options
 * @param {(text: string) => void} report
 * @returns {import("./reproduction/compare.mjs").Epoch[]} Its metrics.
 */
function training(data, preset, epochs, seed, { threads, backend }, report) {
  const folder = join("runs", "reproduction", `${preset}-${seed}`);
  const done = metricsOf(folder);
  if (done.length >= epochs) {
    report(`${folder}: ${done.length} epochs are there`);
    return done;
  }
  const begun = existsSync(join(root, folder, "model.safetensors"));
  const settings = begun ? ["--resume"] : ["--data", `nmnist:${data}`, "--preset", preset, "--seed", String(seed)];
  const common = ["--epochs", String(epochs), "--out", folder, "--quiet"];
  const choice = [...(threads ? ["--threads", threads] : []), ...(backend ? ["--backend", backend] : [])];
  const words = ["train", ...settings, ...common, ...choice];
  report(`decolle ${words.join(" ")}`);
  const { error, status, signal } = spawnSync(process.execPath, [join(root, "dist", "cli", "main.js"), ...words], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${folder}: the training ended with ${signal ?? `exit code ${status}`}`);
  return metricsOf(folder);
}

/**
 * @param {string} folder
 * @returns {import("./reproduction/compare.mjs").Epoch[]}
 */
function metricsOf(folder) {
  const path = join(root, folder, "metrics.jsonl");
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
}
