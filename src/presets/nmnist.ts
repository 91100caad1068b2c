/** Presets for N-MNIST (Orchard et al. 2015): digits seen by an event camera of 34×34 pixels in three saccades. */
import { smoothL1 } from "../learning/cost.js";
import { adaMax } from "../learning/optimizer.js";
import { lif } from "../neuron/lif.js";
import { fastSigmoid } from "../neuron/surrogate.js";
import { conv2d } from "../synapse/conv2d.js";
import { dense } from "../synapse/dense.js";
import type { Preset } from "./preset.js";

/** What all N-MNIST presets share: neuron, readout, cost and optimiser of the authors' code. */
const shared = {
  timeStep: 1000,
  readout: { units: 10, scale: 0.5, bias: true, dropout: 0.5 },
  neuron: lif({ alpha: 0.97, beta: 0.92, gamma: 0.65, rho: 1, surrogate: fastSigmoid({ slope: 10 }) }),
  cost: smoothL1(),
  optimizer: adaMax({ learningRate: 1e-3, beta1: 0, beta2: 0.95 }),
  seed: 1,
} as const;

const training = { batchSize: 72, steps: 300, testSteps: 300, burnIn: 60, updateEvery: 1 } as const;

/** The 32×32 corner of the sensor, rows and columns 0 to 31. */
const corner = { crop: { left: 0, top: 0, width: 32, height: 32 } } as const;

/** Kernels of 7×7 that keep height and width. */
const convolution = { kernel: 7, padding: 3 } as const;

const source = "Kaiser, Mostafa, Neftci 2020 and the constants of the authors' code (decolle-public 28f33a8)";

/** The convolutional N-MNIST network of the authors' code. */
export const nmnist: Preset = {
  name: "nmnist",
  description: "N-MNIST by three convolutional layers of 64, 128 and 128 channels and a dense layer",
  source,
  network: {
    ...shared,
    input: { channels: 2, height: 32, width: 32 },
    layers: [
      conv2d({ channels: 64, ...convolution, pool: 2 }),
      conv2d({ channels: 128, ...convolution }),
      conv2d({ channels: 128, ...convolution, pool: 2 }),
      dense({ units: 10 }),
    ],
  },
  training: { epochs: 100, ...training },
  transform: corner,
};

/** The N-MNIST network of the authors' code with a quarter of its channels. */
export const nmnistSmall: Preset = {
  name: "nmnist-small",
  description: "N-MNIST by three convolutional layers of 16, 32 and 32 channels and a dense layer",
  source: `${source}, with a quarter of the channels`,
  network: {
    ...shared,
    input: { channels: 2, height: 32, width: 32 },
    layers: [
      conv2d({ channels: 16, ...convolution, pool: 2 }),
      conv2d({ channels: 32, ...convolution }),
      conv2d({ channels: 32, ...convolution, pool: 2 }),
      dense({ units: 10 }),
    ],
  },
  training: { epochs: 3, ...training },
  transform: corner,
};

/**
 * How hidden layers are taught to fire rarely. What a readout makes of a spike is three times as much of the target, so that
 * fewer have to fire for it: that alone brings a density of a tenth down to some 3.5 %. The budget of spikes sees to it that it
 * stays there: its price on potentials is next to nothing where it is not overdrawn.
 */
const rarely = {
  readoutScale: 3 * shared.readout.scale,
  regularizer: { upper: 1e-3, lower: 0, budget: { density: 0.035 } },
} as const;

/** The small network taught to fire rarely. Updates every ten steps, at twice the rate, where rare spikes save work. */
export const nmnistSmallSparse: Preset = {
  name: "nmnist-small-sparse",
  description: "N-MNIST by the small convolutional network, taught to fire rarely",
  source: `${nmnistSmall.source}; readout scale, regulariser and schedule are ours`,
  network: {
    ...nmnistSmall.network,
    layers: [
      conv2d({ channels: 16, ...convolution, pool: 2, ...rarely }),
      conv2d({ channels: 32, ...convolution, ...rarely }),
      conv2d({ channels: 32, ...convolution, pool: 2, ...rarely }),
      dense({ units: 10 }),
    ],
    optimizer: adaMax({ learningRate: 2e-3, beta1: 0, beta2: 0.95 }),
  },
  training: { ...nmnistSmall.training, updateEvery: 10 },
  transform: corner,
};

/** N-MNIST without convolutions. */
export const nmnistMlp: Preset = {
  name: "nmnist-mlp",
  description: "N-MNIST by two dense layers of 512 neurons",
  source: `${source}, with dense layers`,
  network: {
    ...shared,
    input: { channels: 2, height: 34, width: 34 },
    layers: [dense({ units: 512 }), dense({ units: 512 })],
  },
  training: { epochs: 10, ...training },
  transform: {},
};

/** The same taught to fire rarely; updates every ten steps, at four times the rate. */
export const nmnistMlpSparse: Preset = {
  name: "nmnist-mlp-sparse",
  description: "N-MNIST by two dense layers of 512 neurons, taught to fire rarely",
  source: `${nmnistMlp.source}; readout scale, regulariser and schedule are ours`,
  network: {
    ...nmnistMlp.network,
    layers: [dense({ units: 512, ...rarely }), dense({ units: 512, ...rarely })],
    optimizer: adaMax({ learningRate: 4e-3, beta1: 0, beta2: 0.95 }),
  },
  training: { ...nmnistMlp.training, updateEvery: 10 },
  transform: {},
};
