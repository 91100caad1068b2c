/**
 * Presets for the toy regression of the paper: three layers, each of which learns its own target over half a second of
 * frozen Poisson input ({@link "datasets/poisson"}).
 */
import { smoothL1 } from "../learning/cost.js";
import { uniform } from "../learning/initialization.js";
import { adaMax } from "../learning/optimizer.js";
import { lif } from "../neuron/lif.js";
import { boxcar, fastSigmoid } from "../neuron/surrogate.js";
import { dense } from "../synapse/dense.js";
import type { Preset } from "./preset.js";

const presentations = 300;
const steps = 500;
const burnIn = 20;

const shared = {
  input: { units: 100 },
  timeStep: 1000,
  layers: [dense({ units: 256 }), dense({ units: 256 }), dense({ units: 256 })],
  readout: { units: 1, scale: 0.5, bias: true },
  cost: smoothL1(),
  seed: 1,
} as const;

/** The factor per presentation by which a rate falls from `first` to `last` over all of them. */
function fall(first: number, last: number): number {
  return (first / last) ** (1 / (presentations - 1));
}

/** The regression with settings that learn it. */
export const poissonRegression: Preset = {
  name: "poisson-regression",
  description: "Regression of three time courses from frozen Poisson input, with settings that learn it",
  source: "Kaiser, Mostafa, Neftci 2020 for the task; constants ours",
  network: {
    ...shared,
    neuron: lif({ alpha: 0.95, beta: 0.9, gamma: 0.9, rho: 0.3, surrogate: boxcar({ width: 0.5 }) }),
    regularizer: { upper: 0, lower: 0.1, lowerActivity: "sigmoid" },
    // An epoch of the schedule is one presentation.
    optimizer: adaMax({ learningRate: 1e-2, beta1: 0, beta2: 0.95, drop: { every: 1, factor: fall(1e-2, 1e-4) } }),
    initialization: uniform({ dense: 3 }),
  },
  // One update a presentation: all steps after burn-in are summed.
  training: { epochs: presentations, batchSize: 1, steps, testSteps: steps, burnIn, updateEvery: steps - burnIn },
  transform: {},
};

/** Weight of the authors' regulariser; its value for this task is not published. */
const regularizerWeight = 0.1;

/** The regression with the authors' constants, which leave the upper layers almost silent. */
export const poissonRegression2020: Preset = {
  name: "poisson-regression-2020",
  description: "Regression of three time courses from frozen Poisson input, with the authors' constants",
  source: "constants of the authors' code; learning rate and weight of the regulariser ours",
  network: {
    ...shared,
    neuron: lif({ alpha: 0.9, beta: 0.87, gamma: 0.9, rho: 3, surrogate: fastSigmoid({ slope: 10 }) }),
    regularizer: { upper: regularizerWeight, lower: 3e-3 * regularizerWeight, lowerActivity: "sigmoid" },
    optimizer: adaMax({ learningRate: 1e-3, beta1: 0, beta2: 0.95 }),
  },
  training: { epochs: presentations, batchSize: 1, steps, testSteps: steps, burnIn, updateEvery: 1 },
  transform: {},
};
