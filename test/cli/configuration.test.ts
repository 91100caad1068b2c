/** A training is a preset, over it a file, over that the command line. */
import { describe, expect, it } from "vitest";
import { checkOverrides, configure } from "../../src/cli/configuration.js";
import { textTable } from "../../src/cli/table.js";
import { parseDatasetSpec, preset } from "../../src/index.js";

describe("a configuration", () => {
  it("is the preset where nothing is laid over it", () => {
    const { network, training, transform } = preset("nmnist");
    expect(configure("nmnist")).toEqual({ preset: "nmnist", network, training, transform, initialization: "plain" });
  });

  it("takes fields of network and training one by one, later layers over earlier ones", () => {
    const file = { network: { seed: 5, timeStep: 500 }, training: { epochs: 7, steps: 90 } };
    const flags = { network: { seed: 6 }, training: { epochs: 8 } };
    const { network, training } = configure("nmnist-mlp", file, flags);
    expect(network).toEqual({ ...preset("nmnist-mlp").network, seed: 6, timeStep: 500 });
    expect(training).toEqual({ ...preset("nmnist-mlp").training, epochs: 8, steps: 90 });
  });

  it("starts from the preset that the last layer names", () => {
    expect(configure("synthetic", { preset: "nmnist" }).preset).toBe("nmnist");
    expect(configure("synthetic", { preset: "nmnist" }, { preset: "nmnist-small" }).preset).toBe("nmnist-small");
  });

  it("does not change the preset", () => {
    const before = JSON.stringify(preset("nmnist-mlp"));
    configure("nmnist-mlp", { network: { seed: 9 }, training: { epochs: 1 }, transform: { downsample: 2 } });
    expect(JSON.stringify(preset("nmnist-mlp"))).toBe(before);
  });
});

describe("a configuration file", () => {
  it.each<[string, unknown, string]>([
    ["no object", [], "file.json: expected an object, found []"],
    ["an unknown field", { trainings: {} }, "file.json: unknown field trainings"],
    ["an unknown field of the training", { training: { epoch: 1 } }, "file.json: training: unknown field epoch"],
    ["a number as text", { training: { epochs: "1" } }, 'file.json: training.epochs: expected a number, found "1"'],
    ["a network that is none", { network: 3 }, "file.json: network: expected an object, found 3"],
    ["an unknown field of the crop", { transform: { crop: { x: 0 } } }, "file.json: transform.crop: unknown field x"],
    ["an unknown initialisation", { initialization: "xavier" }, 'initialization: expected "plain" or "lsuv"'],
    ["a preset that is no name", { preset: 3 }, "file.json: preset: expected a name"],
  ])("is refused with %s", (_, value, message) => {
    const refusal = { code: "config", message: expect.stringContaining(message) };
    expect(() => checkOverrides(value, "file.json")).toThrow(expect.objectContaining(refusal));
  });
});

describe("the name of a data set", () => {
  it.each([
    ["synthetic", { kind: "synthetic" }],
    ["nmnist:../data/N-MNIST", { kind: "nmnist", path: "../data/N-MNIST" }],
    ["mnist:data", { kind: "mnist", path: "data" }],
    ["mnist-saccades:data", { kind: "mnist-saccades", path: "data" }],
    ["nmnist:C:\\data", { kind: "nmnist", path: "C:\\data" }],
  ])("%s is read", (text, spec) => {
    expect(parseDatasetSpec(text)).toEqual(spec);
  });

  it.each(["", "nmnist", "nmnist:", "mnist", "mnists:x", "synthetic:32"])("%j is refused", (text) => {
    expect(() => parseDatasetSpec(text)).toThrow(expect.objectContaining({ code: "config" }));
  });
});

it("a table keeps its columns in line", () => {
  expect(
    textTable([
      ["layer", "loss"],
      ["1", "0.5"],
      ["10", "0.25"],
    ]),
  ).toBe("layer  loss\n    1   0.5\n   10  0.25");
});
