// @ts-check
/**
 * The rules of the neighbourhood on the same recordings, in one network: what they reach, what they compute and what they
 * store. Weights start with potentials of unit variance and learn by the same optimiser, whatever the neuron; no setting was
 * chosen for a rule, so that accuracies say what each does here, not what it could.
 */

import {
  adaMax,
  adaptive,
  crossEntropy,
  datasets,
  decolle2018,
  decolle2020,
  dense,
  eprop,
  feedbackAlignment,
  lsuv,
  Network,
  ottt,
  preset,
  signConcordant,
  sltt,
  squareWaves,
  tess,
} from "../dist/index.js";
import { machine } from "./machine.mjs";
import { writeResult } from "./results.mjs";
import { nmnistFolder } from "./spikes.mjs";
import { digits, spread } from "./statistics.mjs";
import { textTable } from "./table.mjs";

/** @typedef {import("../dist/index.js").NetworkSpecification} Specification */

/**
 * A rule: what of the network's specification makes it, and what else is to be set before it learns.
 *
 * @typedef {object} Contender
 * @property {string} name
 * @property {Partial<Specification>} own
 * @property {(network: Network) => void | Promise<void>} [prepare]
 */

const { network: base, training } = preset("nmnist-mlp");
/** Units of a layer, layers, epochs and steps from one update to the next, with the learning rate that goes with these. */
const [units, layers, epochs, updateEvery, learningRate] = [64, 2, 4, 10, 4e-3];
const alignment = { ...base.readout, feedback: /** @type {const} */ ("alignment") };
/**
 * θ of the error trigger at first, about what the error of a neuron is then, with ten classes and 72 samples; and the error
 * events a neuron and step to which the controller holds it.
 */
const errorTrigger = { threshold: 5e-5, control: { rate: 0.25 } };

/** TESS as published: readouts of square waves, without bias. @param {Network} network */
async function waves(network) {
  for (let layer = 0; layer < layers; layer++) {
    await network.setTensor(`readouts.${layer}.weight`, squareWaves(base.readout.units, units));
    await network.setTensor(`readouts.${layer}.bias`, new Float32Array(base.readout.units));
  }
}

/** @type {readonly Contender[]} */
const contenders = [
  { name: "DECOLLE 2020", own: { neuron: decolle2020() } },
  { name: "DECOLLE 2018", own: { neuron: decolle2018() } },
  { name: "adaptive threshold", own: { neuron: adaptive() } },
  { name: "error-triggered DECOLLE", own: { neuron: decolle2020(), errorTrigger } },
  {
    name: "feedback alignment",
    own: { neuron: decolle2020(), readout: alignment },
    prepare: (network) => feedbackAlignment(network),
  },
  { name: "sign-concordant", own: { neuron: decolle2020(), readout: alignment }, prepare: signConcordant },
  { name: "e-prop", own: { neuron: eprop() } },
  { name: "OTTT", own: { neuron: ottt() } },
  { name: "SLTT", own: { neuron: sltt() } },
  { name: "TESS", own: { neuron: tess(), cost: crossEntropy() }, prepare: waves },
];

/**
 * One rule; arrays have one entry a layer.
 *
 * @typedef {object} Row
 * @property {string} rule
 * @property {import("./statistics.mjs").Spread[]} accuracy - On the test folder, over seeds.
 * @property {number[]} density - Spikes per neuron and step in the last epoch of training.
 * @property {{ forward: number, gradient: number }} operations - Multiply-adds of synapses per sample and step.
 * @property {{ synapse: number, input: number, neuron: number }} bytes - Of state, for each and per sample.
 * @property {number} memory - Bytes of state per sample, both layers.
 */

/** Titles of the table. */
export const head = [
  "rule",
  ...Array.from({ length: layers }, (_, layer) => `accuracy, layer ${layer + 1} (least–most)`),
  "density, layers",
  "operations/sample·step: potentials, thousands",
  "gradient and eligibility, thousands",
  "bytes per synapse",
  "per input",
  "per neuron",
  "KiB of state/sample",
];

/**
 * A row as text.
 *
 * @param {Row} row
 * @returns {string[]}
 */
export function cells({ rule, accuracy, density, operations, bytes, memory }) {
  return [
    rule,
    ...accuracy.map(
      ({ values, least, most }) =>
        `${(values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(2)} ` +
        `(${least.toFixed(2)}–${most.toFixed(2)})`,
    ),
    density.map((value) => value.toFixed(3)).join(", "),
    digits(operations.forward / 1e3),
    digits(operations.gradient / 1e3),
    String(bytes.synapse),
    String(bytes.input),
    String(bytes.neuron),
    digits(memory / 1024),
  ];
}

/**
 * Trains with each rule.
 *
 * @param {(text: string) => void} report - Told what goes on.
 * @param {import("./list.mjs").Options} [options] - Seeds separated by commas, most epochs.
 * @returns {Promise<string>} The table.
 */
export async function run(report, { quick = false, seeds = quick ? "0" : "0,1,2", epochs: most } = {}) {
  const folder = nmnistFolder();
  if (folder === undefined) throw new Error("no N-MNIST recordings: DECOLLE_DATA names the folder that holds nmnist/");
  const on = machine();
  const { train, test } = await datasets.nmnist(folder);
  /** @type {Row[]} */
  const rows = [];
  for (const contender of contenders) {
    /** @type {number[][]} */
    const accuracies = Array.from({ length: layers }, () => []);
    /** @type {Omit<Row, "rule" | "accuracy"> | undefined} */
    let last;
    for (const seed of seeds.split(",").map(Number)) {
      const network = await Network.create({
        ...base,
        layers: Array.from({ length: layers }, () => dense({ units })),
        optimizer: adaMax({ learningRate, beta1: 0, beta2: 0.95 }),
        ...contender.own,
        seed,
      });
      try {
        await contender.prepare?.(network);
        const { epochs: done } = await network.fit(train, {
          ...training,
          epochs: quick ? 1 : Number(most ?? epochs),
          updateEvery,
          initialization: lsuv(),
          seed,
          test,
        });
        const metrics = done.at(-1);
        if (metrics?.test === undefined) throw new Error(`${contender.name}: no test result`);
        for (const [layer, accuracy] of metrics.test.accuracy.entries()) accuracies[layer]?.push(accuracy);
        last = await costs(network, metrics);
        report(`${contender.name}, seed ${seed}: ${metrics.test.accuracy.join(", ")}, ${metrics.seconds.toFixed(0)} s`);
      } finally {
        network.dispose();
      }
    }
    if (last !== undefined) rows.push({ rule: contender.name, accuracy: accuracies.map(spread), ...last });
  }
  writeResult("rules", on, rows, { quick });
  return textTable(head, rows.map(cells));
}

/**
 * What a rule computes and stores.
 *
 * @param {Network} network
 * @param {import("../dist/index.js").EpochMetrics} metrics
 * @returns {Promise<Omit<Row, "rule" | "accuracy">>}
 */
async function costs(network, metrics) {
  const { forward, gradient } = metrics.synapticOperations;
  const shown = metrics.samples * (training.steps ?? 300);
  let [memory, inputs] = [0, (await network.tensor("layers.0.weight")).shape[1] ?? 0];
  for (let layer = 0; layer < layers; layer++) {
    const { bytesPerSynapse, bytesPerInput, bytesPerNeuron } = (await network.rule(layer)).account;
    memory += bytesPerSynapse * inputs * units + bytesPerInput * inputs + bytesPerNeuron * units;
    inputs = units;
  }
  const { bytesPerSynapse: synapse, bytesPerInput: input, bytesPerNeuron: neuron } = (await network.rule(0)).account;
  return {
    density: [...metrics.density.layers],
    operations: { forward: forward / shown, gradient: gradient / shown },
    bytes: { synapse, input, neuron },
    memory,
  };
}
