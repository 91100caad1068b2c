// @ts-check
/** The rival in tfjs behind one surface, be it in this process or in a page. */

import { Rival } from "./decolle.mjs";
import { openPage } from "./page.mjs";
import { inNode } from "./setup.mjs";

/** @typedef {import("./decolle.mjs").Plain} Plain */
/** @typedef {"cpu" | "wasm" | "webgl" | "webgpu"} TfjsBackend */

/**
 * The rival on one backend of tfjs.
 *
 * @typedef {object} Side
 * @property {TfjsBackend} backend
 * @property {string} renderer - What computes.
 * @property {(plain: Plain, classes: number[], frames: Float32Array[]) => Promise<void>} load - Takes a network and an input
 *   over; what was there before is freed.
 * @property {(steps: number, every: number) => Promise<number>} run - Milliseconds of that many steps from the first on.
 * @property {() => Promise<{ losses: number[], parameters: Float32Array[] }>} learn - Learns from all steps, with one update
 *   at the end.
 * @property {() => Promise<void>} close
 */

/**
 * Starts a side.
 *
 * @param {TfjsBackend} backend
 * @returns {Promise<Side>}
 * @throws Error where the backend does not start.
 */
export function startSide(backend) {
  return backend === "cpu" || backend === "wasm" ? nodeSide(backend) : pageSide(backend);
}

/**
 * @param {"cpu" | "wasm"} backend
 * @returns {Promise<Side>}
 */
async function nodeSide(backend) {
  const tf = await inNode(backend);
  /** @type {Rival | undefined} */
  let rival;
  /** @type {any[]} */
  let frames = [];
  const free = () => {
    rival?.dispose();
    tf.dispose(frames);
  };
  const ready = async () => {
    // Backends are one at a time in a process.
    await tf.setBackend(backend);
    if (rival === undefined) throw new Error("nothing is loaded");
    return rival;
  };
  return {
    backend,
    renderer: "Node",
    async load(plain, classes, steps) {
      await tf.setBackend(backend);
      free();
      rival = new Rival(tf, plain, classes);
      frames = rival.frames(steps, planeOf(plain));
    },
    async run(steps, every) {
      return (await ready()).run(frames.slice(0, steps), every);
    },
    async learn() {
      return (await ready()).learn(frames);
    },
    async close() {
      free();
      rival = undefined;
      frames = [];
    },
  };
}

/**
 * @param {"webgl" | "webgpu"} backend
 * @returns {Promise<Side>}
 */
async function pageSide(backend) {
  const { page, renderer, serve, close } = await openPage(backend);
  return {
    backend,
    renderer,
    async load(plain, classes, steps) {
      const { tensors, ...rest } = plain;
      let start = 0;
      const place = (/** @type {Float32Array} */ data) => {
        const [first, length] = [start, data.length];
        start += length;
        return [first, length];
      };
      const arrays = [...Object.values(tensors).map(({ data }) => data), ...steps];
      const places = arrays.map(place);
      const all = new Float32Array(start);
      arrays.forEach((data, index) => {
        all.set(data, places[index]?.[0] ?? 0);
      });
      serve(new Uint8Array(all.buffer));
      const names = Object.entries(tensors).map(([name, { shape }]) => ({ name, shape }));
      await page.evaluate(loadInPage, { ...rest, classes, names, places, plane: planeOf(plain) });
    },
    run: (steps, every) => page.evaluate(runInPage, { steps, every }),
    async learn() {
      const { losses, parameters } = await page.evaluate(learnInPage);
      return { losses, parameters: parameters.map((/** @type {number[]} */ values) => Float32Array.from(values)) };
    },
    close,
  };
}

/** @param {Plain} plain */
function planeOf({ specification: { input } }) {
  return [input.channels, input.height, input.width];
}

/** @param {any} given */
async function loadInPage({ names, places, classes, plane, ...rest }) {
  const { Rival: InPage } = await import(/** @type {any} */ ("/decolle.mjs"));
  const all = new Float32Array(await (await fetch("/numbers")).arrayBuffer());
  const arrays = places.map((/** @type {number[]} */ [first = 0, length = 0]) => all.slice(first, first + length));
  const tensors = Object.fromEntries(
    names.map((/** @type {any} */ { name, shape }, /** @type {number} */ index) => [
      name,
      { shape, data: arrays[index] },
    ]),
  );
  const here = /** @type {any} */ (globalThis);
  here.rival?.dispose();
  here.tf.dispose(here.frames ?? []);
  here.rival = new InPage(here.tf, { ...rest, tensors }, classes);
  here.frames = here.rival.frames(arrays.slice(names.length), plane);
}

/** @param {{ steps: number, every: number }} given */
function runInPage({ steps, every }) {
  const { rival, frames } = /** @type {any} */ (globalThis);
  return rival.run(frames.slice(0, steps), every);
}

async function learnInPage() {
  const { rival, frames } = /** @type {any} */ (globalThis);
  const { losses, parameters } = await rival.learn(frames);
  return { losses, parameters: parameters.map((/** @type {Float32Array} */ values) => Array.from(values)) };
}
