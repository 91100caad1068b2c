/** Training on a data set: it can stop anywhere and go on, callers may look on, and nothing is left half done. */
import { describe, expect, it } from "vitest";
import { type Dataset, dense, type EpochMetrics, type FitOptions, lsuv, Network } from "../../src/index.js";
import { digest } from "../determinism/agreed.js";
import { halves } from "./halves.js";

const specification = {
  input: { channels: 2, height: 6, width: 6 },
  layers: [dense({ units: 16 }), dense({ units: 12 })],
  readout: { units: 2, dropout: 0.5 },
  initialization: { type: "uniform", dense: 1 },
} as const;

const train = halves(10);
const options = { epochs: 2, batchSize: 4, burnIn: 5, test: halves(4) } satisfies FitOptions;

/** Metrics without what differs from run to run. */
function lasting(epochs: readonly EpochMetrics[]): unknown[] {
  return epochs.map(({ seconds: _, waiting: __, peakBytes: ___, test, ...rest }) => ({
    ...rest,
    test: { ...test, seconds: 0 },
  }));
}

describe("fit", () => {
  it("shows every recording once an epoch, the last batch smaller, and reports it", async () => {
    using network = await Network.create(specification);
    const shown: number[] = [];
    const watched: Dataset = {
      ...train,
      sample: (index) => {
        shown.push(index);
        return train.sample(index);
      },
    };
    const { epochs } = await network.fit(watched, { epochs: 1, batchSize: 4, burnIn: 5, updateEvery: 5 });
    expect(shown.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(shown).not.toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(epochs).toHaveLength(1);
    expect(epochs[0]).toMatchObject({ epoch: 1, samples: 10, updates: 3 * 5 });
    expect(epochs[0]).not.toHaveProperty("test");
  });

  it("goes on exactly where it was aborted, through a checkpoint, in the middle of an epoch", async () => {
    using straight = await Network.create(specification);
    const whole = await straight.fit(train, options);
    // The third abort falls between the last batch of the epoch and its evaluation.
    for (const [batches, epoch, batch] of [
      [1, 0, 1],
      [2, 0, 2],
      [3, 0, 3],
      [4, 1, 1],
    ] as const) {
      using first = await Network.create(specification);
      const controller = new AbortController();
      let done = 0;
      const onProgress: FitOptions["onProgress"] = ({ phase }) => {
        if (phase === "train" && ++done === batches) controller.abort();
      };
      const epochs: EpochMetrics[] = [];
      const onEpoch = (metrics: EpochMetrics) => void epochs.push(metrics);
      const work = first.fit(train, { ...options, onProgress, onEpoch, signal: controller.signal });
      await expect(work).rejects.toMatchObject({ code: "aborted" });
      expect(first.training).toMatchObject({ epoch, batch });
      using second = await Network.fromBytes(await first.toBytes());
      const rest = await second.fit(train, { ...options, resume: true });
      expect(lasting([...epochs, ...rest.epochs]), `aborted after ${batches}`).toEqual(lasting(whole.epochs));
      expect(await digest(second)).toBe(await digest(straight));
    }
  });

  it("refuses to go on with another recipe, and names what differs", async () => {
    using network = await Network.create(specification);
    await network.fit(train, { ...options, epochs: 1 });
    const work = network.fit(train, { ...options, batchSize: 5, resume: true });
    await expect(work).rejects.toMatchObject({ code: "config", message: "resume: batchSize was 4, found 5" });
  });

  it("lets its caller save and evaluate after an epoch, and learns the same", async () => {
    using alone = await Network.create(specification);
    await alone.fit(train, options);
    using watched = await Network.create(specification);
    const sizes: number[] = [];
    await watched.fit(train, {
      ...options,
      onEpoch: async () => {
        await watched.evaluate(train);
        sizes.push((await watched.toBytes()).length);
      },
    });
    expect(sizes).toHaveLength(2);
    expect(await digest(watched)).toBe(await digest(alone));
  });

  it("keeps the epoch where its caller leaves work running", async () => {
    using alone = await Network.create(specification);
    await alone.fit(train, { ...options, epochs: 1 });
    using network = await Network.create(specification);
    let left: Promise<unknown> | undefined;
    const leave = () => {
      left = network.evaluate(train);
    };
    const careless = network.fit(train, { ...options, onEpoch: leave });
    await expect(careless).rejects.toMatchObject({ code: "busy" });
    await left;
    expect(await digest(network)).toBe(await digest(alone));
    expect(network.training).toMatchObject({ epoch: 1, batch: 0 });
  });
});

describe("evaluate", () => {
  it("finds the same in batches of any size, and changes nothing", async () => {
    using network = await Network.create(specification);
    await network.fit(train, options);
    const before = await digest(network);
    const {
      seconds: _,
      loss,
      synapticOperations: __,
      density: ___,
      ...whole
    } = await network.evaluate(train, { batchSize: 10 });
    for (const batchSize of [1, 3]) {
      const other = await network.evaluate(train, { batchSize });
      expect(other).toMatchObject(whole);
      other.loss.forEach((value, layer) => void expect(value).toBeCloseTo(loss[layer] ?? Number.NaN, 6));
    }
    expect(await digest(network)).toBe(before);
  });
});

describe("LSUV", () => {
  it("brings the variance of every layer's membrane potential to 1", async () => {
    using network = await Network.create(specification);
    const set = { ...train, name: "all" };
    // One epoch at a vanishing learning rate: what is measured afterwards is the initialisation.
    using still = await Network.create({ ...specification, optimizer: { type: "sgd", learningRate: 1e-12 } });
    await still.fit(set, { epochs: 1, batchSize: 10, initialization: lsuv({ samples: 10, tolerance: 0.05 }) });
    const recordingsOf = await Promise.all(Array.from({ length: 10 }, (_, index) => set.sample(index)));
    const input = { events: recordingsOf.map(({ events }) => events), steps: 30 };
    const variances = async (of: Network) =>
      (await of.run({ input }, { recordPotential: true })).layers.map((layer) => layer.potentialVariance ?? 0);
    for (const variance of await variances(network)) expect(Math.abs(variance - 1)).toBeGreaterThan(0.05);
    for (const variance of await variances(still)) expect(Math.abs(variance - 1)).toBeLessThanOrEqual(0.0501);
  });

  it("leaves the network as it was where a layer's potential does not vary", async () => {
    using network = await Network.create(specification);
    await network.setTensor("layers.1.weight", new Float32Array(12 * 16));
    await network.setTensor("layers.1.bias", new Float32Array(12));
    const before = await digest(network);
    const work = network.fit(train, { ...options, initialization: lsuv() });
    await expect(work).rejects.toMatchObject({
      code: "range",
      message: expect.stringContaining("layer 1 does not vary"),
    });
    expect(await digest(network)).toBe(before);
  });
});
