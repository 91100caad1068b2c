// @ts-check
/**
 * What more cores would give, on paper: a model of the time of a step from shapes, cores and memory, held against what
 * `throughput` measured with one thread and two.
 *
 * A step takes c/p + M/B(p) on p cores. M are the bytes that it moves to and from memory, counted from the shapes; B(p) is what p
 * cores read together, by `kernels` (the row of 256 MiB); c is all other work, which splits over samples and outputs without
 * waiting, and is what M/B(1) leaves of one thread's time. So the time with two threads is foretold, not fitted. Fork and join and
 * what JavaScript does at each call are left out: they take some microseconds beside milliseconds.
 */

import { machine } from "./machine.mjs";
import { cases, updateEvery } from "./networks.mjs";
import { readResult, writeResult } from "./results.mjs";
import { digits } from "./statistics.mjs";
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
 * @property {[number, number]} measured - Milliseconds per step with one thread and two.
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
export function cells({ mode, megabytes, measured: [one, two], foretold, larger }) {
  return [
    mode,
    digits(megabytes),
    digits(one),
    digits(two),
    digits(foretold),
    `${((foretold / two - 1) * 100).toFixed(0)} %`,
    ...larger.map(({ milliseconds }) => `${digits(milliseconds)} (${digits(one / milliseconds)}×)`),
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
    // W·P is written and read, R read and written, U and S written and read, and half of the errors.
    const learning = 9 * real * outputs + traces;
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
 * Makes the table from what was measured.
 *
 * @returns {Promise<string>} The table.
 */
export async function run() {
  const on = machine();
  const [throughput, kernels] = [readResult("throughput"), readResult("kernels")];
  if (throughput === undefined || kernels === undefined) throw new Error("run throughput and kernels first");
  const memory = kernels.rows.find((/** @type {any} */ { name }) => name.startsWith("read 256 MiB"))?.figures;
  const bandwidth = [memory["one thread"].median, memory["two threads"].median];
  const found = cases.find(({ name, samples }) => name === "conv 64-128-128" && samples > 1);
  if (found === undefined) throw new Error("there is no large network");
  const { samples, specification } = found;
  const timeOf = (/** @type {string} */ mode, /** @type {number} */ threads) => {
    const row = throughput.rows.find(
      (/** @type {any} */ one) =>
        one.kind === "time" &&
        one.wanted === 0.02 &&
        one.build === "native" &&
        one.samples === samples &&
        one.mode === mode &&
        one.threads === threads,
    );
    return row.time.median * samples;
  };
  /** @type {Row[]} */
  const rows = /** @type {const} */ (["inference", "K = 1", "K = 10", "K = 50"]).map((mode) => {
    const megabytes = bytesOf(mode, samples, shapesOf(specification)) / 1e6;
    // Megabytes by GB/s are milliseconds.
    const [one, two] = [timeOf(mode, 1), timeOf(mode, 2)];
    const divided = one - megabytes / bandwidth[0];
    const larger = machines.map(([cores, together]) => ({
      cores,
      bandwidth: together,
      milliseconds: divided / cores + megabytes / together,
    }));
    return { mode, megabytes, measured: [one, two], foretold: divided / 2 + megabytes / bandwidth[1], larger };
  });
  writeResult("model", on, rows);
  return textTable(head, rows.map(cells));
}
