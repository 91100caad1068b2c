// @ts-check
/**
 * The toy regression of the paper: from 100 frozen Poisson spike trains, each of three layers learns to follow a time
 * course of its own. Prints, for each seed, how far every layer is off with its weights frozen, and draws the first seed.
 *
 * node examples/poisson-regression.mjs [--seeds 5] [--preset poisson-regression] [--out poisson-regression.svg]
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { figure, Network, poissonRegressionTask, preset } from "../dist/index.js";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "5" },
    preset: { type: "string", default: "poisson-regression" },
    out: { type: "string", default: "poisson-regression.svg" },
  },
});
const seeds = Number(values.seeds);
const { network: specification, training } = preset(values.preset);
const { epochs, burnIn, updateEvery, steps } = training;
const names = ["ramp", "½cos", "½sin"];

/** The cost that `smoothL1` stands for, of one readout. */
const smoothL1 = (/** @type {number} */ difference) =>
  Math.abs(difference) < 1 ? 0.5 * difference ** 2 : Math.abs(difference) - 0.5;

console.log(`${values.preset}: summed smooth L1 over ${steps - burnIn} steps, weights frozen`);
console.log(["seed", ...names].map((name) => name.padStart(8)).join(""));
for (let seed = 1; seed <= seeds; seed++) {
  const batch = await poissonRegressionTask({ seed, steps });
  const network = await Network.create({ ...specification, seed });
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      await network.setEpoch(epoch);
      await network.learn(batch, { burnIn, updateEvery });
    }
    const { recorded } = await network.run(batch, { burnIn, record: { readouts: true } });
    /** @param {number} layer @param {number} step */
    const said = (layer, step) => recorded?.layers[layer]?.readouts?.data[step] ?? Number.NaN;
    /** @param {number} layer @param {number} step */
    const wanted = (layer, step) =>
      Number(/** @type {{ values: ArrayLike<number> }} */ (batch.target).values[step * 3 + layer]);
    const off = names.map((_, layer) => {
      let sum = 0;
      for (let step = burnIn; step < steps; step++) sum += smoothL1(said(layer, step) - wanted(layer, step));
      return sum;
    });
    console.log([`${seed}`, ...off.map((sum) => sum.toFixed(2))].map((cell) => cell.padStart(8)).join(""));
    if (seed === 1) {
      const course = (/** @type {(layer: number, step: number) => number} */ value, /** @type {number} */ layer) =>
        Array.from({ length: steps }, (_, step) => /** @type {const} */ ([step, value(layer, step)]));
      const panels = names.map((name, layer) => ({
        title: `Layer ${layer + 1}: ${name}`,
        x: "time, ms",
        y: "readout",
        series: [
          { name: "readout, weights frozen", points: course(said, layer), color: 0 },
          { name: "target", points: course(wanted, layer), color: 1, dashed: true },
        ],
      }));
      await writeFile(values.out, figure(panels, { width: 760, height: 240 }));
    }
  } finally {
    network.dispose();
  }
}
console.log(`readouts and targets of seed 1: ${values.out}`);
