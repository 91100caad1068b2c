// @ts-check
/** The benchmarks by name. A new one is a file that exports `head`, `cells` and `run`, and a line here. */

/**
 * A benchmark. `cells` gives a row of its result as the texts under `head`.
 *
 * @typedef {object} Benchmark
 * @property {readonly string[]} head - Titles of its table.
 * @property {(row: any) => string[]} cells
 * @property {(rows: any[]) => Record<string, readonly import("../dist/index.js").Panel[]>} [plots] - Figures by name.
 * @property {(report: (text: string) => void, options: Options) => Promise<string>} run - Gives the table.
 */

/**
 * What the command line may say; each benchmark takes what it can use.
 *
 * @typedef {object} Options
 * @property {boolean} [quick] - A short run: all checks, few turns; its result is kept apart.
 * @property {string} [threads]
 * @property {string} [seeds]
 * @property {string} [preset]
 * @property {string} [epochs]
 * @property {string} [backend]
 * @property {string} [network]
 * @property {string} [pytorch-simd]
 */

/** What can be run, each with whether it runs when none is named. */
export const benchmarks = /** @type {const} */ ({
  kernels: [() => import("./kernels.mjs"), true],
  throughput: [() => import("./throughput.mjs"), true],
  scaling: [() => import("./scaling.mjs"), true],
  "versus-pytorch": [() => import("./versus-pytorch.mjs"), true],
  "versus-tfjs": [() => import("./versus-tfjs.mjs"), true],
  backends: [() => import("./backends.mjs"), true],
  "own-neuron": [() => import("./own-neuron.mjs"), true],
  memory: [() => import("./memory.mjs"), true],
  model: [() => import("./model.mjs"), true],
  stream: [() => import("./stream.mjs"), false],
  data: [() => import("./data.mjs"), false],
  decoding: [() => import("./decoding.mjs"), false],
  "time-to-accuracy": [() => import("./time-to-accuracy.mjs"), false],
  accuracy: [() => import("./accuracy.mjs"), false],
  schedules: [() => import("./schedules.mjs"), false],
  sparse: [() => import("./sparse.mjs"), false],
  reproduction: [() => import("./reproduction.mjs"), false],
  "first-layer": [() => import("./first-layer.mjs"), false],
  continual: [() => import("./continual.mjs"), false],
  rules: [() => import("./rules.mjs"), false],
  live: [() => import("./live.mjs"), false],
});

/**
 * Loads a benchmark.
 *
 * @param {string} name
 * @returns {Promise<Benchmark | undefined>} Undefined where there is none of this name.
 */
export async function benchmarkOf(name) {
  const entry = Object.entries(benchmarks).find(([known]) => known === name);
  return entry?.[1][0]();
}
