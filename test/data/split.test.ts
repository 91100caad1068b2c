/** Parts of a data set: they share nothing, every class is in its share, and nothing is read to draw them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Dataset, datasets, dense, Network } from "../../src/index.js";

const empty = { x: new Uint16Array(0), y: new Uint16Array(0), p: new Uint8Array(0), t: new Float64Array(0) };

/** A data set that knows how often it was asked; a recording's number is in its events. */
function counted(labels: readonly number[], known = true): Dataset & { asked: number } {
  const set = {
    name: "set",
    classes: ["a", "b", "c", "d"],
    length: labels.length,
    sensor: { width: 4096, height: 1 },
    duration: 1000,
    ...(known && { labels }),
    asked: 0,
    sample(index: number) {
      set.asked++;
      const events = { x: Uint16Array.of(index), y: Uint16Array.of(0), p: Uint8Array.of(1), t: Float64Array.of(0) };
      return { events, label: labels[index] ?? 0 };
    },
  };
  return set;
}

/** Which recordings of the whole a part has. */
async function members(part: Dataset): Promise<number[]> {
  const shown = await Promise.all(Array.from({ length: part.length }, async (_, index) => part.sample(index)));
  return shown.map(({ events }) => events.x[0] ?? -1);
}

/** How often a number is in a list. */
const times = (list: ArrayLike<number> | undefined, number: number) =>
  Array.from(list ?? []).filter((other) => other === number).length;

describe("datasets.split", () => {
  it("shares out every recording once, class by class, and reads none", async () => {
    const set = counted(Array.from({ length: 100 }, (_, index) => (index < 70 ? 0 : index < 90 ? 1 : 2)));
    const { train, validation } = await datasets.split(set, { train: 0.9, validation: 0.1 });
    expect(set.asked).toBe(0);
    expect([train.length, validation.length]).toEqual([90, 10]);
    expect([0, 1, 2].map((label) => times(validation.labels, label))).toEqual([7, 2, 1]);
    const [some, others] = [await members(train), await members(validation)];
    expect(some).toEqual(some.toSorted((a, b) => a - b));
    expect([...some, ...others].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index));
    expect(validation).toMatchObject({ name: "set[validation 0.1, seed 1]", classes: set.classes, duration: 1000 });
    expect((await validation.sample(9)).label).toBe(validation.labels?.[9]);
  });

  it("draws the same with the same seed, and other recordings with another", async () => {
    const set = counted(new Array(200).fill(0));
    const drawn = async (seed: number) => members((await datasets.split(set, { part: 0.2 }, { seed })).part);
    expect(await drawn(3)).toEqual(await drawn(3));
    expect(await drawn(3)).not.toEqual(await drawn(4));
    // The bits of the drawing, so that every backend draws the same.
    expect((await drawn(1)).slice(0, 8)).toMatchInlineSnapshot(`
      [
        0,
        5,
        10,
        12,
        16,
        21,
        22,
        24,
      ]
    `);
  });

  it("leaves out what no share asks for, and takes several parts", async () => {
    const set = counted(Array.from({ length: 40 }, (_, index) => index % 4));
    const parts = await datasets.split(set, { train: 0.5, validation: 0.2, test: 0.1 });
    expect(Object.values(parts).map(({ length }) => length)).toEqual([20, 8, 4]);
    expect([0, 1, 2, 3].map((label) => times(parts.train.labels, label))).toEqual([5, 5, 5, 5]);
    const all = await Promise.all(Object.values(parts).map(members));
    expect(new Set(all.flat()).size).toBe(32);
  });

  it("finds out the classes where it is told to, and does not look at them where it is told not to", async () => {
    const labels = Array.from({ length: 60 }, (_, index) => (index < 30 ? 0 : 3));
    const unknown = counted(labels, false);
    const plain = await datasets.split(unknown, { part: 0.5 });
    expect([unknown.asked, plain.part.labels]).toEqual([0, undefined]);
    const { part } = await datasets.split(unknown, { part: 0.5 }, { stratify: true });
    expect(unknown.asked).toBe(60);
    expect((await members(part)).filter((index) => index < 30)).toHaveLength(15);
    const blind = await datasets.split(counted(labels), { part: 0.5 }, { stratify: false });
    expect(await members(blind.part)).toEqual(await members(plain.part));
  });

  it("is heard by its caller while a recording does not come", async () => {
    const silent = { ...counted([0, 1], false), sample: () => new Promise<never>(() => undefined) };
    const controller = new AbortController();
    const work = datasets.split(silent, { part: 0.5 }, { stratify: true, signal: controller.signal });
    setTimeout(() => controller.abort(), 5);
    await expect(work).rejects.toMatchObject({ code: "aborted" });
  });

  it("gives every part its share, to the recording, of the whole and of each class", async () => {
    const sizes = fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 4 });
    const holds = fc.asyncProperty(sizes, fc.double({ min: 0.05, max: 0.95, noNaN: true }), async (counts, share) => {
      const set = counted(counts.flatMap((count, label) => new Array<number>(count).fill(label)));
      if (Math.floor(share * set.length) < 1 || Math.floor((1 - share) * set.length) < 1) return;
      const { one, two } = await datasets.split(set, { one: share, two: 1 - share });
      expect(one.length + two.length).toBe(set.length);
      expect(Math.abs(one.length - share * set.length)).toBeLessThan(1);
      for (const [label, count] of counts.entries()) {
        expect(Math.abs(times(one.labels, label) - share * count)).toBeLessThan(2);
      }
    });
    await fc.assert(holds, { numRuns: 60 });
  });

  it.each<[string, unknown, object, string, string]>([
    ["no parts", {}, {}, "config", "parts"],
    ["a list of shares", [0.5, 0.5], {}, "config", "parts"],
    ["a share of nothing", { a: 0.5, b: 0 }, {}, "range", "b"],
    ["a share below nothing", { a: -0.1 }, {}, "range", "a"],
    ["a share that is none", { a: Number.NaN }, {}, "not-finite", "a"],
    ["a share in words", { a: "half" }, {}, "config", "a"],
    ["a number of recordings for a share", { a: 3 }, {}, "range", "a"],
    ["more than all", { a: 0.8, b: 0.3 }, {}, "range", "parts"],
    ["a part that would be empty", { a: 0.9, b: 0.1 }, {}, "range", "b"],
    ["an unknown setting", { a: 0.5 }, { shuffle: false }, "config", "shuffle"],
    ["half a seed", { a: 0.5 }, { seed: 0.5 }, "range", "seed"],
  ])("refuses %s", async (_, parts, options, code, path) => {
    const work = datasets.split(counted([0, 1, 2, 3]), parts as Record<string, number>, options);
    await expect(work).rejects.toMatchObject({ code, message: expect.stringContaining(`${path}: `) });
  });

  it("gives parts that a training goes on with only where they are the same", async () => {
    const set: Dataset = {
      name: "set",
      classes: ["a"],
      length: 10,
      sensor: { width: 2, height: 2 },
      duration: 2000,
      sample: () => ({ events: empty, label: 0 }),
    };
    using network = await Network.create({
      input: { channels: 2, height: 2, width: 2 },
      layers: [dense({ units: 2 })],
      readout: { units: 1 },
    });
    const { train } = await datasets.split(set, { train: 0.5 });
    await network.fit(train, { epochs: 1 });
    await network.fit((await datasets.split(set, { train: 0.5 })).train, { epochs: 2, resume: true });
    const other = await datasets.split(set, { train: 0.5 }, { seed: 2 });
    const work = network.fit(other.train, { epochs: 3, resume: true });
    await expect(work).rejects.toMatchObject({
      code: "config",
      message: expect.stringContaining("resume: dataset was"),
    });
  });
});

describe("datasets.subset", () => {
  it("shows the recordings that it is given, in that order", async () => {
    const part = datasets.subset(counted([0, 1, 2, 3]), [3, 1, 1]);
    expect(part).toMatchObject({ name: "set[3 of 4]", length: 3, labels: Uint32Array.of(3, 1, 1) });
    expect(await members(part)).toEqual([3, 1, 1]);
    expect(datasets.subset(counted([0, 1]), [1], "last").name).toBe("last");
    expect(() => part.sample(3)).toThrow(expect.objectContaining({ code: "range" }));
  });

  it("refuses indices that are not there, and none", () => {
    expect(() => datasets.subset(counted([0]), [0, 1])).toThrow("indices[1]: expected 0 to 0, found 1");
    expect(() => datasets.subset(counted([0]), [])).toThrow(expect.objectContaining({ code: "shape" }));
  });
});
