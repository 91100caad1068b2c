/** Checkpoints of decolle-public: what they hold, the spikes they give, and what is refused. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { conv2d, dense, exchange, lif, type NetworkSpecification } from "../../src/index.js";
import { spikesOf } from "./spikes.js";

const file = (name: string) => new Uint8Array(readFileSync(new URL(`pytorch/${name}`, import.meta.url)));

interface Reference {
  readonly events: number[][];
  readonly spikes: number[][][];
}

const reference = (name: string) => JSON.parse(new TextDecoder().decode(file(`${name}.json`))) as Reference;

// What the files do not hold; α and β are those of the files, wherever they differ.
const neuron = lif({ gamma: 0.65, rho: 1 });
const specifications: Readonly<Record<string, NetworkSpecification>> = {
  convolution: {
    input: { channels: 2, height: 8, width: 8 },
    layers: [
      conv2d({ channels: 3, kernel: 3, padding: 1, pool: 2 }),
      conv2d({ channels: 4, kernel: 3, padding: 1 }),
      dense({ units: 6 }),
    ],
    readout: { units: 3 },
    neuron,
  },
  dense: { input: { units: 12 }, layers: [dense({ units: 10 }), dense({ units: 7 })], readout: { units: 3 }, neuron },
};

describe.each(Object.entries(specifications))("a checkpoint of decolle-public, %s", (name, specification) => {
  it("gives the spikes of the authors' code, step by step", async () => {
    using network = await exchange.fromPyTorch(file(`${name}.pth`), specification);
    const { events, spikes } = reference(name);
    expect(await spikesOf(network, events)).toEqual(spikes);
  });

  it("brings its decay factors and its readouts", async () => {
    using network = await exchange.fromPyTorch(file(`${name}.pth`), specification);
    const tensors = exchange.readPyTorch(file(`${name}.pth`));
    const { layers } = network.specification;
    expect(layers.map(({ neuron }) => neuron)).toMatchObject(
      layers.map((_, layer) => ({
        alpha: expect.closeTo(1 - 1 / (tensors.get(`LIF_layers.${layer}.tau_m`)?.data[0] ?? 0), 6),
        beta: expect.closeTo(1 - 1 / (tensors.get(`LIF_layers.${layer}.tau_s`)?.data[0] ?? 0), 6),
      })),
    );
    for (const layer of layers.keys()) {
      const { shape, data } = await network.tensor(`readouts.${layer}.weight`);
      expect({ shape, data }).toEqual(tensors.get(`readout_layers.${layer}.weight`));
    }
  });
});

describe("a checkpoint that does not fit", () => {
  const { dense: specification } = specifications as { dense: NetworkSpecification };
  const refused = (changed: Partial<NetworkSpecification>) =>
    exchange.fromPyTorch(file("dense.pth"), { ...specification, ...changed });

  it.each([
    [
      "another number of layers",
      { layers: [dense({ units: 10 })] },
      { code: "checkpoint", path: "LIF_layers", expected: "1 layers, as specified", found: "2" },
    ],
    [
      "another number of neurons",
      { layers: [dense({ units: 11 }), dense({ units: 7 })] },
      { code: "checkpoint", path: "LIF_layers.0.base_layer.weight", found: "[10,12]" },
    ],
    ["other classes", { readout: { units: 4 } }, { code: "checkpoint", path: "readout_layers.0.weight" }],
  ] as const)("by %s is refused", async (_, changed, expected) => {
    await expect(refused(changed)).rejects.toMatchObject(expected);
  });

  it("by a neuron without α and β is refused", async () => {
    const { adaptive } = await import("../../src/index.js");
    await expect(refused({ neuron: adaptive() })).rejects.toMatchObject({ code: "config", path: "layers[0].neuron" });
  });
});

describe("a damaged file", () => {
  let whole: Uint8Array;
  beforeAll(() => {
    whole = file("dense.pth");
  });

  it("cut off anywhere is refused", () => {
    for (let end = 0; end < whole.length; end += 7) {
      expect(() => exchange.readPyTorch(whole.slice(0, end)), `${end} bytes`).toThrow(
        expect.objectContaining({ code: "format" }),
      );
    }
  });

  it("with any bit changed is read as before or refused by a code", () => {
    const before = exchange.readPyTorch(whole);
    let refused = 0;
    for (let place = 0; place < whole.length; place += 5) {
      const changed = whole.slice();
      changed[place] = (changed[place] as number) ^ (1 << (place % 8));
      try {
        const read = exchange.readPyTorch(changed);
        for (const [name, { data }] of read) if (before.has(name)) expect(data).toEqual(before.get(name)?.data);
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^(format|unsupported|memory)$/) });
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });

  it("in the form of before PyTorch 1.6 is named", () => {
    const old = Uint8Array.of(0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e);
    expect(() => exchange.readPyTorch(old)).toThrow(
      expect.objectContaining({ code: "unsupported", expected: expect.stringContaining("PyTorch 1.6") }),
    );
  });
});
