/** `folder:PATH`: recordings of any format, one folder a class, of which nothing else is known. */
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openDataset } from "../../src/datasets/open.js";
import { datasets, events } from "../../src/index.js";
import { decolle } from "../cli/command.js";
import { drawn, put, temporary } from "./files.js";
import { isInstalled } from "./installed.js";

const backend = process.env["DECOLLE_BACKEND"] ?? "auto";
const hdf5 = fileURLToPath(new URL("hdf5/events.h5", import.meta.url));

/** Recordings of two classes in several formats, the longest of 13 ms. */
async function filled(root: string, part = ""): Promise<void> {
  for (let number = 1; number <= 10; number++) {
    const es = await events.encode(drawn(number, 20, 4 + number), { format: "es", sensor: { width: 24, height: 22 } });
    const npy = await events.encode(drawn(number, 20), { format: "npy" });
    await put(root, { [`${part}wave/${number}.es`]: es, [`${part}clap/${number}.npy`]: npy });
  }
}

describe("a folder of one folder a class", () => {
  it("is opened by its path alone: sensor, duration and classes are those of its recordings", async () => {
    const root = await temporary();
    await filled(root);
    await put(root, { "wave/notes.md": "", ".hidden/1.es": "" });
    const { train, test, remarks } = await openDataset(`folder:${root}`);
    expect([train.classes, train.sensor, train.duration]).toEqual([
      ["clap", "wave"],
      { width: 24, height: 22 },
      13_001,
    ]);
    expect([train.length + test.length, test.length]).toEqual([20, 2]);
    expect(Array.from(test.labels ?? [])).toEqual([0, 1]);
    expect(train.ignoredPaths).toEqual([join(root, ".hidden"), join(root, "wave/notes.md")]);
    expect(remarks).toEqual([`${root} has no parts of its own: 10 % of each class are drawn for the test, seed 1`]);
  });

  it("has the parts that lie in it, their classes numbered alike", async () => {
    const root = await temporary();
    await filled(root, "Train/");
    await put(root, {
      "Test/wave/1.es": await events.encode(drawn(9, 30, 40), { format: "es", sensor: { width: 30, height: 30 } }),
    });
    await put(root, { "Test/fist/1.es": "", "readme/1.txt": "" });
    const { train, test } = await openDataset(`folder:${root}`);
    expect([train.length, test.length, Array.from(test.labels ?? [])]).toEqual([20, 1, [1]]);
    expect([test.sensor, train.sensor, test.duration]).toEqual([{ width: 30, height: 30 }, test.sensor, 39_001]);
    expect([train.ignoredPaths, test.ignoredPaths]).toEqual([[join(root, "readme")], [join(root, "Test/fist")]]);
    expect((await test.sample(0)).events).toEqual(drawn(9, 30, 40));
  });

  it("is refused where there is no folder, no recording, or one that is damaged, by its path", async () => {
    const root = await temporary();
    await expect(openDataset(`folder:${root}`)).rejects.toMatchObject({ code: "format", path: root });
    await put(root, { "wave/notes.md": "" });
    await expect(openDataset(`folder:${root}`)).rejects.toMatchObject({ code: "format", path: root });
    await put(root, { "wave/1.npy": "no array" });
    const message = expect.stringContaining(join(root, "wave/1.npy"));
    await expect(openDataset(`folder:${root}`)).rejects.toMatchObject({ code: "format", message });
  });

  it("is told of and learned from by the command line", async () => {
    const root = await temporary();
    await filled(join(root, "own"));
    const spec = `folder:${join(root, "own")}`;
    const told = await decolle("data", "--backend", backend, "--json", spec);
    expect([told.stderr, JSON.parse(told.stdout)]).toMatchObject(["", { data: spec, classes: ["clap", "wave"] }]);
    const config = {
      network: {
        input: { channels: 2, height: 22, width: 24 },
        layers: [{ type: "dense", units: 8 }],
        readout: { units: 2 },
      },
      training: { batchSize: 4, steps: 6, testSteps: 6, burnIn: 0 },
      transform: {},
    };
    await put(root, { "own.json": JSON.stringify(config) });
    const out = join(root, "out");
    const words = ["--data", spec, "--config", join(root, "own.json"), "--epochs", "1", "--out", out, "--quiet"];
    expect(await decolle("train", "--backend", backend, ...words)).toMatchObject({ code: 0, stderr: "" });
    const model = join(out, "model.safetensors");
    const judged = await decolle("evaluate", "--backend", backend, "--model", model, "--json");
    expect([judged.stderr, judged.code]).toEqual(["", 0]);
  });
});

describe.skipIf(!isInstalled("h5wasm"))("HDF5 in a folder of one folder a class", () => {
  const columns = {
    x: Uint16Array.of(1, 3),
    y: Uint16Array.of(2, 4),
    p: Uint8Array.of(1, 0),
    t: Float64Array.of(1005, 1006),
  };

  it("is read beside other formats", async () => {
    const root = await temporary();
    await filled(root);
    await mkdir(join(root, "rest"));
    for (const name of ["1.h5", "2.hdf5"]) await copyFile(hdf5, join(root, "rest", name));
    const { train } = await openDataset(`folder:${root}`);
    const place = Array.from(train.labels ?? []).indexOf(1);
    expect(await train.sample(place)).toEqual({ events: columns, label: 1 });
    const own = await datasets.folder(root, { sensor: train.sensor as never, duration: 1000, classes: ["rest"] });
    expect([own.length, (await own.sample(1)).events]).toEqual([2, columns]);
  });
});
