// @ts-check
/**
 * What more cores would give, on paper: a model of the time of a step from shapes, cores and memory, held against measurements
 * with one thread and two.
 *
 * A step takes c/p + M/B(p) on p cores. M are the bytes that it moves to and from memory, counted from the shapes; B(p) is what p
 * cores read together, by `kernels` (the row of 256 MiB); c is all other work, which splits over samples and outputs without
 * waiting, and is what M/B(1) leaves of one thread's time. So the time with two threads is foretold, not fitted. Fork and join and
 * what JavaScript does at each call are left out: they take some microseconds beside milliseconds.
 */

import { alternate } from "./alternate.mjs";
import { machine } from "./machine.mjs";
import { cases, modes, opened, prepared, stepsOf, timed, updateEvery, windows } from "./networks.mjs";
import { readResult, writeResult } from "./results.mjs";
import { digits, spreadText } from "./statistics.mjs";
import { textTable } from "./table.mjs";

/** Cores, and GB/s that they read together from memory, such as such machines have them. */
const machines = /** @type {const} */ ([
  [8, 60],
  [16, 80],
  [64, 400],
]);

/**
 * One line of the table.
 *
 * @typedef {object} Row
 * @property {import("./networks.mjs").Mode} mode
 * @property {number} megabytes - Moved by a step of the batch.
 * @property {import("./statistics.mjs").Spread} one - Milliseconds per step with one thread.
 * @property {import("./statistics.mjs").Spread} two - With two.
 * @property {number} foretold - Milliseconds with two threads by the model.
 * @property {{ cores: number, bandwidth: number, milliseconds: number }[]} larger
 */

/** Titles of the table. */
export const head = [
  "mode",
  "MB moved a step",
  "one thread, ms/step",
  "two, measured",
  "two, by the model",
  "off by",
  ...machines.map(([cores, bandwidth]) => `${cores} cores, ${bandwidth} GB/s: ms/step (times one thread)`),
];

/**
 * A row as text.
 *
 * @param {Row} row
 * @returns {string[]}
 */
export function cells({ mode, megabytes, one, two, foretold, larger }) {
  return [
    mode,
    digits(megabytes),
    spreadText(one),
    spreadText(two),
    digits(foretold),
    `${((foretold / two.median - 1) * 100).toFixed(0)} %`,
    ...larger.map(({ milliseconds }) => `${digits(milliseconds)} (${digits(one.median / milliseconds)}×)`),
  ];
}

/** Bytes of a number, and of a complex one. */
const [real, complex] = [4, 8];
/** Steps that run by events before the state of a neuron goes back to memory, in inference. */
const chunk = 32;

/**
 * Bytes that a step of the large network moves, all layers and samples.
 *
 * @param {import("./networks.mjs").Mode} mode
 * @param {number} samples
 * @param {readonly Shape[]} layers
 */
function bytesOf(mode, samples, layers) {
  const every = updateEvery(mode);
  return layers.reduce((sum, { inputs, outputs, spectrum, planes }) => {
    // Read and written: W·P, W·Q and R; written: U.
    const state = 7 * real * outputs;
    // Q and P are read and written.
    const traces = 4 * real * inputs;
    // R is read and written, U and S written and read, and half of the errors; so is W·P, unless neurons take it out of the spectra.
    const learning = (spectrum > 0 ? 7 : 9) * real * outputs + traces;
    // Spectra of P, written once and read twice; those of the potential and of the errors, written and read.
    const spectra = complex * spectrum * (3 * planes.input + 4 * planes.output);
    if (every === 0) return sum + (samples * (state + traces)) / chunk;
    if (every === 1) return sum + samples * (learning + spectra);
    // After an update W·P and W·Q are made anew, and the gradient has a term of P and one of Q.
    return sum + (samples * (state + traces + 2 * spectra)) / every + samples * real * outputs;
  }, 0);
}

/**
 * @typedef {object} Shape
 * @property {number} inputs - Of a sample.
 * @property {number} outputs - Neurons, before pooling.
 * @property {number} spectrum - Complex numbers of a plane in the frequency domain; 0 where the layer has too few channels for it.
 * @property {{ input: number, output: number }} planes
 */

/**
 * The layers of the large network.
 *
 * @param {import("./networks.mjs").Case["specification"]} specification
 * @returns {Shape[]}
 */
function shapesOf({ input, layers }) {
  let { channels, height, width } = input;
  return layers.map((layer) => {
    if (layer.type !== "conv2d") throw new Error(`a ${layer.type} layer is not in the model`);
    const number = (/** @type {unknown} */ value) => Number(value ?? 0);
    const [kernel, padding, pool] = [number(layer.kernel), number(layer.padding), number(layer.pool ?? 1)];
    const [inputs, outputs] = [channels * height * width, layer.channels * height * width];
    // Half of a real transform's frequencies; two columns are real and share one place.
    const side = Math.max(height, width) + padding;
    const spectrum = channels < 16 ? 0 : side * (side / 2) + 2;
    const planes = { input: channels, output: layer.channels };
    if (2 * padding !== kernel - 1) throw new Error("the model is for planes that keep their size");
    [channels, height, width] = [layer.channels, Math.floor(height / pool), Math.floor(width / pool)];
    return { inputs, outputs, spectrum, planes };
  });
}

/**
 * Runs the benchmark.
 *
 * @param {(text: string) => void} report - Told what goes on.
 * @param {import("./list.mjs").Options} [options] - A short run takes one turn and few steps.
 * @returns {Promise<string>} The table.
 */
export async function run(report, { quick = false } = {}) {
  const on = machine();
  const memory = readResult("kernels")?.rows.find((/** @type {any} */ { name }) => name.startsWith("read 256 MiB"));
  if (memory === undefined) throw new Error("run kernels first: what this machine reads is measured there");
  const bandwidth = ["one thread", "two threads"].map((threads) => memory.figures[threads].median);
  const found = cases.find(({ name, samples }) => name === "conv 64-128-128" && samples > 1);
  if (found === undefined) throw new Error("there is no large network");
  const { samples, specification } = found;
  const times = await measured(found, report, quick);
  /** @type {Row[]} */
  const rows = modes.flatMap((mode) => {
    const [one, two] = [times[`${mode}, 1`], times[`${mode}, 2`]];
    if (one === undefined || two === undefined) return [];
    const megabytes = bytesOf(mode, samples, shapesOf(specification)) / 1e6;
    // Megabytes by GB/s are milliseconds.
    const divided = one.median - megabytes / bandwidth[0];
    const larger = machines.map(([cores, together]) => ({
      cores,
      bandwidth: together,
      milliseconds: divided / cores + megabytes / together,
    }));
    return [{ mode, megabytes, one, two, foretold: divided / 2 + megabytes / bandwidth[1], larger }];
  });
  writeResult("model", on, rows, { quick });
  return textTable(head, rows.map(cells));
}

/**
 * Milliseconds per step of the large network in every mode, with one thread and two in turn.
 *
 * @param {import("./networks.mjs").Case} large
 * @param {(text: string) => void} report
 * @param {boolean} quick
 */
async function measured(large, report, quick) {
  const turns = quick ? 1 : 5;
  const wanted = quick ? /** @type {const} */ (["inference", "K = 1"]) : modes;
  const { checkpoint, input } = await prepared(
    large,
    report,
    Math.max(...wanted.map((mode) => stepsOf(large, mode))) * 2,
  );
  /** @type {Record<string, () => Promise<number>>} */
  const sides = {};
  /** @type {import("../dist/index.js").Network[]} */
  const open = [];
  try {
    for (const mode of wanted) {
      for (const threads of [1, 2]) {
        const network = await opened(checkpoint, "native", threads);
        if (network === undefined) throw new Error(`no native network with ${threads} threads`);
        open.push(network);
        const next = windows(input, stepsOf(large, mode));
        sides[`${mode}, ${threads}`] = async () => (await timed(network, next(), mode)).time;
      }
    }
    return await alternate(sides, turns);
  } finally {
    for (const network of open) network.dispose();
  }
}
