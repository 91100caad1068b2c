// @ts-check
/**
 * Networks whose layers all fire at a wanted density.
 *
 * Layer by layer from the input on: the weights, as drawn, are scaled so that a channel's membrane potential varies with
 * standard deviation 1 over neurons, samples and time while nothing fires; each channel's bias is set to the quantile at
 * which the wanted share of potentials is above zero; then all biases of the layer are moved together, by bisection, until
 * the density measured, refractoriness included, is the wanted one. Input is random spikes of the same density, of several
 * samples even where one is then measured: biases set by a single one would fit the steps they were set in and no others.
 *
 * Such a network is timed with a learning rate of 1e−9, so that the densities stay while it learns; the work is the same at
 * any rate.
 */

import { adaMax, Network } from "../dist/index.js";
import { cut, SpikeStream } from "./spikes.mjs";
import { mean } from "./statistics.mjs";

/**
 * Steps before and during a measurement of density. Each layer waits for the one below: nine membrane time constants pass,
 * after which what is still missing of a mean potential is a ten-thousandth of it and no more a good part of its spread.
 */
export const settling = 300;
const measured = 30;
/**
 * Samples to measure with: a dense layer has but one neuron a channel, so that it takes more of them. Of a
 * convolution it takes more than eight, too: biases set to one potential in two hundred fit the samples they were set on, and
 * others fire more often.
 */
const samplesFor = { dense: 64, conv1d: 24, conv2d: 24 };
/** Steps of bisection; the interval of biases is a standard deviation of the potential wide, and 4 above, for refractoriness. */
const bisections = 12;
/** How near, relatively, the density has to come. */
const nearness = 0.05;
/** Snapshots of the potentials from which their spread is taken. */
const snapshots = 6;

/** Learning rate at which a network keeps its densities. */
export const stillRate = 1e-9;

/**
 * A network of this specification, learning rate apart, whose layers fire at this density.
 *
 * @param {import("./networks.mjs").Case["specification"]} specification
 * @param {number} density - Spikes per neuron and step, after pooling.
 * @param {(text: string) => void} report
 * @returns {Promise<Uint8Array>} Its checkpoint, neuron state zero.
 * @throws Error where a layer does not come within 5 % of the density.
 */
export async function atDensity(specification, density, report) {
  const { optimizer = adaMax({ learningRate: stillRate }) } = specification;
  const still = { ...specification, optimizer: { ...optimizer, learningRate: stillRate } };
  const samples = Math.max(...specification.layers.map(({ type }) => samplesFor[type]));
  const input = randomInput(specification, density, samples, settling + measured);
  const whole = await Network.create(still);
  try {
    /** @type {number[]} */
    const found = [];
    for (let depth = 0; depth < specification.layers.length; depth++) {
      // Layers above do not matter yet.
      const network = await Network.create({ ...still, layers: still.layers.slice(0, depth + 1) });
      try {
        for (let layer = 0; layer <= depth; layer++) {
          for (const kind of ["weight", "bias"]) {
            await network.setTensor(`layers.${layer}.${kind}`, (await whole.tensor(`layers.${layer}.${kind}`)).data);
          }
        }
        found.push(await settle(network, depth, density, input));
        for (const kind of ["weight", "bias"]) {
          await whole.setTensor(`layers.${depth}.${kind}`, (await network.tensor(`layers.${depth}.${kind}`)).data);
        }
      } finally {
        network.dispose();
      }
    }
    report(`density ${density}: layers fire at ${found.map((value) => value.toFixed(4)).join(", ")}`);
    return await whole.toBytes();
  } finally {
    whole.dispose();
  }
}

/**
 * Brings the last layer of a network to a density.
 *
 * @param {Network} network
 * @param {number} depth - Place of that layer.
 * @param {number} density
 * @param {import("./spikes.mjs").Spikes[]} input
 * @returns {Promise<number>} The density reached.
 */
async function settle(network, depth, density, input) {
  const bias = (await network.tensor(`layers.${depth}.bias`)).data;
  // Nothing fires at such a bias, so that potentials are what the synapses make of the input alone; yet it is small
  // enough to leave them their digits.
  const silence = 8;
  await network.setTensor(
    `layers.${depth}.bias`,
    bias.map(() => -silence),
  );
  const potentials = await potentialsOf(network, depth, input, bias.length);
  const quiet = potentials.map((values) => values.map((value) => value + silence));
  const deviation = Math.sqrt(mean(quiet.map(variance)));
  const weight = (await network.tensor(`layers.${depth}.weight`)).data;
  await network.setTensor(
    `layers.${depth}.weight`,
    weight.map((value) => value / deviation),
  );
  const thresholds = Float32Array.from(quiet, (values) => -quantile(values, 1 - density) / deviation);
  let [low, high] = [-1, 4];
  let found = Number.NaN;
  for (let step = 0; step < bisections && !(Math.abs(found / density - 1) < nearness / 2); step++) {
    const shift = step === 0 ? 0 : (low + high) / 2;
    await network.setTensor(
      `layers.${depth}.bias`,
      thresholds.map((value) => value + shift),
    );
    const { layers } = await network.run({ input: { spikes: input } }, { burnIn: settling });
    found = layers[depth]?.density ?? Number.NaN;
    if (found < density) low = shift;
    else high = shift;
  }
  if (!(Math.abs(found / density - 1) < nearness)) {
    throw new Error(`layer ${depth + 1} fires at ${found} where ${density} was wanted`);
  }
  return found;
}

/**
 * Potentials of the last layer, channel by channel, at some steps after it has settled.
 *
 * @param {Network} network
 * @param {number} depth
 * @param {import("./spikes.mjs").Spikes[]} input
 * @param {number} channels
 * @returns {Promise<number[][]>}
 */
async function potentialsOf(network, depth, input, channels) {
  /** @type {number[][]} */
  const values = Array.from({ length: channels }, () => []);
  const gap = Math.floor(measured / snapshots);
  for (let snapshot = 0; snapshot < snapshots; snapshot++) {
    const [first, last] = [snapshot === 0 ? 0 : settling + (snapshot - 1) * gap, settling + snapshot * gap];
    const spikes = input.map((sample) => cut(sample, first, last));
    await network.run({ input: { spikes } }, { keepState: snapshot > 0 });
    const { data, shape } = await network.tensor(`state.layers.${depth}.pooledPotential`);
    const positions = data.length / (shape[0] ?? 1) / channels;
    data.forEach((value, place) => {
      values[Math.floor(place / positions) % channels]?.push(value);
    });
  }
  return values;
}

/**
 * Random spikes for a network.
 *
 * @param {import("./networks.mjs").Case["specification"]} specification
 * @param {number} density
 * @param {number} count - Samples.
 * @param {number} steps
 * @returns {import("./spikes.mjs").Spikes[]}
 */
export function randomInput({ input: { channels, height, width } }, density, count, steps) {
  return Array.from({ length: count }, (_, sample) => {
    const { offsets, indices, counts } = new SpikeStream(sample, steps, channels * height * width, density).next();
    // The stream's own arrays have room for a spike of every input.
    return { offsets, indices: indices.slice(), counts: counts.slice() };
  });
}

/** @param {readonly number[]} values */
function variance(values) {
  const middle = mean(values);
  return mean(values.map((value) => (value - middle) ** 2));
}

/**
 * @param {readonly number[]} values
 * @param {number} share
 */
function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
