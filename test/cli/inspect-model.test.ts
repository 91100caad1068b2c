/** `decolle inspect` of models, run as a user runs it. */
import { readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { modelKind } from "../../src/cli/inspect-model.js";
import { conv2d, dense, events, exchange, lif, Network } from "../../src/index.js";
import { temporary } from "../data/files.js";
import { decolle, recordings, small } from "./command.js";

const exchanged = fileURLToPath(new URL("../exchange", import.meta.url));
const pyTorch = join(exchanged, "pytorch", "convolution.pth");
const digit = join(recordings, "Train", "0", "00261.bin");

let folder: string;
beforeAll(async () => {
  folder = await temporary();
});

/** What `--json` writes of files. */
async function inspected(...files: string[]): Promise<unknown[]> {
  const { code, stdout, stderr } = await decolle("inspect", "--json", ...files);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** A graph of NIR. */
async function graph(): Promise<string> {
  using network = await Network.create({
    input: { units: 4 },
    layers: [dense({ units: 3 })],
    readout: { units: 2 },
    neuron: lif(),
  });
  const path = join(folder, "graph.nir");
  await writeFile(path, await exchange.toNir(network));
  return path;
}

describe("decolle inspect of a checkpoint", () => {
  it("says what it is made of, how far its training has come, and on what", async () => {
    const [config, out] = [join(folder, "small.json"), join(folder, "run")];
    await writeFile(config, JSON.stringify(small));
    const data = `nmnist:${recordings}`;
    expect(await decolle("train", "--config", config, "--data", data, "--epochs", "2", "--out", out)).toMatchObject({
      code: 0,
    });
    const model = join(out, "model.safetensors");
    const [told] = await inspected(model);
    using network = await Network.load(model);
    const { specification, parameters, counters } = await network.describe();
    expect(told).toMatchObject({
      file: model,
      kind: "checkpoint",
      bytes: (await readFile(model)).length,
      version: 1,
      specification: JSON.parse(JSON.stringify(specification)),
      parameters,
      counters,
      epochs: 2,
      layers: [
        { type: "dense", inputShape: [2312], shape: [24], pooledShape: [24] },
        { type: "dense", inputShape: [24], shape: [16] },
      ],
      training: { recipe: { batchSize: 4, steps: 30, burnIn: 5 } },
      run: { data: { kind: "nmnist", path: recordings }, configuration: { preset: "nmnist-mlp" } },
      tensors: expect.arrayContaining([{ name: "layers.0.weight", dtype: "F32", shape: [24, 2312] }]),
    });
    expect((told as { classes: string[] }).classes).toEqual(network.classes);
    const { stdout } = await decolle("inspect", model);
    for (const line of [
      /kind +checkpoint of decolle, version 1 of the format$/m,
      /network +2×34×34 → dense 24 → dense 16$/m,
      /optimizer +adaMax, .*learningRate 0\.001/m,
      /trained +\d+ learning steps, \d+ updates, 2 epochs$/m,
      /by preset +nmnist-mlp$/m,
      new RegExp(`by data +${data}$`, "m"),
      /by steps +30$/m,
      /^ +1 +dense +2312 +24 +24 +55,512$/m,
      /layers\.0\.weight +\[24, 2312\] +F32$/m,
    ]) {
      expect(stdout).toMatch(line);
    }
  });

  it.each(
    readdirSync(join(exchanged, "checkpoints"), { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".safetensors"),
    ),
  )("reads %s of earlier code", async (name) => {
    const [told] = await inspected(join(exchanged, "checkpoints", name));
    expect(told).toMatchObject({ kind: "checkpoint", version: 1, epochs: 0, run: null, metadata: { name: "corpus" } });
  });

  it("refuses one that is damaged, with its path and exit code 1", async () => {
    using network = await Network.create({ input: { units: 4 }, layers: [dense({ units: 3 })], readout: { units: 2 } });
    const bytes = await network.toBytes();
    const path = join(folder, "cut.safetensors");
    await writeFile(path, bytes.subarray(0, bytes.length - 8));
    const { code, stdout, stderr } = await decolle("inspect", path);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/cut\.safetensors: .*\[checkpoint\]/);
  });
});

describe("decolle inspect of models of other tools", () => {
  it("says what a checkpoint of decolle-public holds", async () => {
    const [told] = await inspected(pyTorch);
    expect(told).toMatchObject({
      kind: "pytorch",
      layers: [
        { weight: [3, 2, 3, 3], alpha: expect.closeTo(0.9, 6), beta: expect.closeTo(0.85, 6) },
        { weight: [4, 3, 3, 3] },
        { weight: [6, 64] },
      ],
      tensors: expect.arrayContaining([{ name: "readout_layers.2.bias", shape: [3] }]),
    });
    expect((await decolle("inspect", pyTorch)).stdout).toMatch(/layer 3 +dense 6×64, alpha 0\.9, beta 0\.85$/m);
  });

  it("says what a graph of NIR holds", async () => {
    const path = await graph();
    const read = await exchange.readNir(new Uint8Array(await readFile(path)));
    const [told] = await inspected(path);
    expect(told).toMatchObject({ kind: "nir", edges: read.edges });
    const { nodes } = told as { nodes: Array<{ name: string; type: string; fields: Record<string, unknown> }> };
    expect(nodes.map(({ name, type }) => [name, type])).toEqual(
      Array.from(read.nodes, ([name, { type }]) => [name, type]),
    );
    const affine = nodes.find(({ fields }) => "weight" in fields);
    expect(affine?.fields["weight"]).toEqual({ shape: [3, 4] });
    expect((await decolle("inspect", path)).stdout).toMatch(/kind +graph of NIR$/m);
  });
});

describe("what a file is", () => {
  it("is told by its bytes, whatever its name", async () => {
    using network = await Network.create({
      input: { channels: 1, height: 4, width: 4 },
      layers: [conv2d({ channels: 2, kernel: 3 })],
      readout: { units: 2 },
    });
    const columns = { x: Uint16Array.of(1), y: Uint16Array.of(2), p: Uint8Array.of(1), t: Float64Array.of(3) };
    const kinds: Array<[bytes: Uint8Array, kind: string | undefined]> = [
      [await network.toBytes(), "checkpoint"],
      [new Uint8Array(await readFile(pyTorch)), "pytorch"],
      [new Uint8Array(await readFile(await graph())), "nir"],
      [new Uint8Array(await readFile(digit)), undefined],
      [new TextEncoder().encode("1 2 3 4\n{"), undefined],
      [new Uint8Array(), undefined],
      [Uint8Array.of(0x50, 0x4b), undefined],
    ];
    for (const [place, [bytes, kind]] of kinds.entries()) {
      const path = join(folder, `file-${place}`);
      await writeFile(path, bytes);
      expect(await modelKind(path), `${place}`).toBe(kind);
    }
    // An archive of NumPy is of the zip format, as PyTorch's are.
    const archive = join(folder, "recording.npz");
    await events.save(archive, columns, { sensor: { width: 4, height: 4 } });
    expect(await modelKind(archive)).toBeUndefined();
    expect(await inspected(archive, pyTorch)).toMatchObject([{ format: "npz", events: 1 }, { kind: "pytorch" }]);
  });

  it("is a recording where a format is named, and no model is drawn", async () => {
    expect(await decolle("inspect", "--format", "es", pyTorch)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("[format]"),
    });
    const png = join(folder, "model.png");
    const drawn = await decolle("inspect", pyTorch, "--png", png);
    expect(drawn).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("--png is for recordings") });
  });
});
