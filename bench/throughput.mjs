// @ts-check
/**
 * Milliseconds per sample and step, and synaptic operations per second, on the DvsGesture network of the authors' code:
 * inference and training with an update every 1, 10 and 50 steps, batches of 1 and 72, every build with one and two
 * threads; and over the density of spikes, the same in the input and in every layer.
 */

import { Network } from "../dist/index.js";
import { alternate } from "./alternate.mjs";
import { atDensity, randomInput } from "./density.mjs";
import { machine } from "./machine.mjs";
import { batchOf, cases, densityText, modes, opened, timed, updateEvery, windows } from "./networks.mjs";
import { earlierRows, writeResult } from "./results.mjs";
import { digits, spread, spreadText } from "./statistics.mjs";
import { textTable } from "./table.mjs";
import { verdict } from "./targets.mjs";

/** @typedef {import("./networks.mjs").Mode} Mode */

/** Turns of each side. */
const turns = 5;
/** Density at which all modes, batches and builds are measured. */
const usual = 0.02;
/** Densities of the sweep, which batches of 72 go through natively with two threads and under WASM with one. */
const densities = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4];
/** Where the slope of log time over log density is taken, and what it should be at least, in inference. */
const slopeRange = /** @type {const} */ ([0.005, 0.05]);
const slopeTarget = 0.8;
/** Builds and threads. */
const builds = /** @type {const} */ ([
  ["native", 1],
  ["native", 2],
  ["wasm", 1],
  ["wasm", 2],
]);

/**
 * One line of the table; a slope has no density of its own.
 *
 * @typedef {object} Row
 * @property {"time" | "slope"} kind
 * @property {number} wanted - The density wanted in every layer; 0 for a slope.
 * @property {"native" | "wasm"} build
 * @property {number} threads
 * @property {number} samples
 * @property {Mode} mode
 * @property {{ input: number, layers: number[] }} density - Spikes per neuron and step while measured.
 * @property {import("./networks.mjs").Measured["kernels"]} kernels
 * @property {import("./statistics.mjs").Spread} time - Milliseconds per sample and step; for a slope, its values.
 * @property {number} operations - Synaptic operations per sample and step.
 * @property {{ atLeast: number } | { atMost: number, unit: string } | null} target
 */

/** Titles of the table. */
export const head = [
  "density wanted",
  "density: input; layers",
  "build, threads",
  "batch",
  "mode",
  "ms/sample·step",
  "synaptic operations/sample·step, millions",
  "GSOP/s",
  "steps by events / densely, layer by layer",
  "target",
];

/**
 * A row as text.
 *
 * @param {Row} row
 * @returns {string[]}
 */
export function cells(row) {
  const slope = row.kind === "slope";
  const { time, operations } = row;
  return [
    slope ? `slope, ${slopeRange.map((value) => `${value * 100} %`).join(" to ")}` : `${row.wanted * 100} %`,
    slope ? "" : densityText(row.density),
    `${row.build}, ${row.threads}`,
    String(row.samples),
    row.mode,
    spreadText(time),
    slope ? "" : digits(operations / 1e6),
    slope ? "" : digits(operations / time.median / 1e6),
    row.kernels.map((steps) => (steps === null ? "" : `${steps.events}/${steps.dense}`)).join(", "),
    slope
      ? row.target === null
        ? ""
        : `≥ ${slopeTarget}: ${time.median >= slopeTarget ? "met" : "missed"} (${digits(time.median)})`
      : verdict(row.target, time.median),
  ];
}

/**
 * Time over density, log over log.
 *
 * @param {Row[]} rows
 * @returns {Record<string, import("../dist/index.js").Panel[]>}
 */
export function plots(rows) {
  const batch = Math.max(...rows.map(({ samples }) => samples));
  const swept = rows.filter(({ kind, samples }) => kind === "time" && samples === batch);
  const keys = [...new Set(swept.map(({ build, threads, mode }) => `${build}, ${threads}: ${mode}`))];
  const series = keys.flatMap((name) => {
    const points = swept
      .filter(({ build, threads, mode }) => `${build}, ${threads}: ${mode}` === name)
      .map(({ wanted, time }) => /** @type {[number, number]} */ ([Math.log10(wanted * 100), Math.log10(time.median)]))
      .sort(([a], [b]) => a - b);
    return points.length > 1 ? [{ name, points }] : [];
  });
  const title = `DvsGesture network, batch ${batch}: time over density in every layer`;
  return {
    density: [{ title, x: "log₁₀ of the density in per cent", y: "log₁₀ of ms per sample and step", series }],
  };
}

/**
 * Runs the benchmark.
 *
 * @param {(text: string) => void} report - Told what goes on.
 * @param {import("./list.mjs").Options} [options] - One build, whose rows then take the place of the earlier ones.
 * @returns {Promise<string>} The table.
 */
export async function run(report, { quick = false, backend } = {}) {
  const on = machine();
  const measuredBuilds = builds.filter(([build]) => (backend ?? build) === build);
  const preset = cases.find(({ name }) => name === "conv 64-128-128");
  if (preset === undefined) throw new Error("there is no DvsGesture network");
  const { specification, burnIn } = preset;
  /** @type {Row[]} */
  const rows = [];
  const batches = quick ? [4] : [72, 1];
  for (const density of quick ? [0.005, 0.05] : densities) {
    for (const samples of batches) {
      // Off the usual density only batches of 72, and what shows in the plot.
      const sweep = density !== usual;
      if (sweep && samples === 1) continue;
      const checkpoint = await atDensity(specification, density, report);
      const swept = measuredBuilds.filter(([build, threads]) => threads === (build === "native" ? 2 : 1));
      const sides = sweep ? swept : measuredBuilds;
      const wanted = sweep ? modes.filter((mode) => mode === "inference" || (mode === "K = 10" && !quick)) : modes;
      for (const mode of wanted) {
        const found = await measure(
          specification,
          checkpoint,
          density,
          samples,
          burnIn,
          mode,
          sides,
          quick ? 1 : turns,
        );
        rows.push(...found);
        for (const { build, threads, time } of found) {
          report(`${build}, ${threads}, batch ${samples}, ${mode}: ${spreadText(time)} ms per sample and step`);
        }
      }
    }
  }
  rows.push(...slopes(rows));
  if (!quick && backend !== undefined) {
    const known = /** @type {Row[]} */ (earlierRows("throughput", on));
    rows.push(...known.filter(({ build }) => build !== backend));
  }
  writeResult("throughput", on, rows, { quick });
  return textTable(head, rows.map(cells));
}

/**
 * @param {import("./networks.mjs").Case["specification"]} specification
 * @param {Uint8Array} checkpoint
 * @param {number} density
 * @param {number} samples
 * @param {number} burnIn
 * @param {Mode} mode
 * @param {readonly (readonly ["native" | "wasm", number])[]} sides
 * @param {number} turns
 * @returns {Promise<Row[]>}
 */
async function measure(specification, checkpoint, density, samples, burnIn, mode, sides, turns) {
  // Enough that what a call costs, such as the memory of the state to return to, weighs no more than in use.
  // Where spikes are dense, a step takes so much longer that few are enough.
  const several = mode === "inference" && density <= 0.1 ? 60 : 10;
  const steps = Math.max(updateEvery(mode), samples === 1 ? 200 : several);
  const classes = Array.from({ length: samples }, (_, sample) => sample % specification.readout.units);
  const checked = 2;
  const span = burnIn + checked + steps * (turns + 1);
  const all = { spikes: randomInput(specification, density, samples, span), classes };
  // The state after burn-in is made once, by whichever build is at hand.
  const settled = await Network.fromBytes(checkpoint);
  await settled.run({ input: batchOf(all, 0, burnIn).input });
  const ready = await settled.toBytes();
  settled.dispose();
  const { input: rest } = batchOf(all, burnIn + checked, span);
  const input = { spikes: rest.spikes, classes };
  /** @type {Record<string, () => Promise<number>>} */
  const measured = {};
  /** @type {Record<string, import("./networks.mjs").Measured>} */
  const last = {};
  /** @type {Network[]} */
  const open = [];
  /** @type {(readonly ["native" | "wasm", number, string])[]} */
  const present = [];
  /** @type {number[] | undefined} */
  let agreed;
  try {
    for (const [build, threads] of sides) {
      const network = await opened(ready, build, threads);
      if (network === undefined) continue;
      open.push(network);
      const key = `${build} ${threads}`;
      present.push([build, threads, key]);
      const next = windows(input, steps);
      measured[key] = async () => {
        const found = await timed(network, next(), mode);
        last[key] = found;
        return found.time / samples;
      };
      // All sides must fire alike, from the first batch on: they are to give the same bits.
      const { layers } = await network.run(
        { input: batchOf(all, burnIn, burnIn + checked).input },
        { keepState: true },
      );
      const spikes = layers.map((layer) => layer.spikes);
      agreed ??= spikes;
      if (spikes.some((count, layer) => count !== agreed?.[layer])) {
        throw new Error(`${key}: layers fired ${spikes} times, on the side before ${agreed} times`);
      }
    }
    const times = await alternate(measured, turns);
    return present.flatMap(([build, threads, key]) => {
      const [time, found] = [times[key], last[key]];
      if (time === undefined || found === undefined) return [];
      /** @type {Row} */
      const row = {
        kind: "time",
        wanted: density,
        build,
        threads,
        samples,
        mode,
        density: found.density,
        kernels: found.kernels,
        time,
        operations: found.operations / samples,
        target: density === usual && samples === 72 ? (limits.get(`${build} ${threads} ${mode}`) ?? null) : null,
      };
      return [row];
    });
  } finally {
    for (const network of open) network.dispose();
  }
}

/**
 * What a sample and step may take at 2 % in batches of 72.
 *
 * @type {ReadonlyMap<string, { atMost: number, unit: string }>}
 */
const limits = new Map(
  /** @type {const} */ ([
    ["native 2 inference", 0.15],
    ["native 2 K = 1", 4.3],
    ["native 2 K = 10", 1.5],
    ["native 2 K = 50", 0.6],
    ["wasm 2 inference", 0.45],
    ["wasm 2 K = 1", 15],
    ["wasm 2 K = 10", 4.5],
    ["wasm 2 K = 50", 1.8],
  ]).map(([side, atMost]) => [side, { atMost, unit: "ms" }]),
);

/**
 * Slopes of log time over log density, by least squares, turn by turn.
 *
 * @param {readonly Row[]} rows
 * @returns {Row[]}
 */
function slopes(rows) {
  const groups = new Map(
    rows
      .filter(({ samples }) => samples > 1)
      .map((row) => [`${row.build} ${row.threads} ${row.mode}`, /** @type {Row} */ (row)]),
  );
  return [...groups.values()].flatMap((first) => {
    const same = rows.filter(
      ({ build, threads, mode, samples, wanted }) =>
        build === first.build &&
        threads === first.threads &&
        mode === first.mode &&
        samples === first.samples &&
        wanted >= slopeRange[0] &&
        wanted <= slopeRange[1],
    );
    if (same.length < 2) return [];
    const values = first.time.values.map((_, turn) =>
      slope(same.map(({ wanted, time }) => [Math.log(wanted), Math.log(time.values[turn] ?? Number.NaN)])),
    );
    const target = first.mode === "inference" ? { atLeast: slopeTarget } : null;
    return [
      {
        ...first,
        kind: /** @type {const} */ ("slope"),
        wanted: 0,
        kernels: [],
        time: spread(values),
        operations: 0,
        target,
      },
    ];
  });
}

/**
 * @param {number[][]} points - (x, y).
 * @returns {number} Slope of the line of least squares.
 */
function slope(points) {
  const n = points.length;
  const [sx, sy] = [0, 1].map((axis) => points.reduce((sum, point) => sum + (point[axis] ?? 0), 0) / n);
  let [above, below] = [0, 0];
  for (const [x = 0, y = 0] of points) {
    above += (x - (sx ?? 0)) * (y - (sy ?? 0));
    below += (x - (sx ?? 0)) ** 2;
  }
  return above / below;
}
