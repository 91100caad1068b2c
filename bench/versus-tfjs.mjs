// @ts-check
/**
 * Beside tfjs, on every backend that starts here: `cpu` and `wasm` in Node, `webgl` and `webgpu` in Chromium. The same
 * equations, weights, state and input; tfjs updates every step. Its `wasm` backend has SIMD and one thread: its threads do
 * not start in Node.
 */

import { Network } from "../dist/index.js";
import { agreement, deviationText } from "./agreement.mjs";
import { alternate, ratioOf } from "./alternate.mjs";
import { machine } from "./machine.mjs";
import { cases, densityText, modes, opened, prepared, streamed, timed, updateEvery, windows } from "./networks.mjs";
import { earlierRows, writeResult } from "./results.mjs";
import { spreadText } from "./statistics.mjs";
import { textTable } from "./table.mjs";
import { verdict } from "./targets.mjs";
import { setUp, version } from "./tfjs/setup.mjs";
import { startSide } from "./tfjs/sides.mjs";

/** @typedef {import("./networks.mjs").Case} Case */
/** @typedef {import("./networks.mjs").Mode} Mode */
/** @typedef {import("./tfjs/sides.mjs").TfjsBackend} TfjsBackend */

/** Turns of each side. */
const turns = 5;
/** The backends of tfjs. */
const backends = /** @type {const} */ (["wasm", "cpu", "webgl", "webgpu"]);

/**
 * Targets: the time of tfjs's `wasm` over ours.
 *
 * @type {readonly { network: string, samples: number, build: "native" | "wasm", threads: number, mode: Mode, ratio: number }[]}
 */
const targets = [
  { network: "conv 64-128-128", samples: 72, build: "native", threads: 2, mode: "inference", ratio: 140 },
  { network: "conv 64-128-128", samples: 72, build: "native", threads: 2, mode: "K = 1", ratio: 12 },
  { network: "conv 64-128-128", samples: 72, build: "native", threads: 2, mode: "K = 10", ratio: 33 },
  { network: "conv 64-128-128", samples: 72, build: "native", threads: 2, mode: "K = 50", ratio: 84 },
  { network: "conv 64-128-128", samples: 72, build: "wasm", threads: 2, mode: "inference", ratio: 50 },
  { network: "conv 64-128-128", samples: 72, build: "wasm", threads: 2, mode: "K = 1", ratio: 12 },
  { network: "conv 64-128-128", samples: 72, build: "wasm", threads: 2, mode: "K = 10", ratio: 20 },
  { network: "conv 64-128-128", samples: 72, build: "wasm", threads: 2, mode: "K = 50", ratio: 30 },
  { network: "MLP 2312-512-512", samples: 1, build: "native", threads: 1, mode: "inference", ratio: 300 },
];

/**
 * One line of the table: a measurement, or a backend that did not start, with its error.
 *
 * @typedef {object} Row
 * @property {TfjsBackend} backend - Of tfjs.
 * @property {string} renderer - What computed there.
 * @property {string | null} error
 * @property {string} network
 * @property {number} samples
 * @property {Mode} mode
 * @property {"native" | "wasm"} build - Ours.
 * @property {number} threads - Ours.
 * @property {{ input: number, layers: number[] }} density
 * @property {import("./statistics.mjs").Spread | null} ours - Milliseconds per step.
 * @property {import("./statistics.mjs").Spread | null} tfjs - Milliseconds per step, updating every step where we train.
 * @property {import("./statistics.mjs").Spread | null} ratio - tfjs's time over ours.
 * @property {number | null} target
 * @property {import("./agreement.mjs").Deviation | null} deviation
 */

/** Titles of the table. */
export const head = [
  "tfjs backend",
  "network",
  "batch",
  "density: input; layers",
  "mode",
  "our build, threads",
  "ours, ms/step",
  "tfjs at K = 1, ms/step",
  "tfjs/ours",
  "target",
];

/**
 * A row as text.
 *
 * @param {Row} row
 * @returns {string[]}
 */
export function cells(row) {
  const { backend, renderer, error, network, samples, ours, tfjs, ratio, target } = row;
  const where = `${backend} (${renderer})`;
  if (error !== null || ours === null || tfjs === null || ratio === null) {
    return [where, network, samples === 0 ? "" : String(samples), "", "", "", "", `does not run: ${error}`, "", ""];
  }
  return [
    where,
    network,
    String(samples),
    densityText(row.density),
    row.mode,
    `${row.build}, ${row.threads}`,
    spreadText(ours),
    spreadText(tfjs),
    spreadText(ratio),
    verdict(target === null ? null : { atLeast: target }, ratio.median),
  ];
}

/**
 * Runs the benchmark.
 *
 * @param {(text: string) => void} report - Told what goes on.
 * @param {import("./list.mjs").Options} [options] - One network, or one backend of tfjs, by name, beside what was measured
 *   before of others.
 * @returns {Promise<string>} The table.
 */
export async function run(report, { quick = false, network, backend: only } = {}) {
  const on = machine();
  setUp(report);
  const [mlp] = streamed;
  const large = cases.filter(({ name }) => name === "conv 64-128-128");
  if (mlp === undefined) throw new Error("there is no MLP");
  const all = quick ? [mlp, ...large.slice(-1)] : [mlp, ...large];
  const chosen = all.filter(({ name }) => network === undefined || name === network);
  const names = [...new Set(all.map(({ name }) => name))];
  if (chosen.length === 0) throw new Error(`network: expected ${names.join(" or ")}, found ${network}`);
  const chosenBackends = backends.filter((name) => only === undefined || name === only);
  if (chosenBackends.length === 0) throw new Error(`backend: expected ${backends.join(" or ")}, found ${only}`);
  /** @type {Row[]} */
  let rows = [];
  for (const measured of chosen) {
    report(`${measured.name}, batch ${measured.samples}`);
    const longest = quick ? 10 : 50;
    const ready = await prepared(measured, report, longest * (quick ? 2 : turns + 1));
    for (const backend of chosenBackends) {
      // The graphics backends stand for browsers, where one sample comes at a time; the plainest one takes most of a minute
      // for a training step of the large network.
      if (backend !== "wasm" && measured.samples > 1) continue;
      if (rows.some((row) => row.backend === backend && row.error !== null)) continue;
      try {
        rows.push(...(await compare(measured, ready, backend, longest, quick, report)));
      } catch (error) {
        const text = (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
        // What computes something else is a fault of the benchmark; only a backend that does not run is a finding.
        if (backend === "wasm" || backend === "cpu" || text.includes("allowed")) throw error;
        report(`${backend} does not run: ${text}`);
        rows.push(missing(backend, text, measured));
      }
    }
  }
  if (network !== undefined || only !== undefined) {
    const isNew = (/** @type {Row} */ row) =>
      (network === undefined || row.network === network) && (only === undefined || row.backend === only);
    /** @type {Row[]} */
    const others = earlierRows("versus-tfjs", on).filter((row) => !isNew(row));
    const inOrder = (/** @type {string} */ name) =>
      backends.flatMap((backend) =>
        [...rows, ...others].filter((row) => row.network === name && row.backend === backend),
      );
    rows = names.flatMap(inOrder);
  }
  writeResult("versus-tfjs", on, rows, { quick });
  return `tfjs ${version}\n\n${textTable(head, rows.map(cells))}`;
}

/**
 * @param {TfjsBackend} backend
 * @param {string} error
 * @param {Case} measured
 * @returns {Row}
 */
function missing(backend, error, { name, samples }) {
  const nothing = { ours: null, tfjs: null, ratio: null, target: null, deviation: null };
  const density = { input: 0, layers: [] };
  const ours = { build: /** @type {const} */ ("native"), threads: 1, mode: /** @type {const} */ ("inference") };
  return { backend, renderer: "Chromium", error, network: name, samples, ...ours, density, ...nothing };
}

/**
 * @param {Case} measured
 * @param {import("./networks.mjs").Prepared} ready
 * @param {TfjsBackend} backend
 * @param {number} longest - Steps of the input.
 * @param {boolean} quick
 * @param {(text: string) => void} report
 * @returns {Promise<Row[]>}
 */
async function compare(measured, ready, backend, longest, quick, report) {
  const { name, samples } = measured;
  const side = await startSide(backend);
  /** @type {Network[]} */
  const open = [];
  try {
    const { checkpoint, input } = ready;
    const plain = await plainOf(checkpoint, samples);
    const frames = (/** @type {number} */ first, /** @type {number} */ last) =>
      Array.from({ length: last - first }, (_, step) => frameOf(input.spikes, first + step, plain));
    const slow =
      backend === "cpu" && plain.specification.layers.some((/** @type {any} */ { type }) => type === "conv2d");
    /** @type {import("./agreement.mjs").Other} */
    const other = {
      name: `tfjs-${backend}`,
      async learn(bytes, first, last) {
        await side.load(await plainOf(bytes, samples), input.classes, frames(first, last));
        return side.learn();
      },
    };
    const deviation = slow
      ? null
      : await agreement({ ...measured, steps: quick ? 4 : longest }, ready, { backend: "native", threads: 1 }, [other]);
    if (deviation !== null) report(`${backend} (${side.renderer}): ${deviationText(deviation)}`);

    // As long a measurement of tfjs as patience allows: its slowest backends take many seconds a step.
    const large = plain.specification.layers.length > 2;
    const patient = backend === "wasm" || !large;
    const tfjsSteps = large ? (backend === "wasm" && samples === 1 ? 5 : 2) : Math.min(20, longest);
    await side.load(plain, input.classes, frames(0, tfjsSteps));
    // The plain backend is for orders of magnitude: nobody waits for its training of the large network.
    const wanted = modes.filter((mode) => updateEvery(mode) <= (slow ? 0 : longest));
    const calls = samples === 1 && !quick ? 4 : 1;
    /** @type {Record<string, () => Promise<number>>} */
    const sides = {};
    /** @type {Record<string, import("./networks.mjs").Measured>} */
    const last = {};
    const builds = /** @type {const} */ ([
      ["native", 1],
      ["native", 2],
      ["wasm", 1],
      ["wasm", 2],
    ]);
    for (const mode of wanted) {
      for (const [build, threads] of builds) {
        const network = await opened(checkpoint, build, threads);
        if (network === undefined) continue;
        open.push(network);
        const next = windows(input, samples === 1 ? longest : Math.max(updateEvery(mode), 10));
        const key = `${build} ${threads} ${mode}`;
        sides[key] = async () => {
          // A step of one sample takes microseconds: a measurement takes many.
          let time = 0;
          for (let call = 0; call < calls; call++) {
            const found = await timed(network, next(), mode);
            last[key] = found;
            time += found.time / calls;
          }
          return time;
        };
      }
      if (updateEvery(mode) > 1) continue;
      sides[`tfjs ${mode}`] = async () => (await side.run(tfjsSteps, updateEvery(mode))) / tfjsSteps;
    }
    const times = await alternate(sides, quick ? 1 : patient ? turns : 2);
    return wanted.flatMap((mode) =>
      builds.flatMap(([build, threads]) => {
        const [ours, found] = [times[`${build} ${threads} ${mode}`], last[`${build} ${threads} ${mode}`]];
        const theirs = times[mode === "inference" ? "tfjs inference" : "tfjs K = 1"];
        if (ours === undefined || theirs === undefined || found === undefined) return [];
        const ratio = ratioOf(theirs, ours);
        report(`${backend}, ${mode}: ${spreadText(theirs)} ms a step; ours (${build}, ${threads}) ${spreadText(ours)}`);
        const target =
          backend === "wasm"
            ? targets.find(
                (one) =>
                  one.network === name &&
                  one.samples === samples &&
                  one.build === build &&
                  one.threads === threads &&
                  one.mode === mode,
              )
            : undefined;
        /** @type {Row} */
        const row = {
          backend,
          renderer: side.renderer,
          error: null,
          network: name,
          samples,
          mode,
          build,
          threads,
          density: found.density,
          ours,
          tfjs: theirs,
          ratio,
          target: target?.ratio ?? null,
          deviation,
        };
        return [row];
      }),
    );
  } finally {
    for (const network of open) network.dispose();
    await side.close();
  }
}

/**
 * A network as plain numbers.
 *
 * @param {Uint8Array} checkpoint
 * @param {number} samples
 * @returns {Promise<import("./tfjs/decolle.mjs").Plain>}
 */
async function plainOf(checkpoint, samples) {
  const network = await Network.fromBytes(checkpoint);
  const wanted =
    /^(layers|readouts)\.\d+\.(weight|bias)$|^state\.layers\.\d+\.(synapticTrace|membraneTrace|refractory|spikes)$|^optimizer\./;
  const tensors = Object.fromEntries(
    await Promise.all(
      (await network.tensors())
        .filter((name) => wanted.test(name))
        .map(async (name) => {
          const { shape, data } = await network.tensor(name);
          return [name, { shape: [...shape], data }];
        }),
    ),
  );
  const layers = (await network.describe()).layers.map(({ inputShape, shape, pooledShape }) => ({
    inputShape: [...inputShape],
    shape: [...shape],
    pooledShape: [...pooledShape],
  }));
  const { specification } = network;
  network.dispose();
  return { specification, layers, tensors, samples };
}

/**
 * A step of all samples as dense counts.
 *
 * @param {readonly import("./spikes.mjs").Spikes[]} spikes
 * @param {number} step
 * @param {import("./tfjs/decolle.mjs").Plain} plain
 * @returns {Float32Array}
 */
function frameOf(spikes, step, { specification: { input } }) {
  const inputs = input.channels * input.height * input.width;
  const frame = new Float32Array(spikes.length * inputs);
  spikes.forEach(({ offsets, indices, counts }, sample) => {
    for (let place = offsets[step] ?? 0; place < (offsets[step + 1] ?? 0); place++) {
      frame[sample * inputs + (indices[place] ?? 0)] = counts[place] ?? 0;
    }
  });
  return frame;
}
