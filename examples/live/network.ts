/** The network of the page: small enough to learn beside a live stream on two processor cores. */
import { adaMax, conv2d, fastSigmoid, lif, type NetworkSpecification, smoothL1 } from "decolle";

/** Columns and rows that the network sees. */
export const side = 32;

/** Microseconds of a time step. */
export const timeStep = 2000;

/** Microseconds of a clip, which is learned from as one and judged as one. */
export const clip = 800_000;

/**
 * What the network is made of.
 *
 * @param classes - Gestures to tell apart.
 * @param seed - Of its weights.
 * @returns Its specification.
 */
export function specification(classes: number, seed: number): NetworkSpecification {
  return {
    input: { channels: 2, height: side, width: side },
    timeStep,
    layers: [
      conv2d({ channels: 16, kernel: 7, stride: 4, padding: 3 }),
      conv2d({ channels: 48, kernel: 5, padding: 2, pool: 4 }),
    ],
    readout: { units: classes, dropout: 0.5 },
    neuron: lif({ alpha: 0.97, beta: 0.92, gamma: 0.65, rho: 1, surrogate: fastSigmoid({ slope: 10 }) }),
    cost: smoothL1(),
    optimizer: adaMax({ learningRate: 3e-3 }),
    seed,
  };
}
