/** The spikes of a network, step by step, as other simulators are asked for them. */
import type { Network } from "../../src/index.js";

/**
 * Runs a network step by step.
 *
 * @param network - The network, with one sample at rest.
 * @param events - Indices of the inputs that an event arrives at, step by step.
 * @returns Indices of the units that spike, after pooling, layer by layer, step by step.
 */
export async function spikesOf(network: Network, events: readonly number[][]): Promise<number[][][]> {
  const { inputSize, layers } = await network.describe();
  const spikes: number[][][] = layers.map(() => []);
  for (const [step, arriving] of events.entries()) {
    const counts = new Uint8Array(inputSize);
    for (const input of arriving) counts[input] = (counts[input] ?? 0) + 1;
    await network.run({ input: { counts, samples: 1, steps: 1 } }, { keepState: step > 0 });
    for (const layer of layers.keys()) {
      const { data } = await network.tensor(`state.layers.${layer}.pooledSpikes`);
      spikes[layer]?.push(Array.from(data.keys()).filter((unit) => data[unit] !== 0));
    }
  }
  return spikes;
}
