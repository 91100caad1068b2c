/** Data sets in HDF5: spike trains of the Heidelberg data sets, caches of tonic, columns of events. */
import { existsSync } from "node:fs";
import { copyFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { datasets, events, readHdf5 } from "../../src/index.js";
import { decolle } from "../cli/command.js";
import { realData, temporary } from "./files.js";
import { isInstalled } from "./installed.js";

const folder = fileURLToPath(new URL("hdf5", import.meta.url));

const h5wasm = isInstalled("h5wasm");
const plugins = h5wasm && isInstalled("h5wasm-plugins");

describe.skipIf(!h5wasm)("the Heidelberg data sets", () => {
  it("give spike trains in microseconds of float16 seconds, in order of time, with their classes", async () => {
    const { train, test } = await datasets.shd(folder);
    expect([train.length, test.length, train.sensor]).toEqual([3, 1, { units: 700 }]);
    expect(train.classes).toEqual(["zero", "one", "null"]);
    expect(await train.sample(0)).toEqual({
      events: { t: Float64Array.of(250_000, 500_000, 750_000), unit: Uint32Array.of(0, 699, 5) },
      label: 2,
    });
    expect((await train.sample(1)).events).toEqual({
      t: Float64Array.of(250_000, 500_000),
      unit: Uint32Array.of(8, 7),
    });
    expect((await train.sample(2)).events.t).toHaveLength(0);
    await expect(Promise.resolve(train.sample(3))).rejects.toMatchObject({ code: "range" });
  });

  it("have a part to judge by while learning, and name what else lies there", async () => {
    const { train, validation } = await datasets.ssc(folder);
    expect((await validation?.sample(0))?.events).toEqual({
      t: Float64Array.of(1000, 100_000),
      unit: Uint32Array.of(1, 2),
    });
    expect(train.ignoredPaths).toContain(join(folder, "shd_train.h5"));
  });

  it("are refused with the names of the files that are missing or packed", async () => {
    const root = await temporary();
    await writeFile(join(root, "shd_train.h5.gz"), "");
    const message = expect.stringContaining("no shd_train.h5, no shd_test.h5; unpack shd_train.h5 first");
    await expect(datasets.shd(root)).rejects.toMatchObject({ code: "format", message });
  });

  it("are refused where a file is no HDF5", async () => {
    const root = await temporary();
    await copyFile(join(folder, "shd_test.h5"), join(root, "shd_test.h5"));
    await writeFile(join(root, "shd_train.h5"), "not HDF5");
    const message = expect.stringContaining(join(root, "shd_train.h5"));
    await expect(datasets.shd(root)).rejects.toMatchObject({ code: "format", message });
  });
});

describe.skipIf(!h5wasm)("recordings in HDF5", () => {
  it("are read from columns, with the offset of their times", async () => {
    expect(await readHdf5(join(folder, "events.h5"))).toEqual({
      events: {
        x: Uint16Array.of(1, 3),
        y: Uint16Array.of(2, 4),
        p: Uint8Array.of(1, 0),
        t: Float64Array.of(1005, 1006),
      },
    });
  });

  it("are read by their path as any other format, in blocks, and as order asks", async () => {
    const whole = await readHdf5(join(folder, "events.h5"));
    expect(await events.load(join(folder, "events.h5"))).toEqual({ ...whole, format: "hdf5", dropped: 0, untimed: 0 });
    const { default: h5 } = await import("h5wasm/node");
    await h5.ready;
    const path = join(await temporary(), "backwards.h5");
    const file = new h5.File(path, "w");
    const group = file.create_group("events");
    const columns = { x: [1, 2, 3, 4], y: [5, 6, 7, 8], p: [0, 1, 1, 0], t: [10, 40, 20, 40] };
    for (const [name, data] of Object.entries(columns)) group.create_dataset({ name, data: Int32Array.from(data) });
    file.close();
    await expect(events.load(path)).rejects.toMatchObject({ code: "time-order", path: `${path}.t[2]` });
    const dropped = await events.load(path, { order: "drop" });
    expect([Array.from(dropped.events.x), dropped.dropped, dropped.firstDropped]).toEqual([
      [1, 2, 4],
      1,
      { event: 2, time: 20, latest: 40 },
    ]);
    expect(Array.from((await events.load(path, { order: "sort" })).events.x)).toEqual([1, 3, 2, 4]);
    const reader = events.read(path, { order: "sort" });
    for await (const { t } of reader) expect(t.length).toBe(4);
    expect([reader.bytes, reader.format]).toEqual([(await stat(path)).size, "hdf5"]);
  });

  it("are told of by the command line", async () => {
    const { stdout, stderr } = await decolle("inspect", join(folder, "events.h5"));
    expect(stderr).toBe("");
    expect(stdout).toMatch(/format +hdf5$/m);
    expect(stdout).toMatch(/events +2,/m);
  });

  it("are refused where a small file claims more numbers than there is memory for", async () => {
    const { default: h5 } = await import("h5wasm/node");
    await h5.ready;
    const path = join(await temporary(), "huge.h5");
    const file = new h5.File(path, "w");
    const group = file.create_group("events");
    for (const name of ["x", "y", "p", "t"]) {
      const data = Uint16Array.of(1, 2);
      group.create_dataset({ name, data, shape: [2], maxshape: [null], chunks: [2] }).resize([2 ** 40]);
    }
    file.close();
    const message = expect.stringContaining("huge.h5: events/x");
    await expect(readHdf5(path)).rejects.toMatchObject({ code: "memory", message });
  });

  it("are refused where a file has none of the layouts", async () => {
    const message = expect.stringContaining("expected data/0 or events/t, found neither");
    await expect(readHdf5(join(folder, "shd_test.h5"))).rejects.toMatchObject({ code: "format", message });
  });
});

describe.skipIf(!plugins)("caches of tonic", () => {
  const options = { sensor: { width: 8, height: 8 }, classes: ["no", "yes"], duration: 1000 };

  it("are read through the filter lzf", async () => {
    const cache = await datasets.toniccache(folder, options);
    expect([cache.length, cache.ignored]).toEqual([1, 6]);
    expect(await cache.sample(0)).toEqual({
      events: { x: Uint16Array.of(1, 3), y: Uint16Array.of(2, 4), p: Uint8Array.of(1, 0), t: Float64Array.of(5, 6) },
      label: 1,
    });
  });

  it("are refused where an event lies outside the sensor", async () => {
    const cache = await datasets.toniccache(folder, { ...options, sensor: { width: 2, height: 8 } });
    await expect(Promise.resolve(cache.sample(0))).rejects.toMatchObject({ code: "range" });
  });

  const clap = join(realData, "formats/dvsgesture-clap.hdf5");
  it.skipIf(!existsSync(clap))("hold a whole sample of DvsGesture", async () => {
    const { events, label } = await readHdf5(clap);
    expect([events.t.length, label, events.t[0], events.t.at(-1)]).toEqual([213_025, 0, 28, 5_044_461]);
  });
});

it("says in words what to install where h5wasm is missing", async () => {
  vi.doMock("h5wasm/node", () => {
    throw new Error("Cannot find package");
  });
  vi.resetModules();
  try {
    const { Hdf5 } = await import("../../src/events/hdf5.js");
    const message = expect.stringContaining("npm install h5wasm h5wasm-plugins");
    await expect(Hdf5.open(join(folder, "events.h5"))).rejects.toMatchObject({ code: "unsupported", message });
    const files = await import("../../src/events/files.js");
    const path = join(folder, "events.h5");
    await expect(files.events.load(path)).rejects.toMatchObject({ code: "unsupported", path, message });
  } finally {
    vi.doUnmock("h5wasm/node");
    vi.resetModules();
  }
});
