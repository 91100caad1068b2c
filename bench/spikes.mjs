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

/**
 * Spikes that are independent of each other, one event each.
 *
 * @param {number} seed - Whole number; the same seed gives the same spikes.
 * @param {number} steps
 * @param {number} inputs
 * @param {number} density - Chance of a spike per input and step.
 * @returns {Spikes}
 */
export function randomSpikes(seed, steps, inputs, density) {
  // Neighbouring seeds start the generator far apart.
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  const offsets = new Uint32Array(steps + 1);
  /** @type {number[]} */
  const indices = [];
  for (let step = 0; step < steps; step++) {
    for (let index = 0; index < inputs; index++) {
      state = (Math.imul(state, multiplier) + increment) >>> 0;
      if (state < density * 2 ** 32) indices.push(index);
    }
    offsets[step + 1] = indices.length;
  }
  return { offsets, indices: Uint32Array.from(indices), counts: new Float32Array(indices.length).fill(1) };
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
 * The folder of N-MNIST recordings, in `DECOLLE_DATA` or, where that is not set, in `../shared/data`.
 *
 * @returns {string | undefined} Undefined where there are none.
 */
export function nmnistFolder() {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const path = join(resolve(root, process.env["DECOLLE_DATA"] ?? "../shared/data"), "nmnist");
  return existsSync(path) ? path : undefined;
}

/**
 * Training recordings of N-MNIST, of all classes, binned into steps of 1 ms from the first event.
 *
 * @param {string} folder - Where they are.
 * @param {{ height: number, width: number }} plane - What the network takes: this corner of the sensor.
 * @param {number} steps
 * @param {readonly number[]} chosen - Places in the data set, taken around where there are fewer.
 * @returns {Promise<{ spikes: Spikes[], classes: number[] }>}
 */
export async function recordedSpikes(folder, plane, steps, chosen) {
  const { train } = await datasets.nmnist(folder);
  /** @type {Spikes[]} */
  const spikes = [];
  /** @type {number[]} */
  const classes = [];
  for (const place of chosen) {
    const { events, label } = await train.sample(place % train.length);
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
