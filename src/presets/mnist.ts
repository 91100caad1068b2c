/** The preset for MNIST (LeCun, Bottou, Bengio and Haffner 1998) as rate-coded spike trains, {@link "datasets/mnist"}. */
import { smoothL1 } from "../learning/cost.js";
import { adaMax } from "../learning/optimizer.js";
import { lif } from "../neuron/lif.js";
import { fastSigmoid } from "../neuron/surrogate.js";
import { conv2d } from "../synapse/conv2d.js";
import type { Preset } from "./preset.js";

/** Kernels of 5×5, without padding. */
const convolution = { kernel: 5 } as const;

/** MNIST by three convolutional layers, as the first publication has it; what it leaves open is ours. */
export const mnist2018: Preset = {
  name: "mnist-2018",
  description: "Rate-coded MNIST by three convolutional layers of 32, 64 and 128 channels",
  source:
    "Kaiser, Mostafa, Neftci 2018 (arXiv:1811.10766) for the task and the three convolutional layers; neuron, cost and " +
    "betas of the authors' code (decolle-public 28f33a8), but for alpha and beta; these, readouts' scale and dropout, widths, " +
    "kernels, pooling, steps, learning rate and schedule ours",
  network: {
    input: { channels: 1, height: 28, width: 28 },
    timeStep: 1000,
    layers: [
      conv2d({ channels: 32, ...convolution, pool: 2 }),
      conv2d({ channels: 64, ...convolution, pool: 2 }),
      // Padded, since without it a plane of 4×4 has no room for the kernel.
      conv2d({ channels: 128, ...convolution, padding: 2 }),
    ],
    readout: { units: 10, scale: 1, bias: true, dropout: 0.2 },
    // Shorter than the authors', so that traces have settled when learning begins and tests may go on for longer.
    neuron: lif({ alpha: 0.85, beta: 0.75, gamma: 0.65, rho: 1, surrogate: fastSigmoid({ slope: 10 }) }),
    cost: smoothL1(),
    optimizer: adaMax({ learningRate: 1e-2, beta1: 0, beta2: 0.95, drop: { every: 1, factor: 2.5 } }),
    seed: 1,
  },
  training: { epochs: 5, batchSize: 16, steps: 24, testSteps: 48, burnIn: 12, updateEvery: 12 },
  transform: {},
};
