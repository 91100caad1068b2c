/** Convolutions in the frequency domain: what is exactly zero in sums stays so, in potentials and in gradients. */
import { describe, expect, it } from "vitest";
import { adaMax, adam, conv2d, Network, type Optimizer, type Propagation } from "../../src/index.js";

const side = 16;

/** A network of one convolution without bias, whose kernels have these values. */
async function network(
  propagation: Propagation,
  kernels: Float32Array,
  channels: number,
  optimizer: Optimizer = adaMax({ learningRate: 0.01 }),
) {
  const kernel = Math.round(Math.sqrt(kernels.length / channels));
  const made = await Network.create({
    input: { channels: 1, height: side, width: side },
    layers: [conv2d({ channels, kernel, padding: (kernel - 1) / 2 })],
    readout: { units: 2, scale: 50 },
    optimizer,
    propagation,
    seed: 4,
  });
  await made.setTensor("layers.0.weight", kernels);
  await made.setTensor("layers.0.bias", new Float32Array(channels));
  return made;
}

/** Events of some pixels, every other step. */
function input(pixels: readonly number[], samples: number, steps: number) {
  const counts = new Uint8Array(samples * steps * side * side);
  for (let step = 0; step < samples * steps; step++) {
    for (const pixel of pixels) counts[step * side * side + pixel] = (step + pixel) % 2;
  }
  return { counts, samples, steps };
}

describe("a convolution in the frequency domain", () => {
  it.each([1, -1])("lets no neuron spike whose sum is zero, with a kernel of one weight, %d", async (weight) => {
    const kernels = Float32Array.from({ length: 9 }, (_, place) => (place === 4 ? weight : 0));
    const spikes: Float32Array[] = [];
    for (const propagation of ["dense", "frequency"] as const) {
      using made = await network(propagation, kernels, 1);
      await made.run({ input: input([40, 90, 170, 171, 200], 1, 10) });
      spikes.push((await made.tensor("state.layers.0.spikes")).data);
    }
    expect(spikes[1]).toEqual(spikes[0]);
  });

  it("lets no neuron spike but those that do by sums, with kernels of which nine weights in ten are zero", async () => {
    const kernels = Float32Array.from({ length: 8 * 49 }, (_, place) => (place % 10 === 3 ? Math.sin(place) : 0));
    const pixels = Array.from({ length: 30 }, (_, place) => (place * 37) % (side * side));
    const counted: Array<number | undefined> = [];
    for (const propagation of ["dense", "frequency"] as const) {
      using made = await network(propagation, kernels, 8);
      const { layers } = await made.run({ input: input(pixels, 4, 20) });
      counted.push(layers[0]?.spikes);
    }
    expect(counted[0]).toBeGreaterThan(100);
    expect(counted[1]).toBe(counted[0]);
  });

  it.each([
    ["adaMax", adaMax({ learningRate: 0.01 })],
    ["adam", adam({ learningRate: 0.01 })],
  ])("moves no weight by %s that no trace reaches", async (_, optimizer) => {
    // Only the corner spikes: kernel rows and columns beyond the middle never meet it.
    const kernels = Float32Array.from({ length: 4 * 49 }, (_, place) => 0.3 * Math.cos(place));
    using made = await network("frequency", kernels, 4, optimizer);
    await made.learn({ input: input([0], 6, 40), target: { classes: [0, 1, 0, 1, 0, 1] } });
    const moved = (await made.tensor("layers.0.weight")).data.map((weight, place) => weight - (kernels[place] ?? 0));
    const reached = (place: number) => Math.floor((place % 49) / 7) <= 3 && place % 7 <= 3;
    expect(moved.filter((_, place) => !reached(place)).every((by) => by === 0)).toBe(true);
    expect(moved.filter((by, place) => reached(place) && by !== 0).length).toBeGreaterThan(30);
  });

  it("gives a sample the same potentials and spikes among many samples as among few", async () => {
    const kernels = Float32Array.from({ length: 8 * 49 }, (_, place) => 0.4 * Math.sin(3 * place));
    const [many, few, steps] = [24, 3, 12];
    const pixels = Array.from({ length: 30 }, (_, place) => (place * 37) % (side * side));
    const { counts } = input(pixels, many, steps);
    const states: Float32Array[][] = [];
    for (const samples of [many, few]) {
      using made = await network("frequency", kernels, 8);
      const { layers } = await made.run({
        input: { counts: counts.slice(0, samples * steps * side * side), samples, steps },
      });
      expect(layers[0]?.spikes).toBeGreaterThan(100);
      const names = ["potential", "spikes", "refractory"].map((name) => `state.layers.0.${name}`);
      states.push(await Promise.all(names.map(async (name) => (await made.tensor(name)).data)));
    }
    const [ofMany = [], ofFew = []] = states;
    expect(ofMany.map((state, which) => state.slice(0, ofFew[which]?.length))).toEqual(ofFew);
  });

  it("says that potentials are beyond float32, and changes nothing", async () => {
    using made = await network("frequency", new Float32Array(4 * 9).fill(1e38), 4);
    const before = await made.toBytes();
    await expect(made.run({ input: input([40, 41], 2, 5) })).rejects.toMatchObject({ code: "not-finite" });
    expect(await made.toBytes()).toEqual(before);
    await made.setTensor("layers.0.weight", new Float32Array(4 * 9).fill(0.5));
    const { layers } = await made.run({ input: input([40, 41], 2, 5) });
    expect(layers[0]?.spikes).toBeGreaterThan(0);
  });
});
