/** A training that ends early, and that leaves the best of its epochs. */
import { describe, expect, it } from "vitest";
import { type EpochMetrics, type FitOptions, Network } from "../../src/index.js";
import { digest } from "../determinism/agreed.js";
import { lasting, lastingDigest, recordings, specification } from "./trained.js";

const train = recordings(10);
const options = { epochs: 8, batchSize: 4, burnIn: 5 } satisfies FitOptions;

/** A monitor that says what it is told to of each epoch. */
const says =
  (...values: number[]) =>
  ({ epoch }: EpochMetrics) =>
    values[epoch - 1] ?? 0;

/** A network trained for some epochs and nothing else. */
async function trainedFor(epochs: number): Promise<Network> {
  const network = await Network.create(specification);
  await network.fit(train, { ...options, epochs });
  return network;
}

describe("a training", () => {
  it.each([
    ["gives false", () => false],
    ["promises false", async () => false],
  ])("ends after the epoch for which onEpoch %s, with its metrics", async (_, answer) => {
    using network = await Network.create(specification);
    const onEpoch = ({ epoch }: EpochMetrics) => (epoch < 3 ? undefined : answer());
    const { epochs, stopped, best } = await network.fit(train, { ...options, onEpoch });
    expect({ epochs: epochs.map(({ epoch }) => epoch), stopped, best }).toEqual({
      epochs: [1, 2, 3],
      stopped: true,
      best: null,
    });
    expect(network.training).toMatchObject({ epoch: 3, batch: 0 });
    using other = await trainedFor(3);
    expect(await digest(network)).toBe(await digest(other));
  });

  it("goes on whatever else onEpoch gives", async () => {
    using network = await Network.create(specification);
    const answers: unknown[] = [undefined, null, 0, true, ""];
    const { epochs, stopped } = await network.fit(train, {
      ...options,
      epochs: 5,
      onEpoch: ({ epoch }) => answers[epoch - 1],
    });
    expect([epochs.length, stopped]).toEqual([5, false]);
  });

  it("ends where it got no better for as many epochs as it has patience", async () => {
    using network = await Network.create(specification);
    const monitor = says(0.1, 0.5, 0.4, 0.6, 0.6, 0.5, 0.9);
    const standings: boolean[] = [];
    const { epochs, stopped, best } = await network.fit(train, {
      ...options,
      earlyStopping: { patience: 2, monitor },
      onEpoch: (_, standing) => void standings.push(standing.best),
    });
    expect(standings).toEqual([true, true, false, true, false, false]);
    expect([epochs.length, stopped, best]).toEqual([6, true, { epoch: 4, value: 0.6, monitor: "own" }]);
    expect(network.training).toMatchObject({ epoch: 6, best: { epoch: 4 } });
  });

  it("takes a small gain for none where minDelta says so", async () => {
    using network = await Network.create(specification);
    const earlyStopping = { patience: 2, monitor: says(0.5, 0.55, 0.6, 0.65), minDelta: 0.1 };
    expect((await network.fit(train, { ...options, earlyStopping })).best).toMatchObject({ epoch: 1 });
  });

  it.each([
    ["test.accuracy", 1, (metrics: EpochMetrics) => metrics.test?.accuracy[1]],
    ["test.loss", -1, (metrics: EpochMetrics) => metrics.test?.loss[1]],
    ["train.accuracy", 1, (metrics: EpochMetrics) => metrics.train.accuracy[1]],
    ["train.loss", -1, (metrics: EpochMetrics) => metrics.train.loss[1]],
  ] as const)("goes by %s of the last layer", async (monitor, sign, read) => {
    using network = await Network.create(specification);
    const earlyStopping = { patience: 8, monitor };
    const { epochs, best } = await network.fit(train, { ...options, test: recordings(6), earlyStopping });
    const values = epochs.map((metrics) => sign * (read(metrics) ?? Number.NaN));
    const most = Math.max(...values);
    expect(best).toEqual({ epoch: values.indexOf(most) + 1, value: sign * most, monitor });
  });

  it.each([
    ["the test set where there is one", { test: recordings(6) }, "test.accuracy"],
    ["the training set where there is no other", {}, "train.accuracy"],
  ])("goes by %s unless told otherwise", async (_, more, monitor) => {
    using network = await Network.create(specification);
    expect((await network.fit(train, { ...options, ...more, epochs: 1, keepBest: true })).best).toMatchObject({
      monitor,
    });
  });

  it("leaves weights and position of its best epoch, from which it goes on as if it had gone no further", async () => {
    using network = await Network.create(specification);
    const monitor = says(0.1, 0.5, 0.4, 0.3);
    const { epochs, best } = await network.fit(train, {
      ...options,
      earlyStopping: { patience: 2, monitor },
      keepBest: true,
    });
    expect([epochs.length, best?.epoch]).toEqual([4, 2]);
    expect(network.training).toMatchObject({ epoch: 2, batch: 0, best: { epoch: 2 } });
    using two = await trainedFor(2);
    expect(await lastingDigest(network)).toBe(await lastingDigest(two));
    expect((await network.describe()).counters).toEqual((await two.describe()).counters);
    using loaded = await Network.fromBytes(await network.toBytes());
    const rest = await loaded.fit(train, { ...options, epochs: 4, resume: true });
    using four = await trainedFor(4);
    expect(await digest(loaded)).toBe(await digest(four));
    expect(lasting(rest.epochs)).toEqual(lasting(epochs.slice(2)));
  });

  it("keeps the best without an end to its patience, by a monitor of its own", async () => {
    using network = await Network.create(specification);
    const { epochs, stopped } = await network.fit(train, {
      ...options,
      epochs: 5,
      keepBest: says(0.1, 0.2, 0.9, 0.3, 0.4),
    });
    expect([epochs.length, stopped, network.training?.epoch]).toEqual([5, false, 3]);
    using three = await trainedFor(3);
    expect(await lastingDigest(network)).toBe(await lastingDigest(three));
  });

  it("has the same patience when it is resumed", async () => {
    const settings = { ...options, earlyStopping: { patience: 3, monitor: says(0.5, 0.9, 0.4, 0.3, 0.2, 0.1) } };
    using whole = await Network.create(specification);
    const { epochs } = await whole.fit(train, settings);
    expect(epochs).toHaveLength(5);
    using first = await Network.create(specification);
    await first.fit(train, { ...settings, epochs: 3 });
    using second = await Network.fromBytes(await first.toBytes());
    const rest = await second.fit(train, { ...settings, resume: true });
    expect(rest.epochs.map(({ epoch }) => epoch)).toEqual([4, 5]);
    expect(rest).toMatchObject({ stopped: true, best: { epoch: 2, value: 0.9 } });
    expect(await digest(second)).toBe(await digest(whole));
    expect((await second.fit(train, { ...settings, resume: true })).epochs).toEqual([]);
    const patient = { ...settings, earlyStopping: { ...settings.earlyStopping, patience: 9 }, epochs: 6, resume: true };
    expect((await second.fit(train, patient)).epochs).toHaveLength(1);
  });

  it("keeps what it resumed from where nothing better comes", async () => {
    using first = await Network.create(specification);
    await first.fit(train, { ...options, epochs: 2, keepBest: says(0.1, 0.9) });
    const before = await lastingDigest(first);
    using second = await Network.fromBytes(await first.toBytes());
    await second.fit(train, { ...options, epochs: 4, keepBest: says(0, 0, 0.5, 0.6), resume: true });
    expect(second.training).toMatchObject({ epoch: 2 });
    expect(await lastingDigest(second)).toBe(before);
  });

  it.each<[string, object, string, string]>([
    ["no patience", { earlyStopping: {} }, "config", "earlyStopping.patience"],
    ["a patience of nothing", { earlyStopping: { patience: 0 } }, "range", "earlyStopping.patience"],
    ["a number for the settings", { earlyStopping: 3 }, "config", "earlyStopping"],
    ["an unknown setting", { earlyStopping: { patience: 1, mode: "max" } }, "config", "earlyStopping.mode"],
    ["an unknown monitor", { earlyStopping: { patience: 1, monitor: "val_loss" } }, "config", "earlyStopping.monitor"],
    ["a monitor of the test set without one", { keepBest: "test.loss" }, "config", "keepBest"],
    ["a minDelta below nothing", { earlyStopping: { patience: 1, minDelta: -1 } }, "range", "earlyStopping.minDelta"],
    ["two monitors", { earlyStopping: { patience: 1 }, keepBest: "train.loss" }, "config", "keepBest"],
    ["a monitor without a number", { keepBest: () => "good" }, "config", "monitor"],
    ["a monitor of NaN", { keepBest: () => Number.NaN }, "not-finite", "monitor"],
  ])("refuses %s", async (_, more, code, path) => {
    using network = await Network.create(specification);
    await expect(network.fit(train, { ...options, epochs: 1, ...more })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(`${path}: `),
    });
  });
});

describe("a training after a training", () => {
  const dropping = {
    ...specification,
    optimizer: { type: "adaMax", learningRate: 0.01, drop: { every: 2, factor: 3 } },
  } as const;

  it("is the same as one that is longer, through a checkpoint too", async () => {
    using whole = await Network.create(dropping);
    const { epochs } = await whole.fit(train, { ...options, epochs: 5 });
    using first = await Network.create(dropping);
    const one = await first.fit(train, { ...options, epochs: 2 });
    const two = await first.fit(train, { ...options, epochs: 1 });
    using second = await Network.fromBytes(await first.toBytes());
    const progress: number[] = [];
    const three = await second.fit(train, { ...options, epochs: 2, onProgress: (p) => void progress.push(p.epochs) });
    expect(lasting([...one.epochs, ...two.epochs, ...three.epochs])).toEqual(lasting(epochs));
    expect(new Set(progress)).toEqual(new Set([5]));
    expect(await digest(second)).toBe(await digest(whole));
  });

  it("begins an interrupted epoch again", async () => {
    using network = await Network.create(specification);
    const controller = new AbortController();
    let batches = 0;
    const onProgress = () => {
      if (++batches === 4) controller.abort();
    };
    const aborted = network.fit(train, { ...options, onProgress, signal: controller.signal });
    await expect(aborted).rejects.toMatchObject({ code: "aborted" });
    expect(network.training).toMatchObject({ epoch: 1, batch: 1 });
    const { epochs } = await network.fit(train, { ...options, epochs: 1 });
    expect(epochs).toMatchObject([{ epoch: 2, samples: 10 }]);
  });

  it("begins at the first epoch where it is told to, or shows other recordings or in another way", async () => {
    for (const [dataset, more] of [
      [train, { resume: false }],
      [recordings(10, "others"), {}],
      [train, { batchSize: 5 }],
      [train, { seed: 9 }],
    ] as const) {
      using network = await trainedFor(2);
      const { epochs } = await network.fit(dataset, { ...options, epochs: 1, ...more });
      expect(epochs).toMatchObject([{ epoch: 1 }]);
    }
  });

  it("waits for a better epoch anew", async () => {
    using network = await Network.create(specification);
    const earlyStopping = { patience: 1, monitor: says(0.9, 0.1, 0.2, 0.3, 0.2) };
    expect((await network.fit(train, { ...options, earlyStopping })).epochs).toHaveLength(2);
    const { epochs, best } = await network.fit(train, { ...options, earlyStopping });
    expect(epochs.map(({ epoch }) => epoch)).toEqual([3, 4, 5]);
    expect(best).toMatchObject({ epoch: 4, value: 0.3 });
  });
});
