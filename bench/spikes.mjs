// @ts-check
/** Input of the benchmarks: sparse lists of random spikes, and real recordings binned into such lists. */

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { datasets } from "../dist/index.js";

/**
 * Spikes of one sample as the network takes them.
 *
 * @typedef {{ offsets: Uint32Array, indices: Uint32Array, counts: Float32Array }} Spikes
 */

/** Multiplier and increment of the linear congruential generator of Numerical Recipes, modulo 2³². */
const [multiplier, increment] = [1664525, 1013904223];

/** An endless stream of spikes that are independent of each other, one event each, in pieces of equal length. */
export class SpikeStream {
  #state;
  #inputs;
  #density;
  #offsets;
  #indices;
  #counts;

  /**
   * Starts a stream.
   *
   * @param {number} seed - Whole number; the same seed gives the same spikes.
   * @param {number} steps - Length of a piece.
   * @param {number} inputs
   * @param {number} density - Chance of a spike per input and step.
   */
  constructor(seed, steps, inputs, density) {
    // Neighbouring seeds start the generator far apart.
    this.#state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
    this.#inputs = inputs;
    this.#density = density;
    this.#offsets = new Uint32Array(steps + 1);
    this.#indices = new Uint32Array(steps * inputs);
    this.#counts = new Float32Array(steps * inputs).fill(1);
  }

  /**
   * The next piece. It lies in the stream's own arrays and is gone with the next call.
   *
   * @returns {Spikes}
   */
  next() {
    let [state, spikes] = [this.#state, 0];
    const threshold = this.#density * 2 ** 32;
    for (let step = 1; step < this.#offsets.length; step++) {
      for (let index = 0; index < this.#inputs; index++) {
        state = (Math.imul(state, multiplier) + increment) >>> 0;
        if (state < threshold) this.#indices[spikes++] = index;
      }
      this.#offsets[step] = spikes;
    }
    this.#state = state;
    return {
      offsets: this.#offsets,
      indices: this.#indices.subarray(0, spikes),
      counts: this.#counts.subarray(0, spikes),
    };
  }
}

/**
 * The steps `first` to `last` − 1 of a sample.
 *
 * @param {Spikes} spikes
 * @param {number} first
 * @param {number} last
 * @returns {Spikes}
 */
export function cut({ offsets, indices, counts }, first, last) {
  const [start, end] = [offsets[first] ?? 0, offsets[last] ?? 0];
  return {
    offsets: offsets.slice(first, last + 1).map((offset) => offset - start),
    indices: indices.slice(start, end),
    counts: counts.slice(start, end),
  };
}

/**
 * A folder of recordings in `DECOLLE_DATA` or, where that is not set, in `../shared/data`.
 *
 * @param {string} name - Such as `nmnist`.
 * @returns {string | undefined} Undefined where there is none.
 */
export function dataFolder(name) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const path = join(resolve(root, process.env["DECOLLE_DATA"] ?? "../shared/data"), name);
  return existsSync(path) ? path : undefined;
}

/**
 * The folder of N-MNIST recordings.
 *
 * @returns {string | undefined} Undefined where there are none.
 */
export function nmnistFolder() {
  return dataFolder("nmnist");
}

/**
 * Recordings of N-MNIST, of all classes, binned into steps of 1 ms from the first event.
 *
 * @param {string} folder - Where they are.
 * @param {{ height: number, width: number }} plane - What the network takes: this corner of the sensor.
 * @param {number} steps
 * @param {readonly number[]} [chosen] - Places in the data set, taken around where there are fewer; all by default.
 * @param {"train" | "test"} [part] - Those to learn from by default.
 * @returns {Promise<{ spikes: Spikes[], classes: number[] }>}
 */
export async function recordedSpikes(folder, plane, steps, chosen, part = "train") {
  const data = (await datasets.nmnist(folder))[part];
  const places = chosen ?? Array.from({ length: data.length }, (_, place) => place);
  /** @type {Spikes[]} */
  const spikes = [];
  /** @type {number[]} */
  const classes = [];
  for (const place of places) {
    const { events, label } = await data.sample(place % data.length);
    spikes.push(bin(events, plane, steps));
    classes.push(label);
  }
  return { spikes, classes };
}

/**
 * @param {{ x: Uint16Array, y: Uint16Array, p: Uint8Array, t: Float64Array }} events
 * @param {{ height: number, width: number }} plane
 * @param {number} steps
 * @returns {Spikes}
 */
function bin({ x, y, p, t }, { height, width }, steps) {
  /** @type {Map<number, number>[]} */
  const lists = Array.from({ length: steps }, () => new Map());
  t.forEach((time, event) => {
    const list = lists[Math.floor((time - (t[0] ?? 0)) / 1000)];
    const [column, row] = [x[event] ?? 0, y[event] ?? 0];
    if (list === undefined || row >= height || column >= width) return;
    const index = ((p[event] ?? 0) * height + row) * width + column;
    list.set(index, (list.get(index) ?? 0) + 1);
  });
  const offsets = new Uint32Array(steps + 1);
  const sorted = lists.map((list) => [...list].sort(([a], [b]) => a - b));
  sorted.forEach((list, step) => {
    offsets[step + 1] = (offsets[step] ?? 0) + list.length;
  });
  const all = sorted.flat();
  return {
    offsets,
    indices: Uint32Array.from(all, ([index]) => index),
    counts: Float32Array.from(all, ([, count]) => count),
  };
}
