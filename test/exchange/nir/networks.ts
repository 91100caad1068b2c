/** Networks whose graphs run in other simulators, and the events that they are shown. */

import { type NirNeuron, nirNeuron } from "../../../src/exchange/nir/neuron.js";
import { conv1d, conv2d, dense, lif, Network, type NetworkSpecification, type Pooling } from "../../../src/index.js";
import { xorshift } from "../../determinism/training.js";

const neuronOf = (given: Partial<NirNeuron>) =>
  nirNeuron({ type: "LIF", membrane: 0.8, synapse: 0, threshold: 1, reset: "value", resetTo: 0, gain: 0, ...given });

/** A network, and who runs its graph. */
export interface Exchanged {
  readonly specification: NetworkSpecification;
  /** Simulators, as `run.py` knows them. */
  readonly simulators: ReadonlyArray<"norse" | "snntorch" | "nirtorch">;
  /** How large its weights are drawn. */
  readonly gain: number;
}

const timeStep = 100;

/** The networks by name. */
export const exchanged: Readonly<Record<string, Exchanged>> = {
  lif: {
    specification: {
      input: { units: 8 },
      layers: [dense({ units: 10 }), dense({ units: 6, neuron: neuronOf({ membrane: 0.6, threshold: 0.75 }) })],
      readout: { units: 6 },
      neuron: neuronOf({}),
      timeStep,
    },
    simulators: ["norse", "snntorch"],
    gain: 1.5,
  },
  cuba: {
    specification: {
      input: { units: 8 },
      layers: [dense({ units: 10 }), dense({ units: 6 })],
      readout: { units: 6 },
      neuron: neuronOf({ type: "CubaLIF", synapse: 0.5, membrane: 0.75 }),
      timeStep,
    },
    simulators: ["norse", "snntorch"],
    gain: 1,
  },
  "cuba-recurrent": {
    specification: {
      input: { units: 8 },
      layers: [dense({ units: 10, recurrent: true }), dense({ units: 6 })],
      readout: { units: 6 },
      neuron: neuronOf({ type: "CubaLIF", synapse: 0.5, membrane: 0.75 }),
      timeStep,
    },
    simulators: ["nirtorch"],
    gain: 1,
  },
  convolution: {
    specification: {
      input: { channels: 2, height: 6, width: 5 },
      layers: [conv2d({ channels: 3, kernel: 3, padding: 1, stride: 2 }), dense({ units: 6 })],
      readout: { units: 6 },
      neuron: neuronOf({}),
      timeStep,
    },
    simulators: ["norse", "snntorch"],
    gain: 2,
  },
  decolle: {
    specification: {
      input: { units: 8 },
      layers: [dense({ units: 10 }), dense({ units: 6, neuron: lif({ alpha: 0.8, beta: 0.6, gamma: 0.5, rho: 2 }) })],
      readout: { units: 6 },
      neuron: lif({ alpha: 0.9, beta: 0.7 }),
    },
    simulators: ["nirtorch"],
    gain: 4,
  },
  "decolle, decays drawn": {
    specification: {
      input: { units: 8 },
      layers: [dense({ units: 10, recurrent: true }), dense({ units: 6 })],
      readout: { units: 6 },
      neuron: lif({ alpha: { low: 0.8, high: 0.95 }, beta: { low: 0.4, high: 0.8 }, gamma: { low: 0.3, high: 0.7 } }),
    },
    simulators: ["nirtorch"],
    gain: 4,
  },
  "decolle, maximum of windows": pooledNetwork("max", 4),
  "decolle, sum of windows": pooledNetwork("sum", 4),
  "decolle, mean of windows": pooledNetwork("average", 4),
  "LIF, maximum of windows": {
    specification: {
      input: { channels: 2, height: 7, width: 6 },
      layers: [conv2d({ channels: 3, kernel: 3, padding: 1, pool: [2, 3] }), dense({ units: 6 })],
      readout: { units: 6 },
      neuron: neuronOf({}),
      timeStep,
    },
    simulators: ["nirtorch"],
    gain: 1.5,
  },
  ...Object.fromEntries(
    (["max", "sum", "average"] as const).map((pooling) => [
      `a line, ${pooling} of windows`,
      {
        specification: {
          input: { channels: 2, length: 11 },
          layers: [conv1d({ channels: 3, kernel: 3, pool: 2, pooling }), dense({ units: 6 })],
          readout: { units: 6 },
          neuron: lif({ alpha: 0.9, beta: 0.7 }),
        },
        simulators: ["nirtorch"],
        gain: 4,
      } satisfies Exchanged,
    ]),
  ),
};

/** Two convolutions whose potentials are pooled, rows of the first plane left over. */
function pooledNetwork(pooling: Pooling, gain: number): Exchanged {
  return {
    specification: {
      input: { channels: 2, height: 9, width: 8 },
      layers: [
        conv2d({ channels: 3, kernel: 3, padding: 1, pool: 2, pooling }),
        conv2d({ channels: 4, kernel: 3, padding: 1, pool: [1, 2], pooling }),
        dense({ units: 6 }),
      ],
      readout: { units: 6 },
      neuron: lif({ alpha: 0.9, beta: 0.7, rho: 2 }),
    },
    simulators: ["nirtorch"],
    gain,
  };
}

const steps = 60;

/**
 * Builds a network, its weights drawn.
 *
 * @param name - Its name.
 * @param seed - Of the weights.
 * @returns The network.
 */
export async function exchangedNetwork(name: string, seed: number): Promise<Network> {
  const { specification, gain } = exchanged[name] as Exchanged;
  const network = await Network.create({ ...specification, seed });
  const next = xorshift(seed);
  const draw = () => ((next() % 4097) - 2048) / 2048;
  for (const tensor of (await network.tensors()).filter((one) => /^layers\..*(weight|Weight|bias)$/.test(one))) {
    const { shape, data } = await network.tensor(tensor);
    const row = data.length / (shape[0] ?? 1);
    const scale = tensor.endsWith("bias") ? 0.05 : gain / Math.sqrt(row);
    await network.setTensor(
      tensor,
      data.map(() => Math.fround(scale * draw() + (tensor.endsWith("bias") ? 0 : 0.3 * scale))),
    );
  }
  return network;
}

/**
 * Events for a network.
 *
 * @param name - Its name.
 * @param seed - Of the events.
 * @returns Indices of inputs, step by step.
 */
export function eventsFor(name: string, seed: number): number[][] {
  const { input } = (exchanged[name] as Exchanged).specification;
  const inputs =
    "units" in input
      ? input.units
      : "length" in input
        ? input.channels * input.length
        : input.channels * input.height * input.width;
  const next = xorshift(seed);
  return Array.from({ length: steps }, () =>
    Array.from({ length: inputs }, (_, place) => place).filter(() => next() % 4 === 0),
  );
}
