/**
 * The toy regression of the paper (Kaiser, Mostafa, Neftci 2020, figure on regression): frozen Poisson spike trains as
 * input, and for each of three layers a time course to follow.
 */
import { askBackend, type BackendChoice } from "../backend/select.js";
import { unfit } from "../errors.js";
import type { LearnBatch } from "../network/network.js";
import { wholeNumber } from "../numbers.js";
import { type Fields, readOptions } from "../values/options.js";

/** Settings of the regression. */
export interface PoissonRegressionOptions {
  /** Seed of the spike trains, a whole number from 0; 1 by default. */
  readonly seed?: number;
  /** Time steps of 1 ms, at least 2; 500 by default. */
  readonly steps?: number;
  /** Spike trains, at least 1; 100 by default. */
  readonly inputs?: number;
}

/** Most cells of the (step, input) plane, as many as a permutation may have. */
const mostCells = 2 ** 26;
const fields: Fields<PoissonRegressionOptions> = { seed: "number", steps: "number", inputs: "number" };

/** Spikes per input and step of 1 ms: 100 Hz. */
const rate = 0.1;

/** The time courses of the three layers over x from 0 to 1: a ramp, ½cos(200x/2π) and ½sin(100x/2π). */
export const poissonTargets: ReadonlyArray<(x: number) => number> = [
  (x) => x,
  (x) => 0.5 * Math.cos((200 * x) / (2 * Math.PI)),
  (x) => 0.5 * Math.sin((100 * x) / (2 * Math.PI)),
];

/**
 * Draws the regression task.
 *
 * @param options - Seed, steps, inputs.
 * @param choice - The backend whose generator draws; every backend draws the same.
 * @returns One batch of one sample: dense counts in, and targets `[1, steps, 3, 1]` for a network of three layers with one
 *   readout unit each.
 */
export async function poissonRegressionTask(
  options: PoissonRegressionOptions = {},
  choice: BackendChoice = {},
): Promise<LearnBatch> {
  const given = readOptions(options, fields, "poissonRegressionTask");
  const seed = wholeNumber(given.seed ?? 1, 0, "seed");
  const steps = wholeNumber(given.steps ?? 500, 2, "steps");
  const inputs = wholeNumber(given.inputs ?? 100, 1, "inputs");
  if (steps * inputs > mostCells) {
    throw unfit("range", "steps", `at most ${mostCells} steps × inputs`, `${steps} × ${inputs}`);
  }
  const cells = steps * inputs;
  // First, since it refuses more cells than there could be.
  const order = await askBackend(choice, (binding) => binding.permutation(seed, "poisson", cells));
  const counts = poissonCounts(order, cells);
  const values = Array.from({ length: steps }, (_, step) => poissonTargets.map((course) => course(step / (steps - 1))));
  return {
    input: { counts, samples: 1, steps },
    target: { values: values.flat(), perStep: true, perLayer: true },
  };
}

/**
 * Homogeneous Poisson spikes, given how many there are: such spikes lie uniformly, so as many cells of the (step, input)
 * plane as the rate leads to expect are drawn without replacement.
 */
function poissonCounts(order: Uint32Array, cells: number): Uint8Array {
  const counts = new Uint8Array(cells);
  for (const cell of order.subarray(0, Math.round(rate * cells))) counts[cell] = 1;
  return counts;
}
