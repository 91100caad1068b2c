// @ts-check
/** WebAssembly beside native code, one thread each, in turn: the same bits first, then the times. */

import { Network } from "../dist/index.js";
import { machine } from "./machine.mjs";
import { batchOf, cases, inputOf, pause, prepared, timeLearning } from "./networks.mjs";
import { writeResult } from "./results.mjs";
import { digits, spread, spreadText } from "./statistics.mjs";
import { textTable } from "./table.mjs";

/** Turns of each side. */
const turns = 5;
/** Steps after which both must hold the same bits. */
const checkedSteps = 4;
/** WASM's time over native code's, at most. */
const ceiling = 4;

/**
 * One line of the table.
 *
 * @typedef {object} Row
 * @property {string} network
 * @property {number} samples
 * @property {"training" | "inference"} mode
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
    row.mode,
    `${density.input.toFixed(4)}; ${density.layers.map((value) => value.toFixed(3)).join(", ")}`,
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
 * @returns {Promise<string>} The table.
 */
export async function run(report) {
  const on = machine();
  /** @type {Row[]} */
  const rows = [];
  for (const measured of cases) {
    report(`${measured.name}, batch ${measured.samples}`);
    rows.push(...(await compare(measured, report)));
  }
  writeResult("backends", on, rows);
  return textTable(head, rows.map(cells));
}

/**
 * @param {import("./networks.mjs").Case} measured
 * @param {(text: string) => void} report
 * @returns {Promise<Row[]>}
 */
async function compare(measured, report) {
  const { name, samples, burnIn, steps } = measured;
  const input = await inputOf(measured);
  const checkpoint = await prepared(measured, report);
  const native = await Network.fromBytes(checkpoint, { backend: "native", threads: 1 });
  const wasm = await Network.fromBytes(checkpoint, { backend: "wasm", threads: 1 });
  try {
    const last = burnIn + Math.min(steps, checkedSteps);
    for (const network of [native, wasm]) {
      await network.run(batchOf(input, 0, burnIn));
      await network.learn(batchOf(input, burnIn, last), { keepState: true });
    }
    sameBits(native, wasm, `${name}, batch ${samples}`);
    report(`the same bits after ${burnIn} steps and ${last - burnIn} learning steps`);
    const batch = batchOf(input, burnIn, burnIn + steps);
    /** @type {Row[]} */
    const rows = [];
    for (const mode of /** @type {const} */ (["training", "inference"])) {
      const [times, slower] = [/** @type {number[]} */ ([]), /** @type {number[]} */ ([])];
      let density = { input: 0, layers: /** @type {number[]} */ ([]) };
      // The first turn warms both sides up and is not counted.
      for (let turn = 0; turn <= turns; turn++) {
        for (const network of turn % 2 === 0 ? [native, wasm] : [wasm, native]) {
          await pause();
          const found = await time(network, batch, steps, mode);
          density = found.density;
          (network === native ? times : slower).push(found.time);
        }
      }
      const [ours, theirs] = [times.slice(1), slower.slice(1)];
      const ratio = spread(theirs.map((value, turn) => value / (ours[turn] ?? Number.NaN)));
      const simd = { native: native.backend.simd, wasm: wasm.backend.simd };
      rows.push({ network: name, samples, mode, density, native: spread(ours), wasm: spread(theirs), ratio, simd });
      report(`${mode}: native ${spreadText(spread(ours))} ms a step, WASM ${spreadText(spread(theirs))}`);
    }
    return rows;
  } finally {
    native.dispose();
    wasm.dispose();
  }
}

/**
 * @param {Network} network
 * @param {ReturnType<typeof batchOf>} batch
 * @param {number} steps
 * @param {Row["mode"]} mode
 */
async function time(network, batch, steps, mode) {
  if (mode === "training") return timeLearning(network, batch, steps);
  const start = performance.now();
  const { layers, inputDensity } = await network.run({ input: batch.input }, { keepState: true });
  const taken = (performance.now() - start) / steps;
  return { time: taken, density: { input: inputDensity, layers: layers.map(({ density }) => density) } };
}

/**
 * Makes sure that two networks hold the same bits in all tensors: weights, optimiser, neuron state.
 *
 * @param {Network} native
 * @param {Network} wasm
 * @param {string} where
 */
function sameBits(native, wasm, where) {
  for (const name of native.tensors()) {
    const [one, other] = [native.tensor(name).data, wasm.tensor(name).data].map(
      (data) => new Uint32Array(data.buffer, data.byteOffset, data.length),
    );
    const place = one?.findIndex((bits, index) => bits !== other?.[index]);
    if (place !== -1 || one?.length !== other?.length) {
      throw new Error(`${where}: ${name}[${place}] differs between native code and WASM`);
    }
  }
}
