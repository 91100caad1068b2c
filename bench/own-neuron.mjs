// @ts-check
/**
 * The built-in neuron beside the same one written by a user, in turn and in one process: the same bits first, then the
 * times. And a neuron with an adaptive threshold, for which nothing ships.
 */

import { decay, fastSigmoid, gainOf, leak, neuron } from "../dist/index.js";
import { alternate, ratioOf } from "./alternate.mjs";
import { sameBits } from "./bits.mjs";
import { machine } from "./machine.mjs";
import { batchOf, cases, densityText, prepared, replaced, timed, windows } from "./networks.mjs";
import { writeResult } from "./results.mjs";
import { digits, spreadText } from "./statistics.mjs";
import { textTable } from "./table.mjs";

/** Turns of each side. */
const turns = 7;
/** Steps after which both must hold the same bits. */
const checkedSteps = 4;
/** What the user's own may take of the built-in's time, at most. */
const ceilings = { "K = 1": 1.3, inference: 1.5 };

/**
 * One line of the table.
 *
 * @typedef {object} Row
 * @property {string} network
 * @property {number} samples
 * @property {"K = 1" | "inference"} mode - Training with an update every step, or inference by events.
 * @property {string} written - Which neuron of the user's own.
 * @property {{ input: number, layers: number[] }} density - Spikes per neuron and step of the built-in's network.
 * @property {import("./statistics.mjs").Spread} builtIn - Milliseconds per step.
 * @property {import("./statistics.mjs").Spread} own - Milliseconds per step.
 * @property {import("./statistics.mjs").Spread} ratio - The user's own over the built-in, turn by turn.
 */

/** Titles of the table. */
export const head = [
  "network",
  "batch",
  "mode",
  "density: input; layers",
  "own neuron",
  "built-in, ms/step",
  "own, ms/step",
  "own/built-in",
  "ceiling",
];

/**
 * A row as text.
 *
 * @param {Row} row
 * @returns {string[]}
 */
export function cells(row) {
  const { mode, ratio } = row;
  const ceiling = ceilings[mode];
  return [
    row.network,
    String(row.samples),
    mode === "inference" ? "inference, by events" : `training, ${mode}`,
    densityText(row.density),
    row.written,
    spreadText(row.builtIn),
    spreadText(row.own),
    spreadText(ratio),
    row.written === "lif" ? `≤ ${digits(ceiling)}: ${ratio.median <= ceiling ? "met" : "missed"}` : "",
  ];
}

/** The neuron of the presets in textbook form. */
const lif = neuron({
  name: "lif",
  constants: { alpha: decay(0.97), beta: decay(0.92), gamma: decay(0.65), rho: 1 },
  state: { current: 0, potential: 0, refractory: 0 },
  step: (s, { input, spike }, c) => ({
    current: leak(s.current, c.beta).plus(input.times(gainOf(c.beta))),
    potential: leak(s.potential, c.alpha).plus(s.current.times(gainOf(c.alpha))),
    refractory: leak(s.refractory, c.gamma).plus(spike.times(gainOf(c.gamma))),
  }),
  membrane: (s, bias, c) => s.potential.plus(bias).minus(s.refractory.times(c.rho)),
  surrogate: fastSigmoid({ slope: 10 }),
});

/** The same with a threshold that rises with every spike. */
const adaptive = neuron({
  name: "adaptive",
  constants: { alpha: decay(0.97), beta: decay(0.92), gamma: decay(0.65), kappa: decay(0.995), strength: 0.02 },
  state: { current: 0, potential: 0, refractory: 0, threshold: 0 },
  step: (s, { input, spike }, c) => ({
    current: leak(s.current, c.beta).plus(input.times(gainOf(c.beta))),
    potential: leak(s.potential, c.alpha).plus(s.current.times(gainOf(c.alpha))),
    refractory: leak(s.refractory, c.gamma).plus(spike.times(gainOf(c.gamma))),
    threshold: leak(s.threshold, c.kappa).plus(spike.times(c.strength)),
  }),
  membrane: (s, bias) => s.potential.plus(bias).minus(s.refractory).minus(s.threshold),
  surrogate: fastSigmoid({ slope: 10 }),
});

/** What both call the state that is R of the built-in neuron. */
const ownName = (/** @type {string} */ name) => name.replace(/refractory$/, "neuron.refractory");

/** What is measured, and how. */
const measurements = /** @type {const} */ ([
  ["MLP 2312-512-512", "K = 1"],
  ["conv 64-128-128", "inference"],
]);

/**
 * Runs the benchmark.
 *
 * @param {(text: string) => void} report - Told what goes on.
 * @param {import("./list.mjs").Options} [options]
 * @returns {Promise<string>} The table.
 */
export async function run(report, { quick = false } = {}) {
  const on = machine();
  /** @type {Row[]} */
  const rows = [];
  for (const [name, mode] of quick ? measurements.slice(0, 1) : measurements) {
    const measured = cases.find((one) => one.name === name && one.samples === 72);
    if (measured === undefined) throw new Error(`${name}: expected it among the networks that are measured`);
    report(`${name}, batch ${measured.samples}`);
    rows.push(...(await compare(measured, mode, quick ? 1 : turns, report)));
  }
  writeResult("own-neuron", on, rows, { quick });
  return textTable(head, rows.map(cells));
}

/**
 * @param {import("./networks.mjs").Case} measured
 * @param {"K = 1" | "inference"} mode
 * @param {number} turns
 * @param {(text: string) => void} report
 * @returns {Promise<Row[]>}
 */
async function compare(measured, mode, turns, report) {
  const { name, samples, inferenceSteps = measured.steps } = measured;
  const steps = mode === "inference" ? inferenceSteps : measured.steps;
  const { checkpoint, input } = await prepared(measured, report, steps * (turns + 1));
  const propagation = mode === "inference" ? "events" : "auto";
  const choice = { backend: /** @type {const} */ ("native"), threads: 1 };
  const builtIn = await replaced(checkpoint, choice, { propagation });
  const sides = {
    lif: await replaced(checkpoint, choice, { propagation, neuron: lif }, ownName),
    adaptive: await replaced(checkpoint, choice, { propagation, neuron: adaptive }, ownName),
  };
  const all = [builtIn, ...Object.values(sides)];
  try {
    const checked = batchOf(input, 0, Math.min(steps, checkedSteps));
    const losses = [];
    for (const network of all) {
      const { layers } =
        mode === "inference"
          ? await network.run({ input: checked.input }, { keepState: true })
          : await network.learn(checked, { keepState: true });
      losses.push(layers.map(({ loss }) => loss));
    }
    if (JSON.stringify(losses[0]) !== JSON.stringify(losses[1])) throw new Error(`${name}: losses differ`);
    await sameBits(builtIn, sides.lif, `${name}, built-in and written by a user`, ownName);
    report(`the same bits after ${checkedSteps} steps`);
    let density = { input: 0, layers: /** @type {number[]} */ ([]) };
    const side = (/** @type {import("../dist/index.js").Network} */ network) => {
      const next = windows(input, steps);
      return async () => {
        const found = await timed(network, next(), mode);
        if (network === builtIn) density = found.density;
        return found.time;
      };
    };
    const times = await alternate(
      { builtIn: side(builtIn), lif: side(sides.lif), adaptive: side(sides.adaptive) },
      turns,
    );
    return /** @type {const} */ (["lif", "adaptive"]).map((written) => {
      const ratio = ratioOf(times[written], times.builtIn);
      report(`${written}: ${spreadText(ratio)} of the built-in's time`);
      return { network: name, samples, mode, written, density, builtIn: times.builtIn, own: times[written], ratio };
    });
  } finally {
    for (const network of all) network.dispose();
  }
}
