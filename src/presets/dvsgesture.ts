/** Presets for DvsGesture (Amir et al. 2017): eleven gestures before an event camera of 128×128 pixels. */
import { smoothL1 } from "../learning/cost.js";
import { uniform } from "../learning/initialization.js";
import { adaMax } from "../learning/optimizer.js";
import { lif } from "../neuron/lif.js";
import { boxcar, fastSigmoid } from "../neuron/surrogate.js";
import { conv2d } from "../synapse/conv2d.js";
import type { Preset } from "./preset.js";

const decays = { alpha: 0.97, beta: 0.92, gamma: 0.65, rho: 1 } as const;

/** 128×128 pixels summed over blocks of 4×4. */
const input = { channels: 2, height: 32, width: 32 } as const;
const transform = { downsample: 4 } as const;

const training = { epochs: 200, batchSize: 72, steps: 500, testSteps: 1800, burnIn: 100, updateEvery: 1 } as const;

const drop = { every: 30, factor: 5 } as const;

/** 64, 128 and 128 channels of 7×7, the first and last pooled. */
function layers(padding: number) {
  const convolution = { kernel: 7, padding } as const;
  return [
    conv2d({ channels: 64, ...convolution, pool: 2 }),
    conv2d({ channels: 128, ...convolution }),
    conv2d({ channels: 128, ...convolution, pool: 2 }),
  ];
}

/** The DvsGesture network as in the authors' code. */
export const dvsgesture: Preset = {
  name: "dvsgesture",
  description: "DvsGesture by three convolutional layers, as in the authors' code",
  source: "decolle-public 28f33a8",
  network: {
    input,
    timeStep: 1000,
    layers: layers(3),
    readout: { units: 11, scale: 2, bias: true, dropout: 0.5 },
    neuron: lif({ ...decays, surrogate: fastSigmoid({ slope: 10 }) }),
    cost: smoothL1(),
    optimizer: adaMax({ learningRate: 3.6e-4, beta1: 0, beta2: 0.95, drop }),
    seed: 1,
  },
  training,
  transform,
};

/** The DvsGesture network as in the paper: less padding, boxcar surrogate, dropout left on in testing. */
export const dvsgesturePaper: Preset = {
  name: "dvsgesture-paper",
  description: "DvsGesture by three convolutional layers, as in the paper of 2020",
  source: "Kaiser, Mostafa, Neftci 2020; learning rate, readout scale and schedule as in the preset dvsgesture",
  network: {
    ...dvsgesture.network,
    layers: layers(2),
    readout: { ...dvsgesture.network.readout, dropoutInEvaluation: true },
    neuron: lif({ ...decays, surrogate: boxcar({ width: 0.5 }) }),
  },
  training,
  transform,
};

/**
 * By what the traces of 2018 exceed those of unit gain: an input enters Q and Q enters P with gain 1/(1−β) and 1/(1−α)
 * instead of 1−β and 1−α.
 */
const traceExcess = 1 / ((1 - decays.alpha) ** 2 * (1 - decays.beta) ** 2);

/** The DvsGesture network of the first publication, with its traces that are not normalised. */
export const dvsgesture2018: Preset = {
  name: "dvsgesture-2018",
  description: "DvsGesture by three convolutional layers, with the neuron and the learning rate of 2018",
  source:
    "Kaiser, Mostafa, Neftci 2018 (arXiv:1811.10766): time constants, trace gains and order, refractoriness, learning rate and " +
    "readouts; layers as in dvsgesture-paper, the rest as in dvsgesture; gain of the initial weights ours",
  network: {
    ...dvsgesture.network,
    layers: layers(2),
    readout: { ...dvsgesture.network.readout, scale: 0.5 },
    neuron: lif({
      ...decays,
      surrogate: fastSigmoid({ slope: 10 }),
      trace: "current",
      traceGain: "reciprocal",
      refractory: "decayed",
    }),
    optimizer: adaMax({ learningRate: 1e-9, beta1: 0, beta2: 0.95 }),
    // The weights shrink by what the traces grow, so that potentials start at the same scale as in the other presets;
    // the learning rate of 1e−9 is then to the weights what 2e−4 is there.
    initialization: uniform({ conv: 1 / traceExcess }),
  },
  training,
  transform,
};
