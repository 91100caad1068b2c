/** Predictions: as the network was trained, with the names of its classes, wherever it was loaded. */
import { describe, expect, it } from "vitest";
import { Network } from "../../src/index.js";
import { digest } from "../determinism/agreed.js";
import { misdescribed } from "../faults/victim.js";
import { recordings, specification } from "./trained.js";

const train = recordings(10);
const unseen = await Promise.all(Array.from({ length: 5 }, async (_, index) => (await train.sample(index)).events));

async function trained(): Promise<Network> {
  const network = await Network.create(specification);
  await network.fit(train, { epochs: 3, batchSize: 4, steps: 25, testSteps: 28, burnIn: 5 });
  return network;
}

describe("predict", () => {
  it("shows recordings as in the training, says what evaluate says, and names it", async () => {
    using network = await trained();
    const before = await digest(network);
    const found = await network.predict(unseen);
    expect(await digest(network)).toBe(before);
    const { predictions } = await network.evaluate(train);
    const [first, last] = [predictions.data.subarray(0, 5), predictions.data.subarray(10, 15)];
    expect(found.map(({ perLayer }) => perLayer)).toEqual(Array.from(first, (one, place) => [one, last[place]]));
    for (const { prediction, name, share, votes, perLayer } of found) {
      expect(perLayer[1]).toBe(prediction);
      expect(name).toBe(["left", "right"][prediction]);
      expect(votes).toHaveLength(2);
      expect((votes[0] ?? 0) + (votes[1] ?? 0)).toBe(28 - 5);
      expect(share).toBe((votes[prediction] ?? 0) / 23);
    }
  });

  it("says the same after a checkpoint, which keeps the names, and in batches of any size", async () => {
    using network = await trained();
    using loaded = await Network.fromBytes(await network.toBytes());
    expect(loaded.classes).toEqual(["left", "right"]);
    const found = await network.predict(unseen);
    expect(await loaded.predict(unseen)).toEqual(found);
    for (const batchSize of [1, 2, 5]) expect(await loaded.predict(unseen, { batchSize })).toEqual(found);
  });

  it("takes plain arrays", async () => {
    using network = await trained();
    const lists = unseen.map(({ x, y, p, t }) => ({ x: [...x], y: [...y], p: [...p], t: [...t] }));
    expect(await network.predict(lists)).toEqual(await network.predict(unseen));
  });

  it("keeps the sensor of the training, so that a crop needs no words", async () => {
    using network = await Network.create({ ...specification, input: { channels: 2, height: 4, width: 4 } });
    const transform = { crop: { left: 1, top: 1, width: 4, height: 4 } };
    await network.fit(train, { epochs: 1, transform });
    using loaded = await Network.fromBytes(await network.toBytes());
    expect(await loaded.predict(unseen)).toEqual(
      await network.predict(unseen, { transform, sensor: { width: 6, height: 6 }, steps: 30, burnIn: 0 }),
    );
  });

  it("asks a network that was not trained by fit for its steps, and takes names", async () => {
    using network = await Network.create(specification);
    expect(network.classes).toBeNull();
    const work = network.predict(unseen);
    await expect(work).rejects.toMatchObject({ code: "config", message: expect.stringMatching(/^steps: needed/) });
    const [nameless] = await network.predict(unseen, { steps: 20 });
    expect(nameless?.name).toBeNull();
    const [named] = await network.predict(unseen, { steps: 20, classes: ["a", "b"] });
    expect(named?.name).toBe(["a", "b"][named?.prediction ?? 2]);
  });

  it("goes on from checkpoints of before names were kept", async () => {
    using network = await trained();
    const old = misdescribed(await network.toBytes(), (entry) => {
      const metadata = entry["metadata"] as Record<string, string>;
      const { recordings: _, ...position } = JSON.parse(metadata["training"] ?? "{}") as Record<string, unknown>;
      metadata["training"] = JSON.stringify(position);
    });
    using loaded = await Network.fromBytes(old);
    expect(loaded.classes).toBeNull();
    const found = await network.predict(unseen);
    expect(await loaded.predict(unseen)).toEqual(found.map((one) => ({ ...one, name: null })));
    const settings = { batchSize: 4, steps: 25, testSteps: 28, burnIn: 5 };
    await loaded.fit(train, { ...settings, epochs: 4, resume: true });
    expect(loaded.classes).toEqual(["left", "right"]);
  });

  it.each<[string, unknown, object, string, string]>([
    ["one recording without a list", unseen[0], {}, "config", "recordings"],
    ["no recordings", [], {}, "shape", "recordings"],
    ["what is no recording", [unseen[0], null], {}, "config", "recordings[1]"],
    ["an event outside the sensor", [{ x: [6], y: [0], p: [0], t: [0] }], {}, "range", "recordings[0].x[0]"],
    ["another sensor", unseen, { sensor: { width: 5, height: 5 } }, "shape", "recordings.sensor"],
    ["more names than readouts", unseen, { classes: ["a", "b", "c"] }, "shape", "recordings"],
    ["names that are none", unseen, { classes: ["a", 1] }, "config", "classes[1]"],
    ["text for names", unseen, { classes: "ab" }, "config", "classes"],
    ["an unknown setting", unseen, { batch: 3 }, "config", "batch"],
    ["burn-in to the end", unseen, { burnIn: 28 }, "range", "burnIn"],
    ["batches of nothing", unseen, { batchSize: 0 }, "range", "batchSize"],
    ["an abort before it begins", unseen, { signal: AbortSignal.abort() }, "aborted", "predict"],
  ])("refuses %s, and leaves everything as it was", async (_, given, options, code, path) => {
    using network = await trained();
    const before = await digest(network);
    await expect(network.predict(given as never, options)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(`${path}: `),
    });
    expect(await digest(network)).toBe(before);
  });
});
