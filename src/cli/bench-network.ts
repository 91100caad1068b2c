/** Networks to measure: random input, and layers that fire as often as those of a trained network. */
import { faultAt } from "../errors.js";
import type { SampleSpikes } from "../network/batch.js";
import type { NetworkSpecification } from "../network/specification.js";
import { Network } from "../network/stored.js";
import type { AbortSignalLike } from "../values/brands.js";

/** Spikes a neuron and step, in the input and in every layer: what trained networks have, to within a factor of some two. */
export const density = 0.02;

/** Steps that the traces need to settle, and steps over which densities are measured. */
const settling = 150;
const measured = 30;

/** How near, relatively, a density has to come, and halvings of the interval until then. */
const nearness = 0.1;
const halvings = 40;

/** The learning rate at which densities stay while a network learns; the work is the same at any rate. */
const stillRate = 1e-9;

/**
 * Random spikes, the same for the same seed: xorshift, triple 13, 17, 5 (Marsaglia 2003).
 *
 * @param seed - A whole number from 0.
 * @param samples - How many samples.
 * @param steps - Time steps of each.
 * @param inputs - Inputs.
 * @returns Lists of spikes, {@link density} of them.
 */
export function randomSpikes(seed: number, samples: number, steps: number, inputs: number): SampleSpikes[] {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  const threshold = density * 2 ** 32;
  return Array.from({ length: samples }, () => {
    const offsets = new Uint32Array(steps + 1);
    const indices: number[] = [];
    for (let step = 1; step <= steps; step++) {
      for (let index = 0; index < inputs; index++) {
        state ^= state << 13;
        state ^= state >>> 17;
        state = (state ^ (state << 5)) >>> 0;
        if (state < threshold) indices.push(index);
      }
      offsets[step] = indices.length;
    }
    return { offsets, indices: Uint32Array.from(indices) };
  });
}

/**
 * A network whose layers fire at {@link density}, its traces settled for a batch.
 *
 * @param specification - The network.
 * @param samples - Samples of the batch.
 * @param signal - Aborts.
 * @returns Its checkpoint.
 * @throws {@link DecolleError} `range` where a layer cannot be brought to the density, `aborted`.
 */
export async function settledNetwork(
  specification: NetworkSpecification,
  samples: number,
  signal: AbortSignalLike,
): Promise<Uint8Array> {
  const { optimizer } = specification;
  const still = optimizer === undefined ? {} : { optimizer: { ...optimizer, learningRate: stillRate } };
  using network = await Network.create({ ...specification, ...still });
  const { inputSize, layers } = await network.describe();
  const few = Math.min(samples, 8);
  const input = { spikes: randomSpikes(1, few, settling + measured, inputSize) };
  for (const layer of layers.keys()) {
    const name = `layers.${layer}.bias`;
    const { data } = await network.tensor(name);
    const densityAt = async (shift: number) => {
      await network.setTensor(
        name,
        data.map((bias) => bias + shift),
      );
      const { layers: ran } = await network.run({ input }, { burnIn: settling, signal });
      return ran[layer]?.density ?? Number.NaN;
    };
    await bisect(densityAt, layer);
  }
  await network.run({ input: { spikes: randomSpikes(2, samples, settling, inputSize) } }, { signal });
  return await network.toBytes();
}

/** Moves all biases of a layer together until it fires as often as it should. */
async function bisect(densityAt: (shift: number) => Promise<number>, layer: number): Promise<void> {
  let [low, high] = [-8, 8];
  for (let halving = 0; halving < halvings; halving++) {
    const shift = (low + high) / 2;
    const found = await densityAt(shift);
    if (Math.abs(found / density - 1) < nearness) return;
    if (found < density) low = shift;
    else high = shift;
  }
  throw faultAt("range", `layers[${layer}]`, `could not be made to fire at ${density} spikes a neuron and step`);
}
