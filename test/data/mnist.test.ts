/** MNIST's files, drawn here digit by digit; and the real ones of DECOLLE_MNIST, where that names their folder. */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decompressed, readIdx } from "../../src/datasets/idx.js";
import { datasets, Network, preset, type SampleOptions } from "../../src/index.js";

/** An idx file of unsigned bytes. */
function idx(shape: readonly number[], values: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + values.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x0800 | shape.length);
  for (const [axis, length] of shape.entries()) view.setUint32(4 + 4 * axis, length);
  bytes.set(values, 4 + 4 * shape.length);
  return bytes;
}

const refused = (code: string, ...words: string[]) =>
  expect.objectContaining({ code, message: expect.stringMatching(words.join(".*")) });

describe("an idx file", () => {
  const shapes = fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 4 });
  const files = shapes.chain((shape) => {
    const length = shape.reduce((product, side) => product * side, 1);
    return fc.tuple(fc.constant(shape), fc.uint8Array({ minLength: length, maxLength: length }));
  });

  it("gives what was written into it, wherever it lies in memory, compressed or not", async () => {
    const check = fc.asyncProperty(files, fc.nat({ max: 9 }), async ([shape, values], offset) => {
      const written = idx(shape, values);
      const moved = new Uint8Array(written.length + offset).subarray(offset);
      moved.set(written);
      for (const bytes of [moved, await decompressed(gzipSync(moved), "a")]) {
        const read = readIdx(bytes, shape.length, "a");
        expect(read.shape).toEqual(shape);
        expect(Array.from(read.data)).toEqual(Array.from(values));
      }
    });
    await fc.assert(check);
  });

  it("is refused where it is cut off anywhere, or goes on", () => {
    const whole = idx([2, 3], new Uint8Array(6));
    for (let length = 0; length < whole.length; length++) {
      expect(() => readIdx(whole.subarray(0, length), 2, "a"), `${length}`).toThrow(refused("format", "a: byte"));
    }
    const longer = new Uint8Array(whole.length + 1);
    longer.set(whole);
    expect(() => readIdx(longer, 2, "a")).toThrow(
      refused("format", "a: byte 18: expected 6 values \\(2 × 3\\), found 7"),
    );
  });

  it("is refused where it holds other values or another number of axes, or lengths beyond any file", () => {
    const floats = Uint8Array.of(0, 0, 13, 1, 0, 0, 0, 0);
    expect(() => readIdx(floats, 1, "a")).toThrow(refused("format", "byte 0: expected 0x00000801", "0x00000d01"));
    expect(() => readIdx(idx([2, 3], new Uint8Array(6)), 3, "a")).toThrow(refused("format", "byte 0", "0x00000802"));
    const vast = idx([0xffffffff, 0xffffffff, 0xffffffff], new Uint8Array(1));
    expect(() => readIdx(vast, 3, "a")).toThrow(refused("format", "found 1$"));
  });

  it("is refused where its compression is damaged", async () => {
    const whole = gzipSync(idx([40], new Uint8Array(40).fill(7)));
    const cut = whole.subarray(0, whole.length - 9);
    await expect(decompressed(cut, "a.gz")).rejects.toThrow(refused("format", "a.gz: cannot be decompressed"));
    const changed = Uint8Array.from(whole, (byte, place) => (place === whole.length - 6 ? byte ^ 1 : byte));
    await expect(decompressed(changed, "a.gz")).rejects.toThrow(refused("format", "a.gz: cannot be decompressed"));
  });
});

const side = 28;

/** A bar instead of a digit: the lower the row, the greater the label. */
function bar(label: number): Uint8Array {
  const image = new Uint8Array(side * side);
  return image.fill(255, (2 + 2 * label) * side + 4, (2 + 2 * label) * side + 24);
}

function images(labels: readonly number[]): Uint8Array {
  const values = new Uint8Array(labels.length * side * side);
  for (const [place, label] of labels.entries()) values.set(bar(label), place * side * side);
  return idx([labels.length, side, side], values);
}

describe("the files of MNIST", () => {
  const learned = Array.from({ length: 40 }, (_, place) => place % 2);
  const tested = [0, 1, 0, 1, 0, 1];
  let folder: string;
  const write = (name: string, bytes: Uint8Array) => writeFile(join(folder, name), bytes);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "decolle-mnist-"));
    await write("train-images-idx3-ubyte", images(learned));
    await write("train-labels-idx1-ubyte", idx([learned.length], Uint8Array.from(learned)));
    await write("t10k-images-idx3-ubyte", images(tested));
    await write("t10k-labels-idx1-ubyte", idx([tested.length], Uint8Array.from(tested)));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("become spike trains in their order, a unit a pixel, none where it is dark", async () => {
    const { train, test } = await datasets.mnist(folder, { steps: 50, rate: 0.4 });
    expect([train.length, test.length, train.sensor, train.duration]).toEqual([40, 6, { units: 784 }, 50_000]);
    expect(Array.from(train.labels ?? [])).toEqual(learned);
    for (const data of [train, test]) {
      for (let index = 0; index < data.length; index++) {
        const { events, label } = await data.sample(index);
        expect(label).toBe(data.labels?.[index]);
        expect(events.unit.every((unit) => bar(label)[unit] === 255)).toBe(true);
        expect(events.t.every((time) => time % 1000 === 0 && time < 50_000)).toBe(true);
        // Twenty pixels, fifty steps: five standard deviations.
        expect(Math.abs(events.t.length / 1000 - 0.4)).toBeLessThan(5 * Math.sqrt((0.4 * 0.6) / 1000));
      }
    }
  });

  it("are drawn anew in every epoch of a training, and alike outside any", async () => {
    const { train } = await datasets.mnist(folder, { steps: 50 });
    const units = async (options?: SampleOptions) => [...(await train.sample(2, options)).events.unit].join();
    const drawn = [await units(), await units({ epoch: 1 }), await units({ epoch: 2 })];
    expect(new Set(drawn).size).toBe(3);
    expect([await units(), await units({ epoch: 1 }), await units({ epoch: 2 })]).toEqual(drawn);
  });

  it("give the same spikes and the same events on every backend", async () => {
    const [native, wasm] = await Promise.all(
      (["native", "wasm"] as const).map(async (backend) => {
        const trains = await datasets.mnist(folder, { backend, seed: 7 });
        const recordings = await datasets.mnistSaccades(folder, { backend, seed: 7, duration: 90_000 });
        return [await trains.test.sample(3), await recordings.train.sample(5)];
      }),
    );
    expect(native).toEqual(wasm);
    expect(native?.every(({ events }) => events.t.length > 100)).toBe(true);
  });

  it("give other spikes for another seed, and for every image of either part", async () => {
    const drawn = await datasets.mnist(folder);
    const { train: other } = await datasets.mnist(folder, { seed: 2 });
    const trains = [drawn.train.sample(0), drawn.train.sample(2), drawn.test.sample(0), other.sample(0)];
    const texts = (await Promise.all(trains)).map(({ events }) => `${events.unit}`);
    expect(new Set(texts).size).toBe(4);
  });

  it("become recordings of a sensor three pixels wider on every side", async () => {
    const { train, test } = await datasets.mnistSaccades(folder);
    expect([train.sensor, train.duration, test.length]).toEqual([{ width: 34, height: 34 }, 300_000, 6]);
    const { events, label } = await test.sample(1);
    expect(label).toBe(1);
    // A bar of 20 pixels in row 4 of the image moves three pixels to all sides, but for noise.
    const near = Array.from(events.y).filter((row) => Math.abs(row - 7) <= 4).length;
    expect(near).toBeGreaterThan(500);
    expect(near / events.y.length).toBeGreaterThan(0.5);
  });

  it("may be compressed, spelled with a dot, and lie beside others, which are counted", async () => {
    const before = await (await datasets.mnist(folder)).train.sample(4);
    await rm(join(folder, "train-images-idx3-ubyte"));
    await write("train-images.idx3-ubyte.gz", gzipSync(images(learned)));
    await write(".DS_Store", new Uint8Array(3));
    const { train } = await datasets.mnist(pathToFileURL(folder));
    expect(await train.sample(4)).toEqual(before);
    expect(train.ignored).toBe(1);
  });

  it("are named where they are missing", async () => {
    await rm(join(folder, "train-images-idx3-ubyte"));
    await rm(join(folder, "t10k-labels-idx1-ubyte"));
    await expect(datasets.mnist(folder)).rejects.toThrow(
      refused("format", "expected train-images-idx3-ubyte, t10k-labels-idx1-ubyte, each also as .gz", "2 others"),
    );
    await expect(datasets.mnist(join(folder, "nowhere"))).rejects.toThrow(refused("io", "nowhere"));
  });

  it.each<[string, string, Uint8Array, string]>([
    ["labels that are too few", "t10k-labels-idx1-ubyte", idx([5], new Uint8Array(5)), "byte 4: expected 6 labels"],
    ["a label that is no digit", "t10k-labels-idx1-ubyte", idx([6], Uint8Array.of(0, 0, 0, 10, 0, 0)), "byte 11"],
    ["images of another size", "t10k-images-idx3-ubyte", idx([6, 4, 4], new Uint8Array(96)), "28 × 28 pixels"],
    ["images without pixels", "t10k-images-idx3-ubyte", idx([6, 0, 4], new Uint8Array()), "byte 8: expected a side"],
    ["no images", "t10k-images-idx3-ubyte", idx([0, 28, 28], new Uint8Array()), "byte 4: expected at least one image"],
    ["labels instead of images", "t10k-images-idx3-ubyte", idx([6], new Uint8Array(6)), "byte"],
  ])("are refused with %s", async (_, name, bytes, words) => {
    await write(name, bytes);
    await expect(datasets.mnist(folder)).rejects.toThrow(refused("format", name, words));
  });

  it.each([
    ["rate", { rate: 0 }, "range"],
    ["rate", { rate: 1.01 }, "range"],
    ["rate", { rate: Number.NaN }, "not-finite"],
    ["steps", { steps: 0.5 }, "range"],
    ["steps", { steps: 2 ** 20 + 1 }, "range"],
    ["seed", { seed: -1 }, "range"],
    ["rates", { rates: 1 }, "config"],
  ])("are refused with an option out of range: %s, %j", async (name, options, code) => {
    await expect(datasets.mnist(folder, options as never)).rejects.toThrow(refused(code, name));
  });

  it("teach the preset two classes in a few passes, in every layer", async () => {
    const { train, test } = await datasets.mnist(folder);
    const { network, training } = preset("mnist-2018");
    using learner = await Network.create(network);
    await learner.fit(train, { ...training, epochs: 4, batchSize: 4 });
    const { accuracy } = await learner.evaluate(test);
    expect(accuracy).toEqual([1, 1, 1]);
  });
});

const real = process.env["DECOLLE_MNIST"] ?? "";

describe("the whole of MNIST", () => {
  it.skipIf(!existsSync(join(real, "train-images-idx3-ubyte")))(
    "has 60,000 digits to learn from and 10,000 to test, so many of each class",
    async () => {
      const { train, test } = await datasets.mnist(real);
      const counts = (labels: ArrayLike<number> = []) => {
        const found = new Array<number>(10).fill(0);
        for (const label of Array.from(labels)) found[label] = (found[label] ?? 0) + 1;
        return found;
      };
      expect([train.length, test.length]).toEqual([60_000, 10_000]);
      expect(counts(train.labels)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
      expect(counts(test.labels)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    },
  );
});
