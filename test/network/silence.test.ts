/** Steps of silence that are counted instead of taken: the same results and the same network as where all are taken. */
import { describe, expect, it } from "vitest";
import {
  averaged,
  type BatchResult,
  conv2d,
  dense,
  Network,
  type NetworkSpecification,
  type RunBatch,
  sgd,
} from "../../src/index.js";
import { digest } from "../determinism/agreed.js";
import { neurons, recurrentNeurons } from "../plasticity/neurons.js";

const plane = { channels: 2, height: 6, width: 6 };
const inputs = 72;
const readout = { units: 3 };

const specifications: Readonly<Record<string, NetworkSpecification>> = {
  "dense layers": { input: plane, layers: [dense({ units: 12 }), dense({ units: 9 })], readout },
  convolutions: { input: plane, layers: [conv2d({ channels: 4, kernel: 3, padding: 1, pool: 2 })], readout },
  "a recurrent layer": { input: plane, layers: [dense({ units: 12, recurrent: true })], readout },
  "propagation by events": { input: plane, layers: [dense({ units: 12 })], readout, propagation: "events" },
  "dense propagation": { input: plane, layers: [dense({ units: 12 })], readout, propagation: "dense" },
  "error triggers and a budget of spikes": {
    input: plane,
    layers: [dense({ units: 12 })],
    readout,
    errorTrigger: { threshold: 0.05, control: { rate: 0.1 } },
    regularizer: { upper: 0.01, lower: 0.01, budget: { density: 0.05 } },
  },
  "averaged weights": {
    input: plane,
    layers: [dense({ units: 12 })],
    readout,
    optimizer: averaged({ learningRate: 0.1 }),
  },
  ...Object.fromEntries(
    Object.entries(neurons).map(([name, neuron]) => [
      `the neuron: ${name}`,
      { input: plane, layers: [dense({ units: 8, neuron })], readout },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(recurrentNeurons).map(([name, neuron]) => [
      `recurrent neurons: ${name}`,
      { input: plane, layers: [dense({ units: 8, recurrent: true, neuron })], readout },
    ]),
  ),
  "dropout in evaluation": {
    input: plane,
    layers: [dense({ units: 12 })],
    readout: { units: 3, dropout: 0.5, dropoutInEvaluation: true },
  },
};

/** Samples of so many steps, with events in some of them only. */
function batch(samples: number, steps: number, isActive: (step: number, sample: number) => boolean): RunBatch {
  const counts = Float32Array.from({ length: samples * steps * inputs }, (_, place) => {
    const step = Math.floor(place / inputs) % steps;
    const sample = Math.floor(place / (inputs * steps));
    return isActive(step, sample) && (place * 7919) % 11 < 3 ? 1 : 0;
  });
  return { input: { samples, steps, counts } };
}

/** All of a result but the moments of the potential. */
function shown({ layers, ...result }: BatchResult) {
  return { ...result, layers: layers.map(({ potentialMean, potentialVariance, ...layer }) => layer) };
}

describe("silence in a batch", () => {
  it.each(Object.entries(specifications))("gives what taking every step gives: %s", async (_, specification) => {
    const steps = 600;
    using skipping = await Network.create({
      ...specification,
      optimizer: specification.optimizer ?? sgd({ learningRate: 0.05 }),
    });
    using taking = await Network.fromBytes(await skipping.toBytes());
    const lesson = { ...batch(2, 20, () => true), target: { classes: [0, 2] } };
    for (const network of [skipping, taking]) await network.learn(lesson, { updateEvery: 3 });
    const patterns: ReadonlyArray<readonly [(step: number, sample: number) => boolean, number, boolean]> = [
      [(step) => step < 40 || (step > 520 && step < 530), 0, false],
      [(step, sample) => step < 30 + 7 * sample, 17, true],
      [() => false, 90, true],
    ];
    for (const [isActive, burnIn, keepState] of patterns) {
      const given = batch(2, steps, isActive);
      const options = { burnIn, keepState, record: { spikes: true, traces: true, potentials: true, readouts: true } };
      const [fast, slow] = [
        await skipping.run(given, options),
        await taking.run(given, { ...options, recordPotential: true }),
      ];
      expect(shown(fast)).toEqual(shown(slow));
      expect(await digest(skipping)).toBe(await digest(taking));
    }
    const resumed = { keepState: true, updateEvery: 4 };
    expect(await skipping.learn(lesson, resumed)).toEqual(await taking.learn(lesson, resumed));
    expect(await digest(skipping)).toBe(await digest(taking));
  });
});
