// @ts-check
/**
 * Seconds of training on the 900 recordings of N-MNIST until the last layer passes 85 % and 90 % on the other 100: ours
 * with an update every 1, 10 and 50 steps, PyTorch with one every step; and both on recordings that are cut off after 180 of 300
 * steps, which `schedules` found quicker on other recordings. Judged are whole recordings.
 *
 * All sides start from the same weights and readouts, see the same batches of 72 in the same order, and learn in turn,
 * three batches (a quarter of an epoch) at a time; then each is judged. Only learning is timed. PyTorch's weights are judged
 * by our engine, so that one ruler measures all. With a hundred recordings an accuracy is known to three points.
 *
 * The small convolutional network is judged by its last convolution: the layer of ten neurons on top of it stays poor in
 * the reference as well.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { adaMax, Network } from "../dist/index.js";
import { machine } from "./machine.mjs";
import { cases } from "./networks.mjs";
import { checkSame, pick, shuffled } from "./pytorch/lessons.mjs";
import { pythonWithTorch, Rival } from "./pytorch/rival.mjs";
import { fastest, hand, parametersOf } from "./pytorch/sides.mjs";
import { earlierRows, writeResult } from "./results.mjs";
import { cut, nmnistFolder, recordedSpikes } from "./spikes.mjs";
import { digits, spread, spreadText } from "./statistics.mjs";
import { textTable } from "./table.mjs";
import { verdict } from "./targets.mjs";

/** Accuracies to pass. */
const goals = /** @type {const} */ ([0.85, 0.9]);
/** Recordings in a batch, batches between two judgements, steps, and those of them that do not learn. */
const [batchSize, cadence, steps, burnIn] = [72, 3, 300, 60];
/** Steps of a recording that is cut off. */
const early = 180;

/**
 * How a side learns: steps per update, and the learning rate that goes with them; steps of a recording, all by default; a case
 * whose layers take the place of the network's, from the same weights.
 *
 * @typedef {{ side: string, every: number, learningRate: number, steps?: number, layersOf?: string }} Schedule
 */

/** @type {readonly Schedule[]} */
const schedules = [
  { side: "ours", every: 1, learningRate: 1e-3 },
  { side: "ours", every: 10, learningRate: 4e-3 },
  { side: "ours", every: 50, learningRate: 1e-2 },
  { side: "ours", every: 10, learningRate: 4e-3, steps: early },
  { side: "ours", every: 20, learningRate: 6e-3, steps: early },
];
/** Firing rarely, by layers with a regulariser. */
const rarely = "ours, firing rarely";
/**
 * PyTorch's sides, an update every step.
 *
 * @type {readonly Schedule[]}
 */
const rivals = [
  { side: "PyTorch", every: 1, learningRate: 1e-3 },
  { side: "PyTorch", every: 1, learningRate: 1e-3, steps: early },
];

/**
 * Networks: the layer that is judged, most epochs, schedules, and by what factor the best schedule of a side should be ahead
 * of PyTorch's faster one at 85 %.
 *
 * @type {readonly { preset: string, name: string, judged: number, epochs: number, schedules: readonly Schedule[], targets: Record<string, number> }[]}
 */
const trainings = [
  { preset: "nmnist-mlp", name: "MLP 2312-512-512", judged: 1, epochs: 8, schedules, targets: { ours: 10 } },
  {
    preset: "nmnist-small",
    name: "conv 16-32-32, dense 10",
    judged: 2,
    epochs: 5,
    schedules: [
      ...schedules,
      { side: rarely, every: 10, learningRate: 2e-3, layersOf: "conv 16-32-32, dense 10, sparse" },
    ],
    targets: { ours: 5, [rarely]: 8 },
  },
];

/**
 * How one seed went: a point for each judgement, and when each goal was passed.
 *
 * @typedef {object} Course
 * @property {number} seed
 * @property {{ seconds: number, recordings: number, accuracy: number }[]} points
 * @property {(number | null)[]} reached - Seconds until each goal, null where it was not passed.
 * @property {number[]} density - Spikes per neuron and step in the last batch learned from.
 */

/**
 * One line of the table.
 *
 * @typedef {object} Row
 * @property {string} network
 * @property {number} threads
 * @property {string} side
 * @property {number} every - Steps per update.
 * @property {number} [steps] - Of a recording; all if left out.
 * @property {number} learningRate
 * @property {Course[]} courses
 * @property {(import("./statistics.mjs").Spread | null)[]} reached - Seconds until each goal, over the seeds; null where a
 *   seed did not pass it.
 * @property {(import("./statistics.mjs").Spread | null)[]} ratio - Seconds of PyTorch's faster side over these, seed by seed.
 * @property {number | null} target - On the best schedule of its side.
 */

/** Titles of the table. */
export const head = [
  "network",
  "threads",
  "side",
  "update every",
  "learning rate",
  "steps",
  "seeds",
  "density, layers",
  "seconds to 85 %",
  "seconds to 90 %",
  "PyTorch/this at 85 %",
  "at 90 %",
  "last accuracy",
  "target at 85 %",
];

/**
 * A row as text.
 *
 * @param {Row} row
 * @returns {string[]}
 */
export function cells(row) {
  const { network, threads, side, every, learningRate, courses, reached, ratio, target } = row;
  const length = row.steps ?? steps;
  const seconds = (/** @type {number} */ goal) => {
    const all = reached[goal];
    if (all) return spreadText(all);
    const passed = courses.filter((course) => typeof course.reached[goal] === "number").length;
    return `${passed} of ${courses.length} seeds passed`;
  };
  const factor = (/** @type {number} */ goal) => (ratio[goal] ? spreadText(ratio[goal]) : "");
  const last = courses.map(({ points }) => points.at(-1)?.accuracy ?? Number.NaN);
  const missed = target === null ? "" : `≥ ${digits(target)}×: missed (a side did not pass)`;
  return [
    network,
    String(threads),
    side,
    `${every}`,
    String(learningRate),
    String(length),
    courses.map(({ seed }) => seed).join(", "),
    courses[0]?.density.map((value) => value.toFixed(3)).join(", ") ?? "",
    seconds(0),
    seconds(1),
    factor(0),
    factor(1),
    last.map((value) => value.toFixed(2)).join(", "),
    ratio[0] && target !== null ? verdict({ atLeast: target }, ratio[0].median) : missed,
  ];
}

/**
 * Accuracy over seconds of training, a panel a network and number of threads, first seed.
 *
 * @param {Row[]} rows
 * @returns {Record<string, import("../dist/index.js").Panel[]>}
 */
export function plots(rows) {
  const panels = trainings.flatMap(({ name }) =>
    [1, 2].flatMap((threads) => {
      const chosen = rows.filter((row) => row.network === name && row.threads === threads);
      if (chosen.length === 0) return [];
      const series = chosen.map(({ side, every, courses, ...row }) => ({
        name: `${side}, update every ${every}${row.steps === undefined ? "" : `, ${row.steps} steps`}`,
        dashed: side === "PyTorch",
        points: (courses[0]?.points ?? []).map(
          ({ seconds, accuracy }) => /** @type {[number, number]} */ ([Math.log10(seconds), accuracy]),
        ),
      }));
      const title = `${name}, ${threads} thread${threads > 1 ? "s" : ""}`;
      return [
        {
          title,
          x: "log₁₀ of seconds of training",
          y: "accuracy",
          series,
          yRange: /** @type {[number, number]} */ ([0, 1]),
        },
      ];
    }),
  );
  return { "time-to-accuracy": panels };
}

/**
 * Runs the benchmark.
 *
 * @param {(text: string) => void} report - Told what goes on.
 * @param {import("./list.mjs").Options} [options] - Seeds, one number of threads, most epochs, one preset (`nmnist-mlp` or
 *   `nmnist-small`), whose rows then take the place of the earlier ones. A short run learns a quarter of an epoch.
 * @returns {Promise<string>} The table.
 */
export async function run(report, options = {}) {
  const { quick = false } = options;
  const folder = nmnistFolder();
  if (folder === undefined) throw new Error("no N-MNIST recordings: DECOLLE_DATA names the folder that holds nmnist/");
  const on = machine();
  const python = pythonWithTorch(report);
  const seeds = (options.seeds ?? (quick ? "0" : "0,1,2")).split(",").map(Number);
  const numbers = options.threads === undefined ? (quick ? [1] : [1, 2]) : [Number(options.threads)];
  const named = trainings.filter((training) => options.preset === undefined || training.preset === options.preset);
  if (named.length === 0) {
    throw new Error(
      `--preset: expected one of ${trainings.map(({ preset }) => preset).join(", ")}, found ${options.preset}`,
    );
  }
  const files = mkdtempSync(join(tmpdir(), "decolle-bench-"));
  /** @type {Row[]} */
  const rows = [];
  try {
    for (const training of quick ? trainings.slice(0, 1) : named) {
      for (const threads of numbers) {
        /** @type {Map<Schedule, Course[]>} */
        const courses = new Map();
        for (const seed of seeds) {
          const epochs = quick ? 0.25 : Number(options.epochs ?? training.epochs);
          const found = await race(training, folder, python, threads, seed, epochs, files, report);
          for (const [schedule, course] of found) courses.set(schedule, [...(courses.get(schedule) ?? []), course]);
        }
        rows.push(...rowsOf(training, threads, courses));
      }
    }
  } finally {
    rmSync(files, { recursive: true, force: true });
  }
  if (!quick) {
    const known = /** @type {Row[]} */ (earlierRows("time-to-accuracy", on));
    const again = (/** @type {Row} */ { network, threads }) =>
      rows.some((row) => row.network === network && row.threads === threads);
    rows.push(...known.filter((row) => !again(row)));
  }
  writeResult("time-to-accuracy", on, rows, { quick });
  return textTable(head, rows.map(cells));
}

/**
 * @param {typeof trainings[number]} training
 * @param {number} threads
 * @param {Map<Schedule, Course[]>} courses
 * @returns {Row[]}
 */
function rowsOf({ name, targets }, threads, courses) {
  const reachedBy = (/** @type {readonly Course[]} */ all) =>
    goals.map((_, goal) => {
      const seconds = all.map(({ reached }) => reached[goal] ?? Number.NaN);
      return seconds.length > 0 && seconds.every(Number.isFinite) ? spread(seconds) : null;
    });
  // Of each goal and seed, the seconds of the side that passed first.
  const theirs = goals.map((_, goal) => {
    const sides = rivals.map((rival) => (courses.get(rival) ?? []).map(({ reached }) => reached[goal] ?? Infinity));
    return (sides[0] ?? []).map((_, seed) => Math.min(...sides.map((seconds) => seconds[seed] ?? Infinity)));
  });
  const rows = [...courses].map(([schedule, all]) => {
    const { layersOf, ...how } = schedule;
    const reached = reachedBy(all);
    const ratio = reached.map((seconds, goal) => {
      const slower = theirs[goal] ?? [];
      if (rivals.includes(schedule) || !seconds || !slower.every(Number.isFinite)) return null;
      return spread(slower.map((value, seed) => value / (seconds.values[seed] ?? Number.NaN)));
    });
    /** @type {Row} */
    const row = { network: name, threads, ...how, courses: all, reached, ratio, target: null };
    return row;
  });
  for (const [side, target] of Object.entries(targets)) {
    const [first, ...others] = rows.filter((row) => row.side === side);
    if (first === undefined) continue;
    const ahead = (/** @type {Row} */ { ratio }) => ratio[0]?.median ?? 0;
    others.reduce((best, row) => (ahead(row) > ahead(best) ? row : best), first).target = target;
  }
  return rows;
}

/** @typedef {import("./pytorch/lessons.mjs").Batch} Batch */

/**
 * One seed of one network: all sides in turn, until all have passed the last goal or the epochs are over.
 *
 * @param {typeof trainings[number]} training
 * @param {string} folder
 * @param {string} python
 * @param {number} threads
 * @param {number} seed
 * @param {number} epochs
 * @param {string} files
 * @param {(text: string) => void} report
 * @returns {Promise<Map<Schedule, Course>>}
 */
async function race({ name, judged, schedules }, folder, python, threads, seed, epochs, files, report) {
  const specification = { ...specificationOf(name), seed };
  const train = await recordedSpikes(folder, specification.input, steps);
  const test = await recordedSpikes(folder, specification.input, steps, undefined, "test");
  const first = await Network.create(specification, { backend: "native", threads });
  const start = await first.toBytes();
  const path = join(files, "start.safetensors");
  writeFileSync(path, start);
  const names = (await first.tensors()).filter((tensor) => /^layers\.\d+\.(weight|bias)$/.test(tensor));
  const sizes = await Promise.all(names.map(async (tensor) => (await first.tensor(tensor)).data.length));
  const accuracyOf = async (/** @type {Network} */ network) => {
    const { predictions } = await network.run({ input: { spikes: test.spikes } }, { burnIn });
    const samples = test.classes.length;
    const right = test.classes.filter((label, sample) => predictions.data[judged * samples + sample] === label);
    return right.length / samples;
  };
  const rival = new Rival(python, threads);
  /** @type {Map<Schedule, { course: Course, learn: (batch: Batch) => Promise<number>, judge: () => Promise<number> }>} */
  const sides = new Map();
  /** @type {Network[]} */
  const open = [first];
  const add = (
    /** @type {Schedule} */ schedule,
    /** @type {(course: Course) => (batch: Batch) => Promise<number>} */ learn,
    /** @type {() => Promise<number>} */ judge,
  ) => {
    /** @type {Course} */
    const course = { seed, points: [], reached: goals.map(() => null), density: [] };
    sides.set(schedule, { course, learn: learn(course), judge });
  };
  try {
    for (const schedule of schedules) {
      const { every, learningRate, steps: length = steps, layersOf = name } = schedule;
      const optimizer = adaMax({ learningRate, beta1: 0, beta2: 0.95 });
      const { layers } = specificationOf(layersOf);
      const network = await Network.create({ ...specification, layers, optimizer }, { backend: "native", threads });
      open.push(network);
      add(
        schedule,
        (course) => async (batch) => {
          const spikes = batch.spikes.map((sample) => cut(sample, 0, length));
          const before = performance.now();
          const target = { classes: batch.classes };
          const options = { burnIn, updateEvery: every };
          const { layers } = await network.learn({ input: { spikes }, target }, options);
          course.density = layers.map(({ density }) => density);
          return (performance.now() - before) / 1000;
        },
        () => accuracyOf(network),
      );
    }
    await rival.ask("hello", { threads });
    const order = shuffled(train.spikes.length, seed);
    const batchAt = (/** @type {number} */ place) => {
      const chosen = Array.from({ length: batchSize }, (_, sample) => order(place * batchSize + sample));
      return pick(train, chosen);
    };
    await hand(rival, specification, batchAt(0), files, "trial");
    await checkSame(first, batchAt(0), rival, path, files, sizes, names, burnIn);
    const arrangement = await fastest(rival, specification, path, batchSize, 4, "K = 1", "trial");
    await rival.ask("drop", { batch: "trial" });
    for (const [place, schedule] of rivals.entries()) {
      const learner = `learner ${place}`;
      await rival.ask("load", { path, samples: batchSize, network: learner, ...arrangement });
      add(
        schedule,
        () => async (batch) => {
          await hand(rival, specification, batch, files, "lesson");
          const { every, steps: last = steps } = schedule;
          const request = { first: 0, last, every, network: learner, batch: "lesson", reset: true, burnIn };
          return (await rival.ask("run", request)).seconds;
        },
        async () => {
          const parameters = await parametersOf(rival, learner, sizes, join(files, "learner"));
          for (const [place, tensor] of names.entries()) {
            await first.setTensor(tensor, parameters[place] ?? new Float32Array(0));
          }
          return accuracyOf(first);
        },
      );
    }
    const perEpoch = train.spikes.length / batchSize;
    for (let place = 0; place < Math.max(cadence, epochs * perEpoch); place += cadence) {
      const running = [...sides].filter(([, { course }]) => course.reached.includes(null));
      if (running.length === 0) break;
      for (const [{ side, every, steps: length = steps }, { course, learn, judge }] of (place / cadence) % 2 === 0
        ? running
        : running.reverse()) {
        let seconds = course.points.at(-1)?.seconds ?? 0;
        for (let batch = place; batch < place + cadence; batch++) seconds += await learn(batchAt(batch));
        const accuracy = await judge();
        course.points.push({ seconds, recordings: (place + cadence) * batchSize, accuracy });
        goals.forEach((goal, index) => {
          if (accuracy >= goal) course.reached[index] ??= seconds;
        });
        report(
          `${name}, ${threads}, seed ${seed}, ${side}, every ${every}, ${length} steps: ${digits(seconds)} s, accuracy ${accuracy.toFixed(2)}`,
        );
      }
    }
    return new Map([...sides].map(([schedule, { course }]) => [schedule, course]));
  } finally {
    for (const network of open) network.dispose();
    rival.end();
  }
}

/**
 * @param {string} name - Of a case.
 */
function specificationOf(name) {
  const found = cases.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no network ${name}`);
  return found.specification;
}
