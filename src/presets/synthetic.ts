/** The preset of the demonstration: gestures drawn before a simulated event camera. */
import { smoothL1 } from "../learning/cost.js";
import { adaMax } from "../learning/optimizer.js";
import { lif } from "../neuron/lif.js";
import { fastSigmoid } from "../neuron/surrogate.js";
import { dense } from "../synapse/dense.js";
import type { Preset } from "./preset.js";

/** A network for synthetic gestures that learns within a minute on two processor cores. */
export const synthetic: Preset = {
  name: "synthetic",
  description: "Synthetic gestures by two dense layers of 256 neurons",
  source: "ours; neuron, cost and readouts as in the preset nmnist-mlp, a tenth of the updates at three times the rate",
  network: {
    input: { channels: 2, height: 24, width: 24 },
    timeStep: 1000,
    layers: [dense({ units: 256 }), dense({ units: 256 })],
    readout: { units: 12, scale: 0.5, bias: true, dropout: 0.5 },
    neuron: lif({ alpha: 0.97, beta: 0.92, gamma: 0.65, rho: 1, surrogate: fastSigmoid({ slope: 10 }) }),
    cost: smoothL1(),
    optimizer: adaMax({ learningRate: 3e-3, beta1: 0, beta2: 0.95 }),
    seed: 1,
  },
  training: { epochs: 8, batchSize: 32, steps: 200, testSteps: 200, burnIn: 40, updateEvery: 10 },
  transform: {},
};
