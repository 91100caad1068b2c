/** The preset for POKER-DVS: four suits in 16 ms each. */
import { smoothL1 } from "../learning/cost.js";
import { adaMax } from "../learning/optimizer.js";
import { lif } from "../neuron/lif.js";
import { fastSigmoid } from "../neuron/surrogate.js";
import { conv2d } from "../synapse/conv2d.js";
import { dense } from "../synapse/dense.js";
import type { Preset } from "./preset.js";

/** POKER-DVS by a small network in steps of a tenth of a millisecond. */
export const pokerDvs: Preset = {
  name: "poker-dvs",
  description: "POKER-DVS by a convolutional layer of 16 channels and a dense layer, in steps of 0.1 ms",
  source: "ours; neuron, cost and readouts as in the preset nmnist-small, a fifth of the updates at twice the rate",
  network: {
    input: { channels: 2, height: 32, width: 32 },
    timeStep: 100,
    layers: [conv2d({ channels: 16, kernel: 5, padding: 2, pool: 2 }), dense({ units: 128 })],
    readout: { units: 4, scale: 0.5, bias: true, dropout: 0.5 },
    neuron: lif({ alpha: 0.97, beta: 0.92, gamma: 0.65, rho: 1, surrogate: fastSigmoid({ slope: 10 }) }),
    cost: smoothL1(),
    optimizer: adaMax({ learningRate: 2e-3, beta1: 0, beta2: 0.95 }),
    seed: 1,
  },
  training: { epochs: 20, batchSize: 8, steps: 160, testSteps: 160, burnIn: 40, updateEvery: 5 },
  transform: { crop: { left: 0, top: 0, width: 32, height: 32 } },
};
