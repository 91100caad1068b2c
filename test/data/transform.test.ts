/** Data sets whose recordings are transformed when they are asked for: what they draw, and who asks for which epoch. */
import { describe, expect, it } from "vitest";
import {
  adaMax,
  type Dataset,
  datasets,
  dense,
  type EventColumns,
  Network,
  type RecordingTransform,
  type SampleOptions,
  transforms,
} from "../../src/index.js";
import { halves } from "../network/halves.js";

const jitter = [transforms.timeJitter({ std: 2000 }), transforms.dropEvent({ probability: 0.3 })];

async function times(data: Dataset, index: number, options?: SampleOptions): Promise<number[]> {
  return Array.from((await data.sample(index, options)).events.t);
}

/** A data set that writes down what it is asked for. */
function noting(length: number) {
  const asked: Array<readonly [index: number, options: SampleOptions | undefined]> = [];
  const plain = halves(length);
  const sample = (index: number, options?: SampleOptions) => {
    asked.push([index, options]);
    return plain.sample(index);
  };
  return { data: { ...plain, sample } satisfies Dataset, asked };
}

function makeNetwork() {
  return Network.create({
    input: { channels: 2, height: 6, width: 6 },
    layers: [dense({ units: 12 })],
    readout: { units: 2 },
    optimizer: adaMax({ learningRate: 1e-3 }),
  });
}

describe("a transformed data set", () => {
  it("is described as its recordings are afterwards, and nothing of it is read before", async () => {
    const { data, asked } = noting(6);
    const labels = [0, 1, 0, 1, 0, 1];
    const list = [
      transforms.downsample({ space: 2 }),
      transforms.cropTime({ min: 1000, max: 21_000 }),
      transforms.timeSkew({ coefficient: [1, 2] }),
    ];
    const made = await datasets.transform({ ...data, labels, ignored: 2, ignoredPaths: ["a", "b"] }, list, { seed: 4 });
    expect(asked).toEqual([]);
    expect(made).toMatchObject({
      name: "halves[downsample space 2; cropTime min 1000 max 21000; timeSkew coefficient 1–2; seed 4]",
      classes: ["left", "right"],
      length: 6,
      sensor: { width: 3, height: 3 },
      duration: 30_000,
      labels,
      ignored: 2,
      ignoredPaths: ["a", "b"],
    });
    const { events, label } = await made.sample(3);
    expect(label).toBe(1);
    expect(events.x.every((column) => column < 3)).toBe(true);
  });

  it("gives the same bits for the same seed, number and epoch, and others for others", async () => {
    const made = await datasets.transform(halves(4), jitter, { seed: 1 });
    const first = await times(made, 2, { epoch: 3 });
    expect(await times(await datasets.transform(halves(4), jitter), 2, { epoch: 3 })).toEqual(first);
    expect(await times(made, 2, { epoch: 4 })).not.toEqual(first);
    expect(await times(await datasets.transform(halves(4), jitter, { seed: 2 }), 2, { epoch: 3 })).not.toEqual(first);
    // Recordings 0 and 2 have the same times, and are drawn apart.
    expect(await times(made, 0, { epoch: 3 })).not.toEqual(first);
    expect(await times(made, 2)).toEqual(await times(made, 2));
    expect(await times(made, 2)).not.toEqual(first);
  });

  it("may be made of one that answers later, that fills the same arrays, or of a part", async () => {
    const plain = await datasets.transform(halves(8), jitter);
    const shared = {
      x: new Uint16Array(120),
      y: new Uint16Array(120),
      p: new Uint8Array(120),
      t: new Float64Array(120),
    };
    const later: Dataset = {
      ...halves(8),
      sample: async (index) => {
        const { events, label } = await halves(8).sample(index);
        for (const name of ["x", "y", "p", "t"] as const) shared[name].set(events[name]);
        return { events: shared, label };
      },
    };
    const made = await datasets.transform(later, jitter);
    const [one, other] = [await made.sample(1), await made.sample(2)];
    expect(one).toEqual(await plain.sample(1));
    expect(other).toEqual(await plain.sample(2));
    const part = datasets.subset(plain, [5, 2]);
    expect(await part.sample(1, { epoch: 7 })).toEqual(await plain.sample(2, { epoch: 7 }));
    const { some } = await datasets.split(plain, { some: 0.5 });
    const all = await Promise.all(Array.from({ length: 8 }, (_, index) => times(plain, index, { epoch: 7 })));
    expect(all).toContainEqual(await times(some, 0, { epoch: 7 }));
  });

  it("may be of spike trains", async () => {
    const recordings = [{ events: { t: [0, 10, 5000], unit: [3, 1, 2] }, label: "a" }];
    const trains = datasets.fromArrays(recordings, { sensor: { units: 4 } });
    const made = await datasets.transform(trains, [transforms.cropTime({ max: 100 })]);
    expect(made.sensor).toEqual({ units: 4 });
    expect(await made.sample(0)).toEqual({
      events: { t: Float64Array.of(0, 10), unit: Uint32Array.of(3, 1) },
      label: 0,
    });
  });

  it("refuses what is wrong at once, and a bad recording by its number", async () => {
    const transform = (list: unknown, options?: object) =>
      datasets.transform(halves(2), list as RecordingTransform[], options);
    await expect(transform([transforms.centerCrop({ width: 7, height: 6 })])).rejects.toMatchObject({
      code: "range",
      path: "transforms[0].width",
    });
    await expect(transform([{ type: "denoize" }])).rejects.toMatchObject({
      code: "config",
      path: "transforms[0].type",
    });
    await expect(transform(3)).rejects.toMatchObject({ code: "config", path: "transforms" });
    await expect(transform([], { seed: 0.5 })).rejects.toMatchObject({ code: "range", path: "seed" });
    await expect(transform([], { seeds: 1 })).rejects.toMatchObject({ code: "config", path: "seeds" });
    const bad = (events: object): Dataset => ({
      ...halves(2),
      sample: () => ({ events: events as EventColumns, label: 0 }),
    });
    const { events } = await halves(2).sample(0);
    const outside = await datasets.transform(bad({ ...events, x: events.x.map(() => 6) }), []);
    await expect((async () => outside.sample(1))()).rejects.toMatchObject({
      code: "range",
      path: "halves[1].events.x[0]",
    });
    const short = await datasets.transform(bad({ ...events, x: new Uint16Array(3) }), []);
    await expect((async () => short.sample(1))()).rejects.toMatchObject({ code: "shape", path: "halves[1].events.y" });
  });
});

describe("a training", () => {
  it("says which epoch it shows a recording in, and nobody else does", async () => {
    const { data, asked } = noting(4);
    const test = noting(2);
    using network = await makeNetwork();
    await network.fit(data, { epochs: 2, batchSize: 2, test: test.data });
    expect(asked.map(([, options]) => options?.epoch)).toEqual([1, 1, 1, 1, 2, 2, 2, 2]);
    await network.fit(data, { epochs: 1, batchSize: 2, test: test.data });
    expect(asked.slice(8).map(([, options]) => options?.epoch)).toEqual([3, 3, 3, 3]);
    asked.length = 0;
    await network.evaluate(data);
    expect([...asked, ...test.asked].every(([, options]) => options?.epoch === undefined)).toBe(true);
  });

  it("on varied recordings comes to the same bits when it is resumed as when it never stopped", async () => {
    const varied = await datasets.transform(halves(6), jitter, { seed: 3 });
    const bytes = async (parts: readonly number[]) => {
      using network = await makeNetwork();
      for (const epochs of parts) await network.fit(varied, { epochs, batchSize: 4 });
      return (await network.tensor("layers.0.weight")).data.slice();
    };
    const once = await bytes([3]);
    expect(await bytes([1, 2])).toEqual(once);
    using plain = await makeNetwork();
    await plain.fit(halves(6), { epochs: 3, batchSize: 4 });
    expect((await plain.tensor("layers.0.weight")).data).not.toEqual(once);
  });

  it("is not resumed with other transforms than it began with", async () => {
    using network = await makeNetwork();
    await network.fit(await datasets.transform(halves(6), jitter), { epochs: 1, batchSize: 4 });
    const other = await datasets.transform(halves(6), [transforms.timeJitter({ std: 1 })]);
    const call = network.fit(other, { epochs: 2, batchSize: 4, resume: true });
    await expect(call).rejects.toMatchObject({ code: "config", path: "resume" });
  });
});
