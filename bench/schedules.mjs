// @ts-check
/**
 * Schedules of training searched: how many recordings and seconds of one core the MLP takes to pass 85 % and 90 % on the 800 test
 * recordings of eight digits (`nmnist-8`), by steps between updates, learning rate, recordings in a batch, and steps of a recording.
 * What is chosen here, `time-to-accuracy` reports on other recordings.
 */

import { dirname, join } from "node:path";
import { adaMax, Network, preset } from "../dist/index.js";
import { machine } from "./machine.mjs";
import { writeResult } from "./results.mjs";
import { cut, nmnistFolder, recordedSpikes } from "./spikes.mjs";
import { digits } from "./statistics.mjs";
import { textTable } from "./table.mjs";

/** Accuracies to pass, recordings between two judgements, the most to learn from, steps of whole recordings, and of burn-in. */
const goals = /** @type {const} */ ([0.85, 0.9]);
const [cadence, most, whole, burnIn] = [180, 3600, 300, 60];

/**
 * A part of a training; the last ends it.
 *
 * @typedef {object} Phase
 * @property {number} every - Steps between updates.
 * @property {number} learningRate
 * @property {number} batch - Recordings.
 * @property {number} steps - Of a recording; judged are whole ones.
 * @property {number} [until] - Recordings learned from when it ends; all by default.
 */

/** @type {readonly (readonly Phase[])[]} */
const schedules = [
  [{ every: 1, learningRate: 1e-3, batch: 72, steps: whole }],
  [{ every: 10, learningRate: 4e-3, batch: 72, steps: whole }],
  [{ every: 50, learningRate: 1e-2, batch: 72, steps: whole }],
  [{ every: 50, learningRate: 1e-2, batch: 36, steps: whole }],
  [{ every: 50, learningRate: 6e-3, batch: 36, steps: whole }],
  [{ every: 10, learningRate: 4e-3, batch: 72, steps: 180 }],
  [{ every: 20, learningRate: 6e-3, batch: 72, steps: 180 }],
  [{ every: 30, learningRate: 8e-3, batch: 72, steps: 180 }],
  [{ every: 40, learningRate: 1e-2, batch: 72, steps: 220 }],
  [{ every: 10, learningRate: 4e-3, batch: 72, steps: 120 }],
  [
    { every: 20, learningRate: 6e-3, batch: 72, steps: 180, until: 936 },
    { every: 20, learningRate: 4e-3, batch: 72, steps: whole },
  ],
  [
    { every: 20, learningRate: 6e-3, batch: 72, steps: 180, until: 936 },
    { every: 50, learningRate: 1e-2, batch: 72, steps: whole },
  ],
];

/**
 * One line of the table.
 *
 * @typedef {object} Row
 * @property {readonly Phase[]} schedule
 * @property {number} seed
 * @property {({ recordings: number, seconds: number } | null)[]} reached - For each goal, null where it was not passed.
 * @property {number} accuracy - The last.
 */

/** Titles of the table. */
export const head = [
  "schedule: update every, learning rate, batch, steps",
  "seed",
  ...goals.flatMap((goal) => [`recordings to ${goal * 100} %`, `core-seconds to ${goal * 100} %`]),
  "last accuracy",
];

/**
 * A row as text.
 *
 * @param {Row} row
 * @returns {string[]}
 */
export function cells({ schedule, seed, reached, accuracy }) {
  const phases = schedule.map(({ every, learningRate, batch, steps, until }) => {
    return `${every}, ${learningRate}, ${batch}, ${steps}${until === undefined ? "" : ` up to ${until}`}`;
  });
  return [
    phases.join("; then "),
    String(seed),
    ...reached.flatMap((at) => (at === null ? ["", ""] : [String(at.recordings), digits(at.seconds)])),
    accuracy.toFixed(3),
  ];
}

/**
 * Runs the benchmark.
 *
 * @param {(text: string) => void} report - Told what goes on.
 * @param {import("./list.mjs").Options} [options] - Seeds. A short run learns from a batch.
 * @returns {Promise<string>} The table.
 */
export async function run(report, { seeds = "0,1,2", quick = false } = {}) {
  const nmnist = nmnistFolder();
  if (nmnist === undefined) throw new Error("no N-MNIST recordings: DECOLLE_DATA names the folder that holds nmnist/");
  const on = machine();
  const folder = join(dirname(nmnist), "nmnist-8");
  const { network } = preset("nmnist-mlp");
  if (!("height" in network.input)) throw new Error("nmnist-mlp: expected a plane");
  const train = await recordedSpikes(folder, network.input, whole);
  const test = await recordedSpikes(folder, network.input, whole, undefined, "test");
  /** @type {Row[]} */
  const rows = [];
  for (const schedule of quick ? schedules.slice(0, 1) : schedules) {
    for (const seed of seeds.split(",").map(Number)) {
      const row = { schedule, seed, ...(await course(schedule, seed, train, test, quick ? 72 : most)) };
      report(cells(row).join("  "));
      rows.push(row);
    }
  }
  writeResult("schedules", on, rows, { quick });
  return textTable(head, rows.map(cells));
}

/** @typedef {Awaited<ReturnType<typeof recordedSpikes>>} Recordings */

/**
 * Trains until all goals are passed or the recordings are through.
 *
 * @param {readonly Phase[]} schedule
 * @param {number} seed
 * @param {Recordings} train
 * @param {Recordings} test
 * @param {number} last - Recordings.
 * @returns {Promise<Pick<Row, "reached" | "accuracy">>}
 */
async function course(schedule, seed, train, test, last) {
  const { network: specification } = preset("nmnist-mlp");
  const optimizer = adaMax({ learningRate: schedule[0]?.learningRate ?? Number.NaN, beta1: 0, beta2: 0.95 });
  const network = await Network.create({ ...specification, seed, optimizer }, { backend: "native", threads: 1 });
  /** @type {Row["reached"]} */
  const reached = goals.map(() => null);
  let [recordings, seconds, accuracy, judged] = [0, 0, Number.NaN, 0];
  try {
    for (const { every, learningRate, batch, steps, until = last } of schedule) {
      await network.setLearningRate(learningRate);
      while (recordings < until && reached.includes(null)) {
        // A stride that shares no factor with their number mixes the classes.
        const count = train.spikes.length;
        const chosen = Array.from({ length: batch }, (_, place) => ((recordings + place + 97 * seed) * 1009) % count);
        const spikes = chosen.map((place) => cut(at(train.spikes, place), 0, steps));
        const target = { classes: chosen.map((place) => at(train.classes, place)) };
        const before = process.cpuUsage();
        await network.learn({ input: { spikes }, target }, { burnIn, updateEvery: every });
        const { user, system } = process.cpuUsage(before);
        seconds += (user + system) / 1e6;
        recordings += batch;
        if (recordings < judged + cadence && recordings < last) continue;
        judged = recordings;
        const { predictions } = await network.run({ input: { spikes: test.spikes } }, { burnIn });
        const samples = test.classes.length;
        const right = test.classes.filter((label, sample) => predictions.data[samples + sample] === label);
        accuracy = right.length / samples;
        for (const [place, goal] of goals.entries()) if (accuracy >= goal) reached[place] ??= { recordings, seconds };
      }
    }
    return { reached, accuracy };
  } finally {
    network.dispose();
  }
}

/**
 * @template Value
 * @param {readonly Value[]} values
 * @param {number} place
 * @returns {Value}
 */
function at(values, place) {
  const value = values[place];
  if (value === undefined) throw new Error(`there is no recording ${place}`);
  return value;
}
