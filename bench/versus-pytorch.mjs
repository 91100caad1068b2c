// @ts-check
/**
 * Exact training with an update every step, beside PyTorch: the same equations, weights and input, both sides in turn.
 *
 * PyTorch gets every advantage we know of: its input lies in memory as dense frames before its clock starts, it flushes
 * denormal numbers to zero, and it runs the fastest of several arrangements, found on this machine before the measurement.
 * Our time is that of `Network.learn` with all that belongs to it: checks, copies and the memory of what to return to.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Network } from "../dist/index.js";
import { machine } from "./machine.mjs";
import { batchOf, cases, inputOf, pause, prepared, timeLearning, withoutDropout } from "./networks.mjs";
import { pythonWithTorch, Rival } from "./pytorch/rival.mjs";
import { writeResult } from "./results.mjs";
import { digits, median, spread, spreadText } from "./statistics.mjs";
import { textTable } from "./table.mjs";

/** Turns of each side. */
const turns = 7;
/** Steps whose losses must agree before anything is timed. */
const checkedSteps = 10;
/**
 * By how much they may differ, relatively. Sums in another order differ by 1e−7; among a million neurons a few are so near
 * their threshold that this decides a spike. The first layer, whose input is given, hardly feels that. In those above it
 * shows, and AdaMax, which moves a weight by the rate however small its gradient, makes the two sides part within some
 * steps: there the first learning step is checked strictly and later ones loosely. The losses change by more than
 * the loose tolerance over these steps, so a wrong update would be seen.
 */
const tolerances = { firstLayer: 2e-3, firstStep: 1e-3, later: 2e-2 };
/** How PyTorch can lay out planes and update weights; the fastest is measured. */
const optimizers = ["torch", "foreach", "own"];
/** The floor that the project sets itself with two threads: PyTorch's time over ours, at least. */
const floors = new Map([
  ["MLP 2312-512-512", 1],
  ["conv 64-128-128", 1 / 1.5],
]);

/**
 * One line of the table.
 *
 * @typedef {object} Row
 * @property {string} network
 * @property {string} input - Where the input comes from.
 * @property {number} samples
 * @property {number} steps - Steps of one measurement.
 * @property {number} threads - Of each side.
 * @property {{ input: number, layers: number[] }} density - Spikes per neuron and step while measured.
 * @property {import("./statistics.mjs").Spread} ours - Milliseconds per step.
 * @property {import("./statistics.mjs").Spread} pytorch - Milliseconds per step.
 * @property {import("./statistics.mjs").Spread} ratio - PyTorch's time over ours, turn by turn.
 * @property {number | null} floor - What the ratio should be at least.
 * @property {Deviation} deviation - Of the losses checked.
 * @property {{ channelsLast: boolean, optimizer: string }} arrangement - The fastest one for PyTorch.
 * @property {{ torch: string, simd: string }} versions
 */

/**
 * Greatest relative differences between our losses and PyTorch's: of the first layer at all steps checked, of all layers at
 * the first step, of all layers at all steps.
 *
 * @typedef {{ firstLayer: number, firstStep: number, all: number }} Deviation
 */

/** Titles of the table. */
export const head = [
  "network",
  "batch",
  "threads",
  "input",
  "density: input; layers",
  "ours, ms/step",
  "PyTorch, ms/step",
  "ours, ms/sample·step",
  "PyTorch/ours",
  "floor",
];

/**
 * A row as text.
 *
 * @param {Row} row
 * @returns {string[]}
 */
export function cells(row) {
  const { density, ratio, floor } = row;
  const verdict = floor === null ? "" : `≥ ${digits(floor)}: ${ratio.median >= floor ? "met" : "missed"}`;
  const layers = density.layers.map((value) => value.toFixed(3)).join(", ");
  return [
    row.network,
    String(row.samples),
    String(row.threads),
    row.input,
    `${density.input.toFixed(4)}; ${layers}`,
    spreadText(row.ours),
    spreadText(row.pytorch),
    digits(row.ours.median / row.samples),
    spreadText(ratio),
    verdict,
  ];
}

/**
 * Runs the benchmark.
 *
 * @param {(text: string) => void} report - Told what goes on.
 * @param {{ threads?: string | undefined }} [options] - One number of threads, instead of one and two.
 * @returns {Promise<string>} The table.
 */
export async function run(report, options = {}) {
  const on = machine();
  const python = pythonWithTorch(report);
  const folder = mkdtempSync(join(tmpdir(), "decolle-bench-"));
  /** @type {Row[]} */
  const rows = [];
  try {
    for (const measured of cases) {
      report(`${measured.name}, batch ${measured.samples}`);
      const input = await inputOf(measured);
      const checkpoint = await prepared(measured, report);
      for (const threads of options.threads === undefined ? [1, 2] : [Number(options.threads)]) {
        const rival = new Rival(python, threads);
        try {
          rows.push(await compare(measured, input, checkpoint, threads, rival, folder, report));
        } finally {
          rival.end();
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  writeResult("versus-pytorch", on, rows);
  return textTable(head, rows.map(cells));
}

/**
 * @param {import("./networks.mjs").Case} measured
 * @param {Awaited<ReturnType<typeof inputOf>>} input
 * @param {Uint8Array} checkpoint
 * @param {number} threads
 * @param {Rival} rival
 * @param {string} folder
 * @param {(text: string) => void} report
 * @returns {Promise<Row>}
 */
async function compare(measured, input, checkpoint, threads, rival, folder, report) {
  const { name, samples, burnIn, steps } = measured;
  const choice = /** @type {const} */ ({ backend: "native", threads });
  const { torch, simd } = await rival.ask("hello", { threads });
  await hand(rival, measured, input, folder);
  const deviation = await check(measured, input, checkpoint, choice, rival, folder);
  const [first, all] = [deviation.firstStep, deviation.all].map((value) => value.toExponential(1));
  report(
    `${threads} thread${threads > 1 ? "s" : ""}: losses agree within ${first} at first, ${all} after ${checkedSteps} steps`,
  );

  const path = join(folder, "network.safetensors");
  writeFileSync(path, checkpoint);
  const arrangement = await fastest(measured, rival, path);
  await rival.ask("load", { path, ...arrangement });
  await rival.ask("run", { first: 0, last: burnIn, learn: false, losses: false });
  const network = await Network.fromBytes(checkpoint, choice);
  try {
    await network.run(batchOf(input, 0, burnIn));
    const batch = batchOf(input, burnIn, burnIn + steps);
    /** @type {number[]} */
    const ours = [];
    /** @type {number[]} */
    const theirs = [];
    /** @type {{ input: number, layers: number[] }} */
    let density = { input: 0, layers: [] };
    const sides = [
      async () => {
        const { time, ...found } = await timeLearning(network, batch, steps);
        density = found.density;
        ours.push(time);
      },
      async () => {
        const { seconds } = await rival.ask("run", { first: burnIn, last: burnIn + steps, learn: true, losses: false });
        theirs.push((seconds * 1000) / steps);
      },
    ];
    // The first turn warms both sides up and is not counted.
    for (let turn = 0; turn <= turns; turn++) {
      for (const side of turn % 2 === 0 ? sides : [...sides].reverse()) {
        await pause();
        await side();
      }
    }
    const [measuredOurs, measuredTheirs] = [ours.slice(1), theirs.slice(1)];
    const ratio = spread(measuredTheirs.map((time, turn) => time / (measuredOurs[turn] ?? Number.NaN)));
    report(`${digits(median(measuredOurs))} ms a step, PyTorch ${digits(median(measuredTheirs))}`);
    return {
      network: name,
      input: input.source,
      samples,
      steps,
      threads,
      density,
      ours: spread(measuredOurs),
      pytorch: spread(measuredTheirs),
      ratio,
      floor: threads === 2 ? (floors.get(name) ?? null) : null,
      deviation,
      arrangement,
      versions: { torch, simd },
    };
  } finally {
    network.dispose();
  }
}

/**
 * Gives PyTorch the input.
 *
 * @param {Rival} rival
 * @param {import("./networks.mjs").Case} measured
 * @param {Awaited<ReturnType<typeof inputOf>>} input
 * @param {string} folder
 */
async function hand(rival, { specification, samples, burnIn, steps }, { spikes, classes }, folder) {
  let start = 0;
  const offsets = spikes.flatMap((sample) => {
    const shifted = Array.from(sample.offsets.subarray(0, -1), (offset) => offset + start);
    start += sample.indices.length;
    return shifted;
  });
  /** @type {Record<string, string>} */
  const paths = {};
  const write = (/** @type {string} */ name, /** @type {ArrayBufferView} */ data) => {
    paths[name] = join(folder, name);
    writeFileSync(join(folder, name), new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  };
  write("offsets", Uint32Array.from([...offsets, start]));
  write("indices", Uint32Array.from(spikes.flatMap(({ indices }) => Array.from(indices))));
  write("counts", Float32Array.from(spikes.flatMap(({ counts }) => Array.from(counts))));
  const { channels, height, width } = specification.input;
  const { units } = specification.readout;
  const inputs = channels * height * width;
  await rival.ask("batch", { samples, steps: burnIn + steps, inputs, classes, units, ...paths });
}

/**
 * Makes sure that both sides compute the same: losses of every layer at the first learning steps, without dropout, whose
 * random numbers cannot be the same.
 *
 * @param {import("./networks.mjs").Case} measured
 * @param {Awaited<ReturnType<typeof inputOf>>} input
 * @param {Uint8Array} checkpoint
 * @param {import("../dist/index.js").BackendChoice} choice
 * @param {Rival} rival
 * @param {string} folder
 * @returns {Promise<Deviation>}
 */
async function check({ name, burnIn, steps }, input, checkpoint, choice, rival, folder) {
  const network = await withoutDropout(checkpoint, choice);
  try {
    const path = join(folder, "check.safetensors");
    writeFileSync(path, network.toBytes());
    const last = burnIn + Math.min(steps, checkedSteps);
    /** @type {number[][]} */
    const ours = [];
    await network.run(batchOf(input, 0, burnIn));
    for (let step = burnIn; step < last; step++) {
      const { layers } = await network.learn(batchOf(input, step, step + 1), { keepState: true });
      ours.push(layers.map(({ loss }) => loss ?? Number.NaN));
    }
    const greatest = { firstLayer: 0, firstStep: 0, all: 0 };
    for (const channelsLast of [false, true]) {
      for (const optimizer of optimizers) {
        await rival.ask("load", { path, channelsLast, optimizer });
        await rival.ask("run", { first: 0, last: burnIn, learn: false, losses: false });
        const { losses } = await rival.ask("run", { first: burnIn, last, learn: true, losses: true });
        ours.forEach((layers, step) => {
          layers.forEach((loss, layer) => {
            const theirs = losses[step]?.[layer];
            const deviation = Math.abs(loss - theirs) / theirs;
            const tolerance =
              layer === 0 ? tolerances.firstLayer : step === 0 ? tolerances.firstStep : tolerances.later;
            if (!(deviation <= tolerance)) {
              const where = `${name}: learning step ${step + 1}, layer ${layer + 1}`;
              throw new Error(
                `${where}: our loss ${loss}, PyTorch's ${theirs} (channels last: ${channelsLast}, ${optimizer})`,
              );
            }
            greatest.all = Math.max(greatest.all, deviation);
            if (layer === 0) greatest.firstLayer = Math.max(greatest.firstLayer, deviation);
            if (step === 0) greatest.firstStep = Math.max(greatest.firstStep, deviation);
          });
        });
      }
    }
    return greatest;
  } finally {
    network.dispose();
  }
}

/**
 * The arrangement in which PyTorch runs this network fastest here.
 *
 * @param {import("./networks.mjs").Case} measured
 * @param {Rival} rival
 * @param {string} path - The network.
 * @returns {Promise<Row["arrangement"]>}
 */
async function fastest({ specification, burnIn, steps }, rival, path) {
  const convolution = specification.layers.some(({ type }) => type === "conv2d");
  const arrangements = (convolution ? [false, true] : [false]).flatMap((channelsLast) =>
    optimizers.map((optimizer) => ({ arrangement: { channelsLast, optimizer }, time: Number.POSITIVE_INFINITY })),
  );
  const last = burnIn + Math.max(2, Math.floor(steps / 4));
  // Twice through all of them, so that a moment in which something else ran does not decide.
  for (let round = 0; round < 2; round++) {
    for (const tried of arrangements) {
      await rival.ask("load", { path, ...tried.arrangement });
      await rival.ask("run", { first: 0, last: 2, learn: true, losses: false });
      const { seconds } = await rival.ask("run", { first: burnIn, last, learn: true, losses: false });
      tried.time = Math.min(tried.time, seconds);
    }
  }
  return arrangements.reduce((best, tried) => (tried.time < best.time ? tried : best)).arrangement;
}
