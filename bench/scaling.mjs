// @ts-check
/**
 * How time grows: per step over the length of a stream, over layers, over the width of a layer; and how it falls with a
 * second thread.
 */

import { adaMax, dense, Network, preset } from "../dist/index.js";
import { alternate, ratioOf } from "./alternate.mjs";
import { atDensity, randomInput, settling, stillRate } from "./density.mjs";
import { machine } from "./machine.mjs";
import { batchOf, cases, opened, timed, windows } from "./networks.mjs";
import { writeResult } from "./results.mjs";
import { SpikeStream } from "./spikes.mjs";
import { spread, spreadText } from "./statistics.mjs";
import { textTable } from "./table.mjs";
import { verdict } from "./targets.mjs";

/** Turns of each side. */
const turns = 5;
/** Lengths of streams, in steps. */
const lengths = [100, 1000, 10_000, 100_000];
/** Steps of one piece of a stream. */
const piece = 50;
/** Dense layers on top of one another, and neurons of a dense layer. */
const [depths, widths] = [
  [1, 2, 3, 4, 6, 8],
  [128, 256, 512, 1024, 2048],
];
/** Density of random spikes. */
const density = 0.02;

/**
 * One line of the table.
 *
 * @typedef {object} Row
 * @property {"steps" | "threads" | "layers" | "width"} axis
 * @property {number} value - Place on the axis.
 * @property {string} network
 * @property {number} samples
 * @property {"native" | "wasm"} build
 * @property {number} threads
 * @property {"inference" | "K = 1"} mode
 * @property {import("./statistics.mjs").Spread} time - Milliseconds per step.
 * @property {import("./statistics.mjs").Spread | null} ratio - Over threads: one thread's time over this one's.
 * @property {{ atLeast: number } | null} target
 */

/** Titles of the table. */
export const head = [
  "over",
  "value",
  "network",
  "batch",
  "build, threads",
  "mode",
  "ms/step",
  "one thread over this",
  "target",
];

/**
 * A row as text.
 *
 * @param {Row} row
 * @returns {string[]}
 */
export function cells({ axis, value, network, samples, build, threads, mode, time, ratio, target }) {
  return [
    axis,
    String(value),
    network,
    String(samples),
    `${build}, ${threads}`,
    mode,
    spreadText(time),
    ratio === null ? "" : spreadText(ratio),
    ratio === null ? "" : verdict(target, ratio.median),
  ];
}

/**
 * Time over steps, layers and width.
 *
 * @param {Row[]} rows
 * @returns {Record<string, import("../dist/index.js").Panel[]>}
 */
export function plots(rows) {
  const panel = (
    /** @type {Row["axis"]} */ axis,
    /** @type {string} */ title,
    /** @type {string} */ x,
    /** @type {(value: number) => number} */ place,
  ) => {
    const chosen = rows.filter((row) => row.axis === axis);
    const names = [...new Set(chosen.map(({ build, mode }) => `${build}, ${mode}`))];
    const series = names.map((name) => ({
      name,
      points: chosen
        .filter(({ build, mode }) => `${build}, ${mode}` === name)
        .map(({ value, time }) => /** @type {[number, number]} */ ([place(value), time.median])),
    }));
    return { title, x, y: "ms per step", series, yRange: /** @type {[number, number]} */ ([0, 0]) };
  };
  return {
    scaling: [
      panel("steps", "Length of a stream", "log₁₀ of steps", Math.log10),
      panel("layers", "Dense layers of 256", "layers", (value) => value),
      panel("width", "Neurons of two dense layers", "log₂ of neurons", Math.log2),
    ],
  };
}

/**
 * A network of dense layers on a small plane.
 *
 * @param {number} depth
 * @param {number} width
 */
function tower(depth, width) {
  const { network } = preset("nmnist-mlp");
  return {
    ...network,
    input: { channels: 2, height: 16, width: 16 },
    layers: Array.from({ length: depth }, () => dense({ units: width })),
    optimizer: adaMax({ learningRate: stillRate, beta1: 0, beta2: 0.95 }),
  };
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
  const counted = quick ? 1 : turns;
  /** @type {Row[]} */
  const rows = [];
  const add = (/** @type {Row} */ row) => {
    rows.push(row);
    report(cells(row).join("  "));
  };
  for (const mode of /** @type {const} */ (["inference", "K = 1"])) {
    for (const build of /** @type {const} */ (["native", "wasm"])) {
      const common = { build, threads: 1, mode, ratio: null, target: null };
      for (const row of await overSteps(build, mode, quick ? lengths.slice(0, 2) : lengths, counted)) {
        add({ ...common, axis: "steps", network: "dense 256-256", samples: 1, ...row });
      }
      if (build === "wasm") continue;
      for (const value of quick ? depths.slice(0, 2) : depths) {
        const time = await overShape(tower(value, 256), mode, counted, report);
        add({ ...common, axis: "layers", value, network: `${value} × dense 256`, samples: 8, time });
      }
      for (const value of quick ? widths.slice(0, 2) : widths) {
        const time = await overShape(tower(2, value), mode, counted, report);
        add({ ...common, axis: "width", value, network: `dense ${value}-${value}`, samples: 8, time });
      }
    }
  }
  for (const row of await overThreads(quick, counted, report)) add(row);
  writeResult("scaling", on, rows, { quick });
  return textTable(head, rows.map(cells));
}

/**
 * Milliseconds per step of streams, each in a turn of its own.
 *
 * @param {"native" | "wasm"} build
 * @param {"inference" | "K = 1"} mode
 * @param {readonly number[]} lengths
 * @param {number} turns
 */
async function overSteps(build, mode, lengths, turns) {
  const specification = tower(2, 256);
  const inputs = specification.input.channels * specification.input.height * specification.input.width;
  const streamed = async (/** @type {number} */ steps) => {
    const network = await Network.create(specification, { backend: build, threads: 1 });
    try {
      const stream = new SpikeStream(1, piece, inputs, density);
      let milliseconds = 0;
      for (let start = 0; start < steps; start += piece) {
        const batch = { input: { spikes: [stream.next()] }, target: { classes: [3] } };
        const before = performance.now();
        if (mode === "inference") await network.run({ input: batch.input }, { keepState: start > 0 });
        else await network.learn(batch, { keepState: start > 0 });
        milliseconds += performance.now() - before;
      }
      return milliseconds / steps;
    } finally {
      network.dispose();
    }
  };
  const sides = Object.fromEntries(lengths.map((steps) => [String(steps), () => streamed(steps)]));
  const times = await alternate(sides, turns);
  return lengths.map((value) => ({ value, time: times[String(value)] ?? spread([Number.NaN]) }));
}

/**
 * @param {ReturnType<typeof tower>} specification
 * @param {"inference" | "K = 1"} mode
 * @param {number} turns
 * @param {(text: string) => void} report
 */
async function overShape(specification, mode, turns, report) {
  const samples = 8;
  const checkpoint = await atDensity(specification, density, report);
  const input = {
    spikes: randomInput(specification, density, samples, settling + 30 * (turns + 1)),
    classes: [0, 1, 2, 3, 4, 5, 6, 7],
  };
  const network = await Network.fromBytes(checkpoint, { backend: "native", threads: 1 });
  try {
    await network.run({ input: batchOf(input, 0, settling).input });
    const rest = batchOf(input, settling, settling + 30 * (turns + 1)).input.spikes;
    const next = windows({ ...input, spikes: rest }, 30);
    const { time } = await alternate({ time: async () => (await timed(network, next(), mode)).time }, turns);
    return time;
  } finally {
    network.dispose();
  }
}

/**
 * One and two threads on the DvsGesture network, batches of 72, spikes of 2 % density in every layer.
 *
 * @param {boolean} quick
 * @param {number} turns
 * @param {(text: string) => void} report
 * @returns {Promise<Row[]>}
 */
async function overThreads(quick, turns, report) {
  const preset = cases.find(({ name }) => name === "conv 64-128-128");
  if (preset === undefined) throw new Error("there is no DvsGesture network");
  const samples = quick ? 8 : 72;
  const { specification, name } = preset;
  const checkpoint = await atDensity(specification, density, report);
  const classes = Array.from({ length: samples }, (_, sample) => sample % specification.readout.units);
  const steps = 10;
  const span = settling + steps * (turns + 1);
  const input = { spikes: randomInput(specification, density, samples, span), classes };
  const rest = { spikes: batchOf(input, settling, span).input.spikes, classes };
  /** @type {Row[]} */
  const rows = [];
  for (const [build, atLeast] of /** @type {const} */ ([
    ["native", 1.8],
    ["wasm", 1.6],
  ])) {
    for (const mode of /** @type {const} */ (["inference", "K = 1"])) {
      // From the same state in each mode: sides run as often as their time allows, so that they end in different ones.
      const [one, two] = [await opened(checkpoint, build, 1), await opened(checkpoint, build, 2)];
      try {
        if (one === undefined || two === undefined) {
          report(`${build}: no two threads here`);
          continue;
        }
        for (const network of [one, two]) await network.run({ input: batchOf(input, 0, settling).input });
        const spikes = { one: /** @type {number[]} */ ([]), two: /** @type {number[]} */ ([]) };
        const side = (/** @type {"one" | "two"} */ key, /** @type {Network} */ network) => {
          const next = windows(rest, steps);
          return async () => {
            const { time, density: found } = await timed(network, next(), mode);
            spikes[key].push(found.layers.reduce((sum, value) => sum + value, 0));
            return time;
          };
        };
        const times = await alternate({ one: side("one", one), two: side("two", two) }, turns);
        const both = Math.min(spikes.one.length, spikes.two.length);
        if (spikes.one.slice(0, both).some((value, run) => value !== spikes.two[run])) {
          throw new Error(`${build}: one thread and two do not fire alike`);
        }
        const common = { axis: /** @type {const} */ ("threads"), network: name, samples, build, mode };
        rows.push({ ...common, value: 1, threads: 1, time: times.one, ratio: null, target: null });
        const ratio = ratioOf(times.one, times.two);
        rows.push({ ...common, value: 2, threads: 2, time: times.two, ratio, target: { atLeast } });
      } finally {
        one?.dispose();
        two?.dispose();
      }
    }
  }
  return rows;
}
