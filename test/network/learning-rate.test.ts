/** Another learning rate in the middle of a network's life. */
import { describe, expect, it } from "vitest";
import { dense, Network } from "../../src/index.js";
import { digest } from "../determinism/agreed.js";
import { lastingDigest, recordings, specification } from "./trained.js";

const train = recordings(10);

describe("setLearningRate", () => {
  const options = { batchSize: 4, burnIn: 5, updateEvery: 4 };
  const tensors = async (network: Network, prefix: string) =>
    Promise.all(
      (await network.tensors())
        .filter((name) => name.startsWith(prefix))
        .map(async (name) => [name, (await network.tensor(name)).data]),
    );

  it("changes the rate and nothing else", async () => {
    using network = await Network.create(specification);
    network.metadata["name"] = "mine";
    await network.fit(train, { ...options, epochs: 1 });
    const [before, bytes, counters] = [
      await lastingDigest(network),
      await network.toBytes(),
      (await network.describe()).counters,
    ];
    await network.setLearningRate(1e-4);
    expect(await lastingDigest(network)).toBe(before);
    expect((await tensors(network, "optimizer.")).length).toBeGreaterThan(0);
    expect((await network.describe()).counters).toEqual(counters);
    expect(network.metadata).toEqual({ name: "mine" });
    expect(network.specification.optimizer?.learningRate).toBeCloseTo(1e-4, 10);
    expect((await network.describe()).specification.optimizer?.learningRate).toBeCloseTo(1e-4, 10);
    await network.setLearningRate(1e-3);
    expect(await network.toBytes()).toEqual(bytes);
  });

  it("goes on as a network does that had the rate from the start of the epoch on, the optimiser's state kept", async () => {
    const made = (learningRate: number, every: number) => ({
      ...specification,
      optimizer: { type: "adaMax", learningRate, beta1: 0.9, drop: { every, factor: 8 } } as const,
    });
    // A schedule that divides by eight after the first epoch, and a rate that is set to the same by hand.
    using scheduled = await Network.create(made(0.008, 1));
    await scheduled.fit(train, { ...options, epochs: 2 });
    using first = await Network.create(made(0.008, 100));
    await first.fit(train, { ...options, epochs: 1 });
    using second = await Network.fromBytes(await first.toBytes());
    await second.setLearningRate(Math.fround(0.008) / 8);
    await second.fit(train, { ...options, epochs: 2, resume: true });
    expect(await digest(second)).toBe(await digest(scheduled));
    using unchanged = await Network.fromBytes(await first.toBytes());
    await unchanged.fit(train, { ...options, epochs: 2, resume: true });
    expect(await digest(unchanged)).not.toBe(await digest(scheduled));
  });

  it("can be called after every epoch, and lasts where the training fails later", async () => {
    using network = await Network.create({ ...specification, optimizer: { type: "sgd", learningRate: 0.5 } });
    const rates: Array<number | undefined> = [];
    const work = network.fit(train, {
      ...options,
      epochs: 4,
      onEpoch: async ({ epoch }) => {
        await network.setLearningRate(0.5 / 2 ** epoch);
        rates.push(network.specification.optimizer?.learningRate);
        if (epoch === 3) throw new Error("enough");
      },
    });
    await expect(work).rejects.toThrow("enough");
    expect(rates).toEqual([0.25, 0.125, 0.0625]);
    expect(network.specification.optimizer?.learningRate).toBe(0.0625);
    await network.fit(train, { ...options, epochs: 1 });
  });

  it("leaves an open stream open", async () => {
    using network = await Network.create(specification);
    const stream = network.stream();
    const { events } = await train.sample(0);
    await stream.push(events, { target: 1 });
    await network.setLearningRate(0);
    const before = (await network.tensor("layers.0.weight")).data;
    await stream.push({ ...events, t: events.t.map((time) => time + 30_000) }, { target: 1 });
    expect((await network.tensor("layers.0.weight")).data).toEqual(before);
  });

  it.each<[string, unknown, string]>([
    ["below nothing", -1e-3, "range"],
    ["beyond measure", 1e6, "range"],
    ["that is none", Number.NaN, "not-finite"],
    ["in words", "0.1", "config"],
  ])("refuses a rate %s, and changes nothing", async (_, rate, code) => {
    using network = await Network.create(specification);
    const bytes = await network.toBytes();
    await expect(network.setLearningRate(rate as number)).rejects.toThrow(
      expect.objectContaining({ code, message: expect.stringContaining("learningRate: ") }),
    );
    expect(await network.toBytes()).toEqual(bytes);
  });

  it("is refused while the network works, and after its end", async () => {
    using network = await Network.create({ ...specification, layers: [dense({ units: 8 })] });
    const work = network.fit(train, { epochs: 1 });
    await expect(network.setLearningRate(0.1)).rejects.toThrow(expect.objectContaining({ code: "busy" }));
    await work;
    network.dispose();
    await expect(network.setLearningRate(0.1)).rejects.toThrow(expect.objectContaining({ code: "disposed" }));
  });
});
