// @ts-check
/**
 * Beside PyTorch: the same equations, weights, state and input, both sides in turn, inference and training with an update
 * every 1, 10 and 50 steps.
 *
 * PyTorch gets every advantage we know of: its input lies in memory as dense frames before its clock starts, it flushes
 * denormal numbers to zero, its threads are set before it starts, and it runs the fastest of several arrangements, found on
 * this machine before the measurement. Our time is that of `Network.learn` or `Network.run` with all that belongs to it:
 * checks, copies and the memory of what to return to.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { agreement, deviationText } from "./agreement.mjs";
import { alternate, ratioOf } from "./alternate.mjs";
import { machine } from "./machine.mjs";
import {
  batchOf,
  cases,
  densityText,
  modes,
  opened,
  prepared,
  stepsOf,
  streamed,
  timed,
  updateEvery,
  windows,
} from "./networks.mjs";
import { pythonWithTorch, Rival } from "./pytorch/rival.mjs";
import { arrangements, fastest, hand, learner } from "./pytorch/sides.mjs";
import { earlierRows, writeResult } from "./results.mjs";
import { digits, spreadText } from "./statistics.mjs";
import { textTable } from "./table.mjs";
import { verdict } from "./targets.mjs";

/** @typedef {import("./networks.mjs").Case} Case */
/** @typedef {import("./networks.mjs").Mode} Mode */

/** Turns of each side. */
const turns = 5;

/**
 * Targets: PyTorch's time over ours, PyTorch updating every step, and our milliseconds per sample and step, of 72 samples
 * natively, with any number of threads and at any SIMD level, unless the line says otherwise; the first line that fits counts.
 * The densities are 2 % in every layer or those of a network trained for an epoch, as in the list of cases.
 *
 * @type {readonly { network: string, mode: Mode, samples?: number, build?: "wasm", threads?: number, simd?: string, ratio?: number, milliseconds?: number }[]}
 */
const targets = [
  { network: "conv 64-128-128", threads: 2, mode: "inference", ratio: 24, milliseconds: 0.15 },
  { network: "conv 64-128-128", threads: 2, mode: "K = 1", simd: "avx2", ratio: 5.5, milliseconds: 4.3 },
  { network: "conv 64-128-128", threads: 2, mode: "K = 1", ratio: 4, milliseconds: 4.3 },
  { network: "conv 64-128-128", threads: 2, mode: "K = 10", ratio: 6, milliseconds: 1.5 },
  { network: "conv 64-128-128", threads: 2, mode: "K = 50", ratio: 12, milliseconds: 0.6 },
  { network: "conv 64-128-128", build: "wasm", threads: 2, mode: "inference", ratio: 8, milliseconds: 0.45 },
  { network: "conv 64-128-128", build: "wasm", threads: 2, mode: "K = 1", ratio: 2, milliseconds: 15 },
  { network: "conv 64-128-128", build: "wasm", threads: 2, mode: "K = 10", ratio: 3, milliseconds: 4.5 },
  { network: "conv 64-128-128", build: "wasm", threads: 2, mode: "K = 50", milliseconds: 1.8 },
  { network: "MLP 2312-512-512", threads: 1, mode: "K = 1", ratio: 3 },
  { network: "MLP 2312-512-512", mode: "K = 1", ratio: 2.5 },
  { network: "MLP 2312-512-512", mode: "K = 10", ratio: 8 },
  { network: "MLP 2312-512-512", mode: "K = 50", ratio: 15 },
  { network: "conv 16-32-32, dense 10", mode: "K = 1", ratio: 3 },
  { network: "conv 16-32-32, dense 10", mode: "K = 10", ratio: 5 },
  { network: "conv 16-32-32, dense 10", mode: "K = 50", ratio: 5 },
  { network: "conv 16-32-32, dense 10, sparse", mode: "K = 10", ratio: 8 },
  { network: "conv 16-32-32, dense 10, sparse", mode: "K = 50", ratio: 12 },
  { network: "MLP 2312-512-512", samples: 1, threads: 1, mode: "inference", ratio: 170, milliseconds: 0.003 },
  { network: "MLP 2312-512-512, SGD", samples: 1, threads: 1, mode: "K = 1", milliseconds: 0.02 },
];

/**
 * One line of the table.
 *
 * @typedef {object} Row
 * @property {string} network
 * @property {string} input - Where the input comes from.
 * @property {number} samples
 * @property {number} threads - Of each side.
 * @property {"native" | "wasm"} build - Ours.
 * @property {string} simd - Our level.
 * @property {Mode} mode
 * @property {{ input: number, layers: number[] }} density - Spikes per neuron and step while measured.
 * @property {import("./networks.mjs").Measured["kernels"]} kernels
 * @property {import("./statistics.mjs").Spread} ours - Milliseconds per step.
 * @property {import("./statistics.mjs").Spread} pytorch - Milliseconds per step, updating every step where we train.
 * @property {import("./statistics.mjs").Spread} ratio - PyTorch's time over ours, turn by turn.
 * @property {import("./statistics.mjs").Spread | null} sameK - The same with PyTorch updating as often as we do.
 * @property {import("./agreement.mjs").Deviation} deviation
 * @property {import("./pytorch/sides.mjs").Arrangement} arrangement - The fastest one for PyTorch.
 * @property {{ torch: string, simd: string }} versions
 */

/** Titles of the table. */
export const head = [
  "network",
  "batch",
  "input",
  "density: input; layers",
  "build, SIMD, threads",
  "PyTorch's SIMD",
  "mode",
  "ours, ms/step",
  "ours, µs/sample·step",
  "PyTorch at K = 1, ms/step",
  "PyTorch/ours",
  "at the same K",
  "target: ratio",
  "target: time",
];

/**
 * A row as text.
 *
 * @param {Row} row
 * @returns {string[]}
 */
export function cells(row) {
  const { ours, ratio, samples } = row;
  const target = targetOf(row);
  const each = ours.median / samples;
  return [
    row.network,
    String(samples),
    row.input,
    densityText(row.density),
    `${row.build}, ${row.simd}, ${row.threads}`,
    row.versions.simd,
    row.mode,
    spreadText(ours),
    digits(each * 1000),
    spreadText(row.pytorch),
    spreadText(ratio),
    row.sameK === null ? "" : spreadText(row.sameK),
    verdict(target?.ratio === undefined ? null : { atLeast: target.ratio }, ratio.median),
    verdict(
      target?.milliseconds === undefined ? null : { atMost: target.milliseconds * 1000, unit: "µs" },
      each * 1000,
    ),
  ];
}

/**
 * What a row should show.
 *
 * @param {Row} row
 */
function targetOf({ network, samples, threads, build, simd, mode, input }) {
  return targets.find(
    (one) =>
      one.network === network &&
      (one.samples ?? 72) === samples &&
      (one.build ?? "native") === build &&
      one.mode === mode &&
      (one.threads ?? threads) === threads &&
      (one.simd ?? simd) === simd &&
      (samples > 1 || input === "random"),
  );
}

/**
 * Runs the benchmark.
 *
 * @param {(text: string) => void} report - Told what goes on.
 * @param {import("./list.mjs").Options} [options] - One number of threads, instead of one and two; one network by name and one
 *   SIMD level of either side, beside what was measured before of others.
 * @returns {Promise<string>} The table.
 */
export async function run(report, options = {}) {
  const { quick = false } = options;
  const all = [...cases, ...streamed];
  const named = all.filter(({ name }) => options.network === undefined || name === options.network);
  if (named.length === 0) {
    const names = new Set(all.map(({ name }) => name));
    throw new Error(`--network: expected one of ${[...names].join("; ")}, found ${options.network}`);
  }
  const on = machine();
  const python = pythonWithTorch(report);
  const folder = mkdtempSync(join(tmpdir(), "decolle-bench-"));
  /** @type {Row[]} */
  const rows = [];
  const chosen = quick
    ? named.map((one) => ({ ...one, lessons: Math.min(one.lessons, 1), steps: 8, inferenceSteps: 8 }))
    : named;
  try {
    for (const measured of chosen) {
      report(`${measured.name}, batch ${measured.samples}`);
      // The longest interval between updates has to fit into what is measured.
      const longest = Math.max(measured.steps, quick ? 10 : 50);
      const ready = await prepared(measured, report, longest * (quick ? 2 : turns + 1));
      for (const threads of options.threads === undefined ? [1, 2] : [Number(options.threads)]) {
        const rival = new Rival(python, threads, options["pytorch-simd"]);
        try {
          rows.push(...(await compare(measured, ready, threads, rival, folder, quick, report)));
        } finally {
          rival.end();
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const known = quick ? [] : /** @type {Row[]} */ (earlierRows("versus-pytorch", on));
  /** @type {readonly (keyof Row)[]} */
  const same = ["network", "samples", "input", "threads", "build", "simd"];
  const again = (/** @type {Row} */ old) =>
    rows.some((row) => same.every((field) => row[field] === old[field]) && row.versions.simd === old.versions.simd);
  rows.push(...known.filter((row) => !again(row)));
  const order = all.map(({ name }) => name);
  rows.sort((one, two) => order.indexOf(one.network) - order.indexOf(two.network));
  writeResult("versus-pytorch", on, rows, { quick });
  return textTable(head, rows.map(cells));
}

/**
 * @param {Case} measured
 * @param {import("./networks.mjs").Prepared} ready
 * @param {number} threads
 * @param {Rival} rival
 * @param {string} folder
 * @param {boolean} quick
 * @param {(text: string) => void} report
 * @returns {Promise<Row[]>}
 */
async function compare(measured, ready, threads, rival, folder, quick, report) {
  const { name, samples, steps, specification } = measured;
  const { checkpoint, input, source } = ready;
  const { torch, simd } = await rival.ask("hello", { threads });
  const wanted = modes.filter((mode) => !quick || updateEvery(mode) <= 10);
  const longest = Math.max(...wanted.map((mode) => stepsOf(measured, mode)));
  // What PyTorch does takes the same time for any input: it gets one window.
  const { spikes } = batchOf(input, 0, longest).input;
  await hand(rival, specification, { ...input, spikes }, folder);
  const native = await opened(checkpoint, "native", threads);
  if (native === undefined) throw new Error(`no native network with ${threads} threads`);
  const sizes = (await native.tensors()).filter((tensor) => /^layers\.\d+\.(weight|bias)$/.test(tensor));
  const lengths = await Promise.all(sizes.map(async (tensor) => (await native.tensor(tensor)).data.length));
  native.dispose();
  const others = arrangements(specification).map((one) => learner(rival, one, samples, lengths, folder));
  const deviation = await agreement({ ...measured, steps: longest }, ready, { backend: "native", threads }, others);
  report(`${threads} thread${threads > 1 ? "s" : ""}: ${deviationText(deviation)}`);

  const path = join(folder, "network.safetensors");
  writeFileSync(path, checkpoint);
  const short = Math.max(1, Math.min(4, steps));
  const arrangement = {
    inference: await fastest(rival, specification, path, samples, short, "inference"),
    training: await fastest(rival, specification, path, samples, short, "K = 1"),
  };
  // A step of the large network with 72 samples takes PyTorch most of a second: 50 of them at each turn are too many.
  const heavy = specification.layers.length === 3 && samples > 1;
  /** @type {Record<string, () => Promise<number>>} */
  const sides = {};
  /** @type {Record<string, import("./networks.mjs").Measured>} */
  const last = {};
  /** @type {import("../dist/index.js").Network[]} */
  const open = [];
  const builds = heavy ? /** @type {const} */ (["native", "wasm"]) : /** @type {const} */ (["native"]);
  try {
    for (const mode of wanted) {
      for (const build of builds) {
        const network = await opened(checkpoint, build, threads);
        if (network === undefined) continue;
        open.push(network);
        const next = windows(input, stepsOf(measured, mode));
        const key = `${build} ${mode}`;
        sides[key] = async () => {
          const found = await timed(network, next(), mode);
          last[key] = found;
          return found.time;
        };
      }
      if (heavy && updateEvery(mode) > 10) continue;
      const every = updateEvery(mode);
      const chosen = arrangement[every === 0 ? "inference" : "training"];
      await rival.ask("load", { path, samples, network: mode, ...chosen });
      const request = { first: 0, last: stepsOf(measured, mode), every, network: mode };
      sides[`pytorch ${mode}`] = async () =>
        ((await rival.ask("run", request)).seconds * 1000) / stepsOf(measured, mode);
    }
    const times = await alternate(sides, quick ? 1 : turns);
    return wanted.flatMap((mode) =>
      builds.flatMap((build) => {
        const ours = times[`${build} ${mode}`];
        const found = last[`${build} ${mode}`];
        const inference = mode === "inference";
        const theirs = times[inference ? "pytorch inference" : "pytorch K = 1"];
        if (ours === undefined || found === undefined || theirs === undefined) return [];
        const same = inference || mode === "K = 1" ? undefined : times[`pytorch ${mode}`];
        const ratio = ratioOf(theirs, ours);
        report(`${mode}, ${build}: ${spreadText(ours)} ms a step, PyTorch ${spreadText(theirs)}`);
        /** @type {Row} */
        const row = {
          network: name,
          input: source,
          samples,
          threads,
          build,
          simd: found.simd,
          mode,
          density: found.density,
          kernels: found.kernels,
          ours,
          pytorch: theirs,
          ratio,
          sameK: same === undefined ? null : ratioOf(same, ours),
          deviation,
          arrangement: arrangement[inference ? "inference" : "training"],
          versions: { torch, simd },
        };
        return [row];
      }),
    );
  } finally {
    for (const network of open) network.dispose();
  }
}
