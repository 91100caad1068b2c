/**
 * Real recordings: twenty that come with the tests, and those of DECOLLE_DATA (default `../shared/data`) where they are.
 * What the reader gives is compared with a reading of the bytes that shares no code with it.
 */
import { existsSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Dataset, datasets, Network } from "../../src/index.js";

const own = fileURLToPath(new URL("nmnist", import.meta.url));
const repository = fileURLToPath(new URL("../..", import.meta.url));
const whole = resolve(repository, process.env["DECOLLE_DATA"] ?? "../shared/data", "nmnist");
const absent = existsSync(whole) ? false : `no recordings at ${whole}: set DECOLLE_DATA`;

/** The events of a file, byte by byte as the publication describes them. */
function readBytes(path: string): { x: number; y: number; p: number; t: number }[] {
  const bytes = readFileSync(path);
  return Array.from({ length: Math.floor(bytes.length / 5) }, (_, event) => {
    const [x = 0, y = 0, high = 0, middle = 0, low = 0] = bytes.subarray(5 * event, 5 * event + 5);
    return { x, y, p: high >> 7, t: ((high & 0x7f) << 16) | (middle << 8) | low };
  });
}

async function expectSameEvents(dataset: Dataset, index: number, path: string, label: number): Promise<void> {
  const recording = await dataset.sample(index);
  expect(recording.label, path).toBe(label);
  const expected = readBytes(path);
  const { x, y, p, t } = recording.events;
  expect(t.length, path).toBe(expected.length);
  const differing = expected.findIndex(
    (event, place) => event.x !== x[place] || event.y !== y[place] || event.p !== p[place] || event.t !== t[place],
  );
  expect(differing, path).toBe(-1);
}

/** The files of a split, in the order of the data set. */
async function files(folder: string, split: string): Promise<{ path: string; label: number }[]> {
  const found: { path: string; label: number }[] = [];
  for (let label = 0; label < 10; label++) {
    const names = await readdir(resolve(folder, split, `${label}`));
    for (const name of names.sort()) found.push({ path: resolve(folder, split, `${label}`, name), label });
  }
  return found;
}

describe("an N-MNIST folder", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "decolle-nmnist-"));
    await cp(own, folder, { recursive: true });
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("may hold hidden and foreign files and folders, which are left out and counted", async () => {
    await writeFile(join(folder, "Train", "0", "._00261.bin"), "Mac OS X");
    await writeFile(join(folder, "Train", ".DS_Store"), "");
    await writeFile(join(folder, "Train", "3", "Thumbs.db"), "");
    await writeFile(join(folder, "Train", "5", "00779.bin.part"), "");
    await mkdir(join(folder, "Train", "7", "backup.bin"));
    await mkdir(join(folder, "Train", "10"));
    await writeFile(join(folder, "Train", "README"), "");
    const [whole, cluttered] = [await datasets.nmnist(own), await datasets.nmnist(folder)];
    expect(cluttered.train).toMatchObject({ length: 10, ignored: 7 });
    expect(cluttered.test).toMatchObject({ length: 10, ignored: 0 });
    for (let index = 0; index < 10; index++) {
      expect(await cluttered.train.sample(index)).toEqual(await whole.train.sample(index));
    }
  });

  it("may be made of links; one that leads nowhere is not passed over", async () => {
    const path = join(folder, "Train", "0", "00261.bin");
    await rename(path, join(folder, "elsewhere"));
    await symlink(join("..", "..", "elsewhere"), path);
    const [whole, linked] = [await datasets.nmnist(own), await datasets.nmnist(folder)];
    expect(linked.train).toMatchObject({ length: 10, ignored: 0 });
    expect(await linked.train.sample(0)).toEqual(await whole.train.sample(0));
    await rm(join(folder, "elsewhere"));
    const { train } = await datasets.nmnist(folder);
    expect(train.length).toBe(10);
    await expect(train.sample(0)).rejects.toMatchObject({ code: "io", message: expect.stringContaining(path) });
  });

  it("with nothing but foreign files is refused, and they are counted", async () => {
    for (const digit of await readdir(join(folder, "Train")))
      await rm(join(folder, "Train", digit), { recursive: true });
    await mkdir(join(folder, "Train", "0"));
    await writeFile(join(folder, "Train", "0", "._00261.bin"), "");
    await expect(datasets.nmnist(folder)).rejects.toMatchObject({
      code: "format",
      message: expect.stringContaining("none among 1 other"),
    });
  });
});

describe("N-MNIST recordings", () => {
  it.each(["Train", "Test"] as const)("of %s are read event by event", async (split) => {
    const splits = await datasets.nmnist(own);
    const dataset = split === "Train" ? splits.train : splits.test;
    const expected = await files(own, split);
    expect(dataset.length).toBe(10);
    expect(dataset.sensor).toEqual({ width: 34, height: 34 });
    for (const [index, { path, label }] of expected.entries()) await expectSameEvents(dataset, index, path, label);
  });

  it("are learned by heart by a small network", async () => {
    const { train } = await datasets.nmnist(own);
    using network = await Network.create({
      input: { channels: 2, height: 34, width: 34 },
      layers: [
        { type: "dense", units: 64 },
        { type: "dense", units: 64 },
      ],
      readout: { units: 10 },
      initialization: { type: "uniform", dense: 1 },
      optimizer: { type: "adaMax", learningRate: 1e-3 },
      seed: 1,
    });
    const before = await network.evaluate(train, { steps: 200, burnIn: 50, batchSize: 10 });
    await network.fit(train, { epochs: 4, batchSize: 10, steps: 200, burnIn: 50 });
    const after = await network.evaluate(train);
    after.loss.forEach((loss, layer) => {
      expect(loss).toBeLessThan((before.loss[layer] ?? 0) / 2);
    });
    expect(Math.min(...after.accuracy)).toBeGreaterThanOrEqual(0.8);
    expect(Math.max(...before.accuracy)).toBeLessThan(0.5);
  });

  it("of the large extract in DECOLLE_DATA are read event by event", async ({ skip }) => {
    if (absent) skip(absent);
    const splits = await datasets.nmnist(whole);
    for (const [dataset, split] of [
      [splits.train, "Train"],
      [splits.test, "Test"],
    ] as const) {
      const expected = await files(whole, split);
      expect(dataset.length).toBe(expected.length);
      for (const [index, { path, label }] of expected.entries()) await expectSameEvents(dataset, index, path, label);
    }
  });
});
