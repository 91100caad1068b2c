// @ts-check
/**
 * Trains on the 900 recordings of N-MNIST through the command line, three seeds each, and lays the metrics beside what
 * the authors' code gives. A training that is there is not repeated, one that stopped is taken up again.
 */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { machine } from "./machine.mjs";
import { compare } from "./reproduction/compare.mjs";
import { writeResult } from "./results.mjs";
import { nmnistFolder } from "./spikes.mjs";
import { textTable } from "./table.mjs";

/** @typedef {import("./reproduction/compare.mjs").Cell} Cell */
/** @typedef {Cell & { preset: string, title: string }} Row */

const root = fileURLToPath(new URL("..", import.meta.url));
const reference = JSON.parse(readFileSync(new URL("reproduction/reference.json", import.meta.url), "utf8"));

/** Trainings: a preset and how many epochs. */
const presets = /** @type {const} */ ([
  ["nmnist-mlp", 10],
  ["nmnist-small", 3],
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
 * @param {{ threads?: string | undefined, backend?: string | undefined, seeds?: string | undefined, preset?: string | undefined, epochs?: string | undefined }} [options] -
 *   Threads and backend of a training, seeds separated by commas, a single preset, fewer epochs.
 * @returns {Promise<string>} The table.
 */
export async function run(report, options = {}) {
  const data = nmnistFolder();
  if (data === undefined) throw new Error("no N-MNIST recordings: DECOLLE_DATA names the folder that holds nmnist/");
  const seeds = (options.seeds ?? "0,1,2").split(",").map(Number);
  const on = machine();
  /** @type {Row[]} */
  const rows = [];
  for (const [preset, epochs] of presets) {
    if (options.preset !== undefined && options.preset !== preset) continue;
    const wanted = options.epochs === undefined ? epochs : Number(options.epochs);
    const trainings = seeds.map((seed) => training(data, preset, wanted, seed, options, report));
    const { title, epochs: expected } = reference[preset];
    rows.push(...compare(trainings, expected).map((cell) => ({ preset, title, ...cell })));
  }
  // Only the whole of it goes into the documentation.
  if (Object.keys(options).every((key) => key === "threads" || key === "backend"))
    writeResult("reproduction", on, rows);
  const differing = rows.filter(({ agrees }) => !agrees).length;
  return `${textTable(head, rows.map(cells))}\n\n${rows.length - differing} of ${rows.length} cells agree`;
}

/**
 * @param {string} data
 * @param {string} preset
 * @param {number} epochs
 * @param {number} seed
 * @param {{ threads?: string | undefined, backend?: string | undefined }} options
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
