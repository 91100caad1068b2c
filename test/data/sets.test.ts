/** Data sets in the layouts that their archives have. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Dataset, datasets, events, Network, preset } from "../../src/index.js";
import { aedat2, drawn, put, realData, temporary } from "./files.js";

function recordingsOf(dataset: Dataset) {
  return Promise.all(Array.from({ length: dataset.length }, (_, index) => dataset.sample(index)));
}

describe("N-Caltech101", () => {
  it("has a class for each folder, and parts that share no recording", async () => {
    const root = await temporary();
    for (const name of ["accordion", "BACKGROUND_Google", "yin_yang"]) {
      for (let number = 1; number <= 4; number++) {
        const bytes = await events.encode(drawn(number, 180), { format: "ncaltech101" });
        await put(root, { [`Caltech101/${name}/image_000${number}.bin`]: bytes });
      }
    }
    await put(root, { "Caltech101/yin_yang/._image_0001.bin": "" });
    const { train, test, remarks } = await datasets.ncaltech101(root, { test: 0.25 });
    expect([train.length, test.length, train.ignored]).toEqual([9, 3, 1]);
    expect(train.classes).toEqual(["accordion", "BACKGROUND_Google", "yin_yang"]);
    const all = [...(await recordingsOf(train)), ...(await recordingsOf(test))];
    const distinct = new Set(all.map(({ events: { x }, label }) => `${label} ${x}`));
    expect(distinct.size).toBe(12);
    expect(remarks?.at(-1)).toBe("3 of 101 classes are there");
  });
});

describe("CIFAR10-DVS", () => {
  it("is read from AEDAT 2.0 by class, and says how many recordings of which class are missing", async () => {
    const root = await temporary();
    for (const name of ["airplane", "truck"]) {
      for (let number = 0; number < 10; number++) {
        await put(root, { [`${name}/cifar10_${name}_${number}.aedat`]: aedat2(drawn(number, 128)) });
      }
    }
    const { train, test, remarks } = await datasets.cifar10dvs(root);
    expect(Array.from(test.labels ?? [])).toEqual([0, 9]);
    expect([train.length, train.sensor]).toEqual([18, { width: 128, height: 128 }]);
    const seen = (await recordingsOf(train)).map(({ events: { t } }) => t.length);
    expect(new Set(seen)).toEqual(new Set([5]));
    expect(remarks).toContain(`${join(root, "airplane")} has 10 of 1000 recordings`);
    expect(remarks).toHaveLength(11);
  });

  it("is refused where it has none of the classes, with what was looked for", async () => {
    const root = await temporary();
    await put(root, { "zebra/1.aedat": aedat2(drawn(1, 128)) });
    const message = expect.stringContaining("recordings in folders airplane, automobile");
    await expect(datasets.cifar10dvs(root)).rejects.toMatchObject({ code: "format", message });
  });
});

describe("SL-Animals-DVS", () => {
  it("is cut by the indices of events, and keeps people apart", async () => {
    const root = await temporary();
    for (let user = 1; user <= 8; user++) {
      const name = `user0${user}_indoor`;
      const bytes = await events.encode(drawn(user, 128, 40), {
        format: "aedat3",
        sensor: { width: 128, height: 128 },
      });
      await put(root, {
        [`allusers_aedat/${name}.aedat`]: bytes,
        [`tags_updated_19_08_2020/${name}.csv`]: "class,startTime_ev,endTime_ev\n1,0,9\n19,20,29\n",
      });
    }
    await put(root, { "allusers_aedat/user09_dc.aedat": "" });
    for (const cache of [join(root, "cache"), false] as const) {
      const { train, test, remarks } = await datasets.slanimals(root, { cache });
      expect([train.length, test.length]).toEqual([12, 4]);
      expect(Array.from(test.labels ?? [])).toEqual([0, 18, 0, 18]);
      const whole = drawn(4, 128, 40);
      expect((await test.sample(1)).events).toEqual({
        x: whole.x.slice(20, 30),
        y: whole.y.slice(20, 30),
        p: whole.p.slice(20, 30),
        t: whole.t.slice(20, 30).map((time) => time - 20_000),
      });
      expect(remarks).toContain("1 of 9 recordings have no table: user09_dc.aedat");
    }
  });
});

describe("POKER-DVS", () => {
  const split = "% File name | Label name | Label id | Learn (0), Train (1) or Test (2)\n3\n";

  it("has the parts of its split, names what is missing and what is not of it", async () => {
    const root = await temporary();
    const pip = (seed: number) => aedat2(drawn(seed, 32));
    await put(root, {
      "split-1.txt": `${split}sp_1_td.dat sp 4 0\ncl_2_td.dat cl 1 1\nhe_3_td.dat he 3 2\ndi_4_td.dat di 2 2\n`,
      "pips/sp_1.aedat": pip(1),
      "pips/cl_2.aedat": pip(2),
      "pips/he_3.aedat": pip(3),
      "pips/he_5.aedat": pip(5),
    });
    const { train, test, remarks } = await datasets.pokerdvs(root);
    expect(Array.from(train.labels ?? [])).toEqual([0, 3]);
    expect((await test.sample(0)).events).toEqual(drawn(3, 32));
    expect(remarks).toEqual(["1 of 4 recordings of split-1.txt are missing: di_4"]);
    expect(train.ignoredPaths).toEqual([join(root, "pips/he_5.aedat")]);
  });

  it("is refused where a line of its split is none, with the line", async () => {
    const root = await temporary();
    await put(root, { "split-1.txt": `${split}sp_1_td.dat sp 4 3\n`, "pips/sp_1.aedat": "" });
    const message = expect.stringContaining("split-1.txt, line 3");
    await expect(datasets.pokerdvs(root)).rejects.toMatchObject({ code: "format", message });
  });

  const real = join(realData, "poker-dvs");
  it.skipIf(!existsSync(real))(
    "has 100 real recordings, which a network of steps below a millisecond learns",
    async () => {
      const { train, test, remarks } = await datasets.pokerdvs(real);
      expect([train.length, test.length, remarks, train.ignored]).toEqual([32, 68, [], 0]);
      for (const { events: seen } of await recordingsOf(test)) {
        expect(Math.max(...seen.x, ...seen.y)).toBeLessThan(35);
        expect(seen.t.length).toBeGreaterThan(500);
      }
      const { network, training, transform } = preset("poker-dvs");
      using learner = await Network.create(network);
      const { epochs } = await learner.fit(train, { ...training, transform, epochs: 2 });
      expect(learner.training?.recipe.steps).toBe(160);
      expect(epochs.at(-1)?.density.input).toBeGreaterThan(0.001);
    },
  );
});

describe("a data set by its name", () => {
  it("is opened as by its function", async () => {
    const root = await temporary();
    await put(root, { "airplane/1.aedat": aedat2(drawn(1, 128)), "airplane/2.aedat": aedat2(drawn(2, 128)) });
    const message = expect.stringContaining("larger share");
    await expect(datasets.open(`cifar10-dvs:${root}`)).rejects.toMatchObject({ message });
    for (let number = 3; number < 12; number++)
      await put(root, { [`airplane/${number}.aedat`]: aedat2(drawn(number, 128)) });
    const { name, test } = await datasets.open({ kind: "cifar10-dvs", path: root });
    expect([name, test.length]).toEqual(["cifar10-dvs", 1]);
  });

  it.each(["gestures:/tmp", "dvsgesture", "dvsgesture:", "toString:/tmp", ""])(
    "%j is refused with the names there are",
    async (spec) => {
      const message = expect.stringMatching(/expected synthetic, or nmnist, .*dvsgesture.* with a path/);
      await expect(datasets.open(spec)).rejects.toMatchObject({ code: "config", message });
    },
  );
});
