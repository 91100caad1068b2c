/** The preset for MNIST (LeCun, Bottou, Bengio and Haffner 1998) as rate-coded spike trains, {@link "datasets/mnist"}. */
import { smoothL1 } from "../learning/cost.js";
import { adaMax } from "../learning/optimizer.js";
import { lif } from "../neuron/lif.js";
import { fastSigmoid } from "../neuron/surrogate.js";
import { conv2d } from "../synapse/conv2d.js";
import type { Preset } from "./preset.js";

/** Kernels of 5×5 that keep height and width. */
const convolution = { kernel: 5, padding: 2 } as const;

/** MNIST by three convolutional layers, as the first publication has it; what it leaves open is ours. */
export const mnist2018: Preset = {
  name: "mnist-2018",
  description: "Rate-coded MNIST by three convolutional layers of 16, 32 and 64 channels",
  source:
    "Kaiser, Mostafa, Neftci 2018 (arXiv:1811.10766) for the task and the three convolutional layers; neuron, cost, readouts " +
    "and betas of the authors' code (decolle-public 28f33a8), but for alpha and beta; these, widths, kernels, pooling, steps, " +
    "learning rate and schedule ours",
  network: {
    input: { channels: 1, height: 28, width: 28 },
    timeStep: 1000,
    layers: [
      conv2d({ channels: 16, ...convolution, pool: 2 }),
      conv2d({ channels: 32, ...convolution, pool: 2 }),
      conv2d({ channels: 64, ...convolution }),
    ],
    readout: { units: 10, scale: 0.5, bias: true, dropout: 0.5 },
    // Shorter than the authors', so that traces have settled when learning begins and tests may go on for longer.
    neuron: lif({ alpha: 0.9, beta: 0.85, gamma: 0.65, rho: 1, surrogate: fastSigmoid({ slope: 10 }) }),
    cost: smoothL1(),
    optimizer: adaMax({ learningRate: 1e-2, beta1: 0, beta2: 0.95, drop: { every: 1, factor: 1.6 } }),
    seed: 1,
  },
  training: { epochs: 8, batchSize: 16, steps: 30, testSteps: 60, burnIn: 15, updateEvery: 15 },
  transform: {},
};
