/** `decolle import` and `decolle export`. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { conv2d, dense, lif, Network } from "../../src/index.js";
import { temporary } from "../data/files.js";
import { decolle } from "./command.js";

const checkpoint = fileURLToPath(new URL("../exchange/pytorch/convolution.pth", import.meta.url));
const network = {
  input: { channels: 2, height: 8, width: 8 },
  layers: [
    conv2d({ channels: 3, kernel: 3, padding: 1, pool: 2 }),
    conv2d({ channels: 4, kernel: 3, padding: 1 }),
    dense({ units: 6 }),
  ],
  readout: { units: 3 },
};

describe("decolle import and export", () => {
  it("write a checkpoint of PyTorch's, and a graph that becomes the network again", async () => {
    const folder = await temporary();
    const [config, model] = [join(folder, "config.json"), join(folder, "model.safetensors")];
    await writeFile(config, JSON.stringify({ network }));
    const imported = await decolle("import", checkpoint, "--config", config, "--out", model);
    expect(imported).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("conv2d 3, conv2d 4, dense 6; readouts of 3"),
    });
    using loaded = await Network.load(model);
    expect(loaded.metadata).toEqual({ imported: "convolution.pth" });
    expect(loaded.specification.layers[0]?.neuron).toMatchObject({ alpha: expect.closeTo(0.9, 6) });

    const graph = join(folder, "graph.nir");
    const again = join(folder, "again.safetensors");
    expect(await decolle("export", model, "--nir", graph)).toMatchObject({ code: 0 });
    expect(await decolle("import", graph, "--out", again)).toMatchObject({ code: 0 });
    using read = await Network.load(again);
    expect(read.specification).toEqual(loaded.specification);
    const names = (await loaded.tensors()).filter((name) => /^(layers|readouts)\./.test(name));
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) expect(await read.tensor(name), name).toEqual(await loaded.tensor(name));
  });

  it("refuse a network that NIR cannot say by its field", async () => {
    const folder = await temporary();
    const [model, graph] = [join(folder, "model.safetensors"), join(folder, "graph.nir")];
    using network = await Network.create({
      input: { units: 4 },
      layers: [dense({ units: 3 })],
      readout: { units: 2 },
      neuron: lif({ traceGain: "one" }),
    });
    await network.save(model);
    expect(await decolle("export", model, "--nir", graph)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("layers[0].neuron.traceGain"),
    });
    expect(existsSync(graph)).toBe(false);
  });

  it.each([
    [["import", checkpoint, "--out", "x"], "name it with --preset or --config"],
    [["import", checkpoint, "--preset", "nmnist-mlp", "--time-step", "10", "--out", "x"], "go with .nir files"],
    [["import", "a.nir", "--preset", "nmnist-mlp", "--out", "x"], "leave out --preset and --config"],
    [["export", "model.safetensors"], "--nir"],
  ])("refuse %j as bad usage", async (words, message) => {
    expect(await decolle(...words)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });
});
