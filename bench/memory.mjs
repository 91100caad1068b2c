// @ts-check
/** Peak memory of learning from a stream that comes in pieces: it must not depend on the length of the stream. */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { machine } from "./machine.mjs";
import { writeResult } from "./results.mjs";
import { median, spread } from "./statistics.mjs";
import { textTable } from "./table.mjs";

const script = fileURLToPath(new URL("memory/learn.mjs", import.meta.url));
/** Lengths of the streams, in steps. */
const lengths = /** @type {const} */ ([100, 10_000]);
/** Processes for each length. */
const repetitions = 3;
/**
 * What Node itself takes more of as calls go by, whatever they do, is held still: garbage is collected after each piece, the
 * young generation, which grows from 1 to some 30 MiB, stays at its least, and no JavaScript is compiled anew meanwhile.
 */
const flags = ["--expose-gc", "--max-semi-space-size=1", "--no-opt"];
/** How far the medians may lie apart. */
const tolerance = 0.02;

/**
 * One line of the table.
 *
 * @typedef {object} Row
 * @property {"native" | "wasm"} backend
 * @property {import("./statistics.mjs").Spread} short - Peak resident memory in MiB after 100 steps.
 * @property {import("./statistics.mjs").Spread} long - The same after 10,000 steps.
 * @property {number} growth - Relative difference of the medians.
 */

/** Titles of the table. */
export const head = ["build", "peak after 100 steps, MiB", "after 10,000 steps", "growth", "at most 2 %"];

/**
 * A row as text.
 *
 * @param {Row} row
 * @returns {string[]}
 */
export function cells({ backend, short, long, growth }) {
  const mebibytes = (/** @type {import("./statistics.mjs").Spread} */ { median: middle, least, most }) =>
    `${middle.toFixed(1)} (${least.toFixed(1)}–${most.toFixed(1)})`;
  const verdict = growth <= tolerance ? "met" : "missed";
  return [backend, mebibytes(short), mebibytes(long), `${(growth * 100).toFixed(1)} %`, verdict];
}

/**
 * Runs the benchmark.
 *
 * @param {(text: string) => void} report - Told what goes on.
 * @param {import("./list.mjs").Options} [options] - A short run compares 100 steps with 1,000, one process each.
 * @returns {Promise<string>} The table.
 */
export async function run(report, { quick = false } = {}) {
  const compared = quick ? [lengths[0], 1000] : [...lengths];
  const on = machine();
  /** @type {Row[]} */
  const rows = [];
  for (const backend of /** @type {const} */ (["native", "wasm"])) {
    const peaks = new Map(compared.map((steps) => [steps, /** @type {number[]} */ ([])]));
    for (let repetition = 0; repetition < (quick ? 1 : repetitions); repetition++) {
      for (const steps of compared) {
        const peak = peakOf(backend, steps);
        report(`${backend}, ${steps} steps: ${peak.toFixed(1)} MiB`);
        peaks.get(steps)?.push(peak);
      }
    }
    const [short, long] = compared.map((steps) => peaks.get(steps) ?? []);
    if (short === undefined || long === undefined) throw new Error("two lengths are compared");
    rows.push({ backend, short: spread(short), long: spread(long), growth: median(long) / median(short) - 1 });
  }
  writeResult("memory", on, rows, { quick });
  return textTable(head, rows.map(cells));
}

/**
 * @param {string} backend
 * @param {number} steps
 * @returns {number} Peak resident memory of a fresh process, in MiB.
 */
function peakOf(backend, steps) {
  const { error, status, signal, stdout } = spawnSync(process.execPath, [...flags, script, backend, String(steps)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (error) throw error;
  if (status !== 0)
    throw new Error(`learning ${steps} steps with ${backend} ended with ${signal ?? `exit code ${status}`}`);
  return Number(stdout) / 2 ** 20;
}
