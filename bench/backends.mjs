// @ts-check
/** WebAssembly beside native code, one thread each, in turn: the same bits first, then the times. */

import { Network } from "../dist/index.js";
import { alternate, ratioOf } from "./alternate.mjs";
import { sameBits } from "./bits.mjs";
import { machine } from "./machine.mjs";
import { batchOf, cases, densityText, prepared, timed, windows } from "./networks.mjs";
import { writeResult } from "./results.mjs";
import { digits, spreadText } from "./statistics.mjs";
import { textTable } from "./table.mjs";

/** Turns of each side. */
const turns = 5;
/** Steps after which both must hold the same bits. */
const checkedSteps = 4;
/** What is measured, one after the other. */
const modes = /** @type {const} */ (["K = 1", "inference"]);
/** WASM's time over native code's, at most. */
const ceiling = 4;

/**
 * One line of the table.
 *
 * @typedef {object} Row
 * @property {string} network
 * @property {number} samples
 * @property {"K = 1" | "inference"} mode - Training with an update every step, or inference.
 * @property {{ input: number, layers: number[] }} density - Spikes per neuron and step while measured.
 * @property {import("./statistics.mjs").Spread} native - Milliseconds per step.
 * @property {import("./statistics.mjs").Spread} wasm - Milliseconds per step.
 * @property {import("./statistics.mjs").Spread} ratio - WASM's time over native code's, turn by turn.
 * @property {{ native: string, wasm: string }} simd
 */

/** Titles of the table. */
export const head = [
  "network",
  "batch",
  "mode",
  "density: input; layers",
  "native, ms/step",
  "WASM, ms/step",
  "WASM, ms/sample·step",
  "WASM/native",
  "ceiling",
];

/**
 * A row as text.
 *
 * @param {Row} row
 * @returns {string[]}
 */
export function cells(row) {
  const { density, ratio } = row;
  return [
    row.network,
    String(row.samples),
    row.mode === "inference" ? row.mode : `training, ${row.mode}`,
    densityText(density),
    spreadText(row.native),
    spreadText(row.wasm),
    digits(row.wasm.median / row.samples),
    spreadText(ratio),
    row.mode === "inference" ? "" : `≤ ${ceiling}: ${ratio.median <= ceiling ? "met" : "missed"}`,
  ];
}

/**
 * Runs the benchmark.
 *
 * @param {(text: string) => void} report - Told what goes on.
 * @param {import("./list.mjs").Options} [options]
 * @returns {Promise<string>} The table.
 */
export async function run(report, { quick = false } = {}) {
  const on = machine();
  /** @type {Row[]} */
  const rows = [];
  for (const measured of quick ? cases.slice(0, 1) : cases) {
    report(`${measured.name}, batch ${measured.samples}`);
    rows.push(...(await compare(measured, quick ? 1 : turns, report)));
  }
  writeResult("backends", on, rows, { quick });
  return textTable(head, rows.map(cells));
}

/**
 * @param {import("./networks.mjs").Case} measured
 * @param {number} turns
 * @param {(text: string) => void} report
 * @returns {Promise<Row[]>}
 */
async function compare(measured, turns, report) {
  const { name, samples, steps } = measured;
  const { checkpoint, input } = await prepared(measured, report, steps * (turns + 1) * modes.length);
  const native = await Network.fromBytes(checkpoint, { backend: "native", threads: 1 });
  const wasm = await Network.fromBytes(checkpoint, { backend: "wasm", threads: 1 });
  try {
    const checked = Math.min(steps, checkedSteps);
    for (const network of [native, wasm]) await network.learn(batchOf(input, 0, checked), { keepState: true });
    await sameBits(native, wasm, `${name}, batch ${samples}, native code and WASM`);
    report(`the same bits after ${checked} learning steps`);
    /** @type {Row[]} */
    const rows = [];
    // Each goes on where it is, whatever the mode: spikes that come again find the traces of their last time.
    const next = { native: windows(input, steps), wasm: windows(input, steps) };
    for (const mode of modes) {
      let density = { input: 0, layers: /** @type {number[]} */ ([]) };
      const side =
        (/** @type {Network} */ network, /** @type {ReturnType<typeof windows>} */ following) => async () => {
          const found = await timed(network, following(), mode);
          density = found.density;
          return found.time;
        };
      const sides = { native: side(native, next.native), wasm: side(wasm, next.wasm) };
      const times = await alternate(sides, turns);
      const simd = { native: native.backend.simd, wasm: wasm.backend.simd };
      rows.push({ network: name, samples, mode, density, ...times, ratio: ratioOf(times.wasm, times.native), simd });
      report(`${mode}: native ${spreadText(times.native)} ms a step, WASM ${spreadText(times.wasm)}`);
    }
    return rows;
  } finally {
    native.dispose();
    wasm.dispose();
  }
}
