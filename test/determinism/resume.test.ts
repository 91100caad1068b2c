/** Training in pieces, through a checkpoint or after an abort, gives the same bits as training in one go. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type BatchTarget, Network } from "../../src/index.js";
import { digest } from "./agreed.js";
import { convolutional, cutSteps, dense, inputOf, type Training } from "./training.js";

/** Steps of the whole sequence, and where it is cut. */
const length = 120;
const cuts = [0, 1, 37, 53, length];

/** The target of some steps. */
function cutTarget(training: Training, from: number, to: number): BatchTarget {
  if ("classes" in training.target) return training.target;
  const values = Array.from(training.target.values);
  const row = values.length / training.samples / training.steps;
  return {
    ...training.target,
    values: Array.from({ length: training.samples }, (_, sample) => {
      const start = sample * training.steps;
      return values.slice((start + from) * row, (start + to) * row);
    }).flat(),
  };
}

/** Learns from some steps of a training, going on from the last. */
async function learn(network: Network, training: Training, from: number, to: number, signal?: AbortSignal) {
  const input = cutSteps(inputOf(training), from, to);
  const options = { ...training.options, keepState: from > 0, flushGradient: to === length, ...(signal && { signal }) };
  return network.learn({ input, target: cutTarget(training, from, to) }, options);
}

async function trained(training: Training): Promise<{ digest: string; losses: ReadonlyArray<number | null> }> {
  using network = await Network.create(training.specification);
  const result = await learn(network, training, 0, length);
  return { digest: await digest(network), losses: result.layers.map(({ loss }) => loss) };
}

describe.each([
  ["dense", dense],
  ["convolutional", convolutional],
] as const)("a %s network", (_, training) => {
  it("learns the same from a sequence that comes in pieces", async () => {
    using network = await Network.create(training.specification);
    let counted = 0;
    for (const [place, from] of cuts.slice(0, -1).entries()) {
      counted += (await learn(network, training, from, cuts[place + 1] ?? length)).countedSteps;
    }
    expect(counted).toBe(length - training.options.burnIn);
    expect(await digest(network)).toBe((await trained(training)).digest);
  });

  it("runs the same over a sequence that comes in pieces", async () => {
    using network = await Network.create(training.specification);
    using whole = await Network.create(training.specification);
    const input = inputOf(training);
    const record = { layers: [0], readouts: true };
    const readouts: number[] = [];
    const all = await whole.run({ input: cutSteps(input, 0, length) }, { record });
    for (const [place, from] of cuts.slice(0, -1).entries()) {
      const piece = { input: cutSteps(input, from, cuts[place + 1] ?? length) };
      const result = await network.run(piece, { keepState: from > 0, record });
      readouts.push(...(result.recorded?.layers[0]?.readouts?.data ?? []));
    }
    expect(readouts).toEqual([...(all.recorded?.layers[0]?.readouts?.data ?? [])]);
    expect(await digest(network)).toBe(await digest(whole));
  });

  it.each([1, 37, 53])("goes on from a checkpoint after step %d as if nothing had happened", async (cut) => {
    const folder = await mkdtemp(join(tmpdir(), "decolle-"));
    const path = join(folder, "network.safetensors");
    try {
      using first = await Network.create(training.specification);
      await learn(first, training, 0, cut);
      const [before, bytes] = [await digest(first), await first.toBytes()];
      await first.save(path);
      expect(await digest(first)).toBe(before);
      first.dispose();
      using second = await Network.load(path);
      expect(await second.toBytes()).toEqual(bytes);
      await learn(second, training, cut, length);
      expect(await digest(second)).toBe((await trained(training)).digest);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("is bit by bit as before after learning was aborted in the middle, and learns as if it had not been", async () => {
    using network = await Network.create(training.specification);
    await learn(network, training, 0, 53);
    const [before, bytes, counters] = [
      await digest(network),
      await network.toBytes(),
      (await network.describe()).counters,
    ];
    const controller = new AbortController();
    const input = inputOf({ ...training, steps: 20_000 });
    const target = "classes" in training.target ? training.target : { values: new Float32Array(training.samples * 3) };
    const options = { ...training.options, keepState: true, signal: controller.signal };
    const learning = network.learn({ input, target }, options);
    setTimeout(() => controller.abort(new Error("enough")), 30);
    await expect(learning).rejects.toMatchObject({ code: "aborted", cause: new Error("enough") });
    expect(await digest(network)).toBe(before);
    expect(await network.toBytes()).toEqual(bytes);
    expect((await network.describe()).counters).toEqual(counters);
    await learn(network, training, 53, length);
    expect(await digest(network)).toBe((await trained(training)).digest);
  });
});
