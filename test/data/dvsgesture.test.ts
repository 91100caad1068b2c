/** DvsGesture: the official archive, cut by its labels, and the copies that other frameworks leave. */
import { existsSync } from "node:fs";
import { cp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { writeArchive } from "../../bench/gesture-archive.mjs";
import { type Dataset, datasets, events } from "../../src/index.js";
import { drawn, put, realData, temporary } from "./files.js";

const folder = await temporary();
const archive = join(folder, "DvsGesture");
const cache = join(folder, "cache");
const size = { train: 3, test: 2, trials: 4, events: 500, duration: 100_000 };

async function all(dataset: Dataset) {
  return Promise.all(Array.from({ length: dataset.length }, (_, index) => dataset.sample(index)));
}

beforeAll(() => writeArchive(events, archive, size));

describe("the official archive", () => {
  it("has its trials in both parts, by the lists and tables, whether the folder or the one around it is named", async () => {
    for (const path of [archive, folder]) {
      const { train, test, remarks } = await datasets.dvsgesture(path, { cache });
      expect([train.length, test.length]).toEqual([12, 8]);
      expect(Array.from(train.labels ?? []).slice(0, 5)).toEqual([0, 1, 2, 3, 0]);
      expect(train.classes).toHaveLength(11);
      expect(remarks).toEqual([]);
    }
  });

  it("gives every event of a trial and none of another, with times from its start", async () => {
    const { train } = await datasets.dvsgesture(archive, { cache });
    const whole = await events.load(join(archive, "user01_fluorescent.aedat"));
    for (const [index, { events: trial, label }] of (await all(train)).slice(0, size.trials).entries()) {
      const start = 1_000_000 + index * (size.duration + 500_000);
      const inside = whole.events.t.filter((time) => time >= start && time < start + size.duration);
      expect(trial.t).toEqual(inside.map((time) => time - start));
      expect(trial.t).toHaveLength(size.events);
      expect(label).toBe(index);
    }
  });

  it("gives the same without a cache, and from the cache of an earlier reading", async () => {
    const plain = await all((await datasets.dvsgesture(archive, { cache: false })).train);
    expect(await all((await datasets.dvsgesture(archive, { cache })).train)).toEqual(plain);
    const kept = await readdir(cache);
    expect(await all((await datasets.dvsgesture(archive, { cache })).train)).toEqual(plain);
    expect(await readdir(cache)).toEqual(kept);
    expect(kept.filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  it("reads a recording once, however many of its trials are asked for at a time", async () => {
    const own = join(folder, "once");
    const { test } = await datasets.dvsgesture(archive, { cache: own });
    await all(test);
    expect(await readdir(own)).toHaveLength(size.test);
  });

  it("is read by several that cut it at the same time, none of which takes the trials from another", async () => {
    for (let round = 0; round < 5; round++) {
      const own = join(folder, `several-${round}`);
      const opened = await Promise.all(Array.from({ length: 6 }, () => datasets.dvsgesture(archive, { cache: own })));
      const read = opened.map(async ({ train }) => {
        for (let index = 0; index < train.length; index++) {
          expect((await train.sample(index)).events.t).toHaveLength(size.events);
        }
      });
      await Promise.all(read);
      expect(await readdir(own)).toHaveLength(size.train);
    }
  });

  it("gives what is looked at of a trial while its recording is still being cut, the same as afterwards", async () => {
    const own = join(folder, "early");
    const { train } = await datasets.dvsgesture(archive, { cache: own });
    const span = size.duration / 2;
    const shown = () => Promise.all(Array.from({ length: train.length }, (_, at) => train.sample(at, { span })));
    const early = await shown();
    const whole = await all(train);
    expect(await readdir(own)).toHaveLength(size.train);
    expect(await shown()).toEqual(early);
    for (const [index, { events: trial }] of early.entries()) {
      const { t } = (whole[index] as (typeof whole)[0]).events;
      const until = (t[0] ?? 0) + span;
      expect(trial.t).toEqual(t.filter((time) => time < until));
      expect(trial.t.length).toBeLessThan(t.length);
    }
  });

  it("leaves out what is not looked at", async () => {
    for (const kept of [cache, false] as const) {
      const { train } = await datasets.dvsgesture(archive, { cache: kept });
      const [{ events: part }, { events: rest }] = [await train.sample(1, { span: 20_000 }), await train.sample(1)];
      expect(part.t.length).toBe(rest.t.filter((time) => time < (rest.t[0] ?? 0) + 20_000).length);
    }
  });

  it("cuts anew when a recording or its table has changed", async () => {
    const changed = join(folder, "changed");
    await cp(archive, changed, { recursive: true });
    const own = join(folder, "changed-cache");
    await all((await datasets.dvsgesture(changed, { cache: own })).test);
    await writeFile(join(changed, "user01_led_labels.csv"), "class,startTime_usec,endTime_usec\n5,1000000,1049999\n");
    const { test } = await datasets.dvsgesture(changed, { cache: own });
    expect((await test.sample(0)).events.t).toHaveLength(size.events / 2);
    await utimes(join(changed, "user01_led.aedat"), 1, 1);
    await (await datasets.dvsgesture(changed, { cache: own })).test.sample(0);
    expect(await readdir(own)).toHaveLength(4);
  });

  it("says which recordings and tables are missing, and names foreign and hidden files", async () => {
    const less = join(folder, "less");
    await cp(archive, less, { recursive: true });
    await rm(join(less, "user01_fluorescent.aedat"));
    await rm(join(less, "user01_lab_labels.csv"));
    await put(less, { "notes.txt": "", "._user01_led.aedat": "" });
    const { train, remarks } = await datasets.dvsgesture(less, { cache });
    expect(train.length).toBe(size.trials);
    expect(remarks).toEqual([
      "1 of 3 recordings of trials_to_train.txt are missing: user01_fluorescent.aedat",
      "1 of 3 tables of labels of trials_to_train.txt are missing: user01_lab_labels.csv",
    ]);
    const foreign = ["._user01_led.aedat", "notes.txt"].map((name) => join(less, name));
    expect(train.ignoredPaths?.toSorted()).toEqual(foreign);
    expect(train.ignored).toBe(2);
  });

  it("says when both lists name a recording", async () => {
    const same = join(folder, "same");
    await cp(archive, same, { recursive: true });
    await writeFile(join(same, "trials_to_test.txt"), "user01_lab.aedat\n");
    const { remarks } = await datasets.dvsgesture(same, { cache });
    expect(remarks).toEqual([
      "user01_lab.aedat is named in both lists: the test is not one of what was not learned from",
    ]);
  });

  it.each([
    ["a class that is not there", "12,1000000,2000000", "range"],
    ["an end before its start", "1,2000000,1000000", "range"],
    ["a row that lacks a number", "1,1000000", "format"],
    ["a time that is no number", "1,1000000,soon", "format"],
  ])("refuses a table with %s, with its line", async (_, row, code) => {
    const bad = await temporary();
    await cp(archive, bad, { recursive: true });
    await writeFile(join(bad, "user01_lab_labels.csv"), `class,startTime_usec,endTime_usec\n1,0,9\n${row}\n`);
    const reading = datasets.dvsgesture(bad, { cache });
    await expect(reading).rejects.toMatchObject({
      code,
      message: expect.stringContaining("user01_lab_labels.csv, line 3"),
    });
  });

  it("refuses a damaged recording with its path, keeps nothing of it, and reads it once it is whole", async () => {
    const torn = join(folder, "torn");
    await cp(archive, torn, { recursive: true });
    const own = join(folder, "torn-cache");
    const path = join(torn, "user01_lab.aedat");
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, bytes.length - 3));
    const { train } = await datasets.dvsgesture(torn, { cache: own });
    const index = 2 * size.trials;
    await expect(Promise.resolve(train.sample(index))).rejects.toMatchObject({
      code: "format",
      message: expect.stringContaining(path),
    });
    expect(await readdir(own)).toEqual([]);
    await writeFile(path, bytes);
    expect((await train.sample(index)).events.t).toHaveLength(size.events);
  });

  it("refuses lists that lead elsewhere", async () => {
    const away = join(folder, "away");
    await cp(archive, away, { recursive: true });
    await writeFile(join(away, "trials_to_test.txt"), "../DvsGesture/user01_lab.aedat\n");
    await expect(datasets.dvsgesture(away, { cache })).rejects.toMatchObject({ code: "format" });
  });
});

describe("copies of one file a trial", () => {
  it("are read as tonic leaves them: plain arrays of x, y, polarity and milliseconds", async () => {
    const root = await temporary();
    const rows = [
      [3, 4, 1, 0],
      [127, 0, 0, 1.5],
      [5, 6, 1, 6000],
    ];
    const head = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }".padEnd(117);
    const bytes = Buffer.concat([
      Buffer.from("\x93NUMPY\x01\x00\x76\x00", "latin1"),
      Buffer.from(`${head}\n`),
      Buffer.from(Float64Array.from(rows.flat()).buffer),
    ]);
    await put(root, {
      "ibmGestureTrain/user01_led/0.npy": bytes,
      "ibmGestureTrain/user01_led/10.npy": bytes,
      "ibmGestureTrain/user01_led/11.npy": bytes,
      "ibmGestureTest/user24_led/7.npy": bytes,
    });
    const { train, test } = await datasets.dvsgesture(root);
    expect([train.length, test.length, train.ignored]).toEqual([2, 1, 1]);
    expect([...(train.labels as Uint32Array), ...(test.labels as Uint32Array)]).toEqual([0, 10, 7]);
    expect((await test.sample(0)).events).toEqual({
      x: Uint16Array.of(3, 127, 5),
      y: Uint16Array.of(4, 0, 6),
      p: Uint8Array.of(1, 0, 1),
      t: Float64Array.of(0, 1500, 6_000_000),
    });
    await put(root, { "ibmGestureTest/user24_led/7.npy": bytes.subarray(0, bytes.length - 1) });
    await expect(Promise.resolve(test.sample(0))).rejects.toMatchObject({
      code: "format",
      message: expect.stringContaining("7.npy"),
    });
  });

  it("are read from a folder a class, by number or by name, in any format", async () => {
    const root = await temporary();
    for (const [part, names] of [
      ["train", ["0", "3"]],
      ["test", ["10"]],
    ] as const) {
      for (const name of names) {
        const path = `${part}/${name}/user01_led_0.dat`;
        await put(root, {
          [path]: await events.encode(drawn(1, 128), { format: "dat", sensor: { width: 128, height: 128 } }),
        });
      }
    }
    const { train, test } = await datasets.dvsgesture(root);
    expect([...(train.labels as Uint32Array), ...(test.labels as Uint32Array)]).toEqual([0, 3, 10]);
    expect((await train.sample(1)).events).toEqual(drawn(1, 128));
  });

  it("are refused where there is none of the layouts, with what was looked for", async () => {
    const message = expect.stringContaining(
      "expected trials_to_train.txt, ibmGestureTrain or train, found none of them",
    );
    await expect(datasets.dvsgesture(await temporary())).rejects.toMatchObject({ code: "format", message });
  });
});

const real = join(realData, "dvsgesture");
describe.skipIf(!existsSync(real))("the ten real samples", () => {
  it("have the classes and the numbers of events that their description says", async () => {
    const { train, test, remarks } = await datasets.dvsgesture(real, { cache: join(folder, "real") });
    const samples = await all(train);
    expect(samples.map(({ label }) => label)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const counts = samples.map(({ events: { t } }) => t.length);
    expect([Math.min(...counts), Math.max(...counts)].map((count) => Math.round(count / 1000))).toEqual([63, 181]);
    const whole = await events.load(join(real, "user01_led.aedat"));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(whole.events.t.length);
    expect(test.length).toBe(10);
    expect(remarks?.[0]).toContain("named in both lists");
  });
});
