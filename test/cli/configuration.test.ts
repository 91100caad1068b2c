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
    ["no object", [], "file.json: settings: expected an object, found an array"],
    ["a training that is a list", { training: [] }, "file.json: training: expected an object, found an array"],
    [
      "an unknown field",
      { trainings: {} },
      "expected one of $schema, preset, network, training, transform, initialization",
    ],
    ["a field by another name", { trainings: {} }, "file.json: trainings: unknown field"],
    ["a field that may be meant", { trainings: {} }, "did you mean training?"],
    ["an unknown field of the training", { training: { epoch: 1 } }, "training.epoch: unknown field"],
    ["one that may be meant", { training: { batch_size: 1 } }, "did you mean batchSize?"],
    ["a number as text", { training: { epochs: "1" } }, 'file.json: training.epochs: expected a number, found "1"'],
    ["a number out of its range", { training: { epochs: 0 } }, "file.json: training.epochs: expected >=1, found 0"],
    ["a network that is none", { network: 3 }, "file.json: network: expected an object, found 3"],
    [
      "an unknown field of the crop",
      { transform: { crop: { left: 0, top: 0, width: 1, height: 1, x: 0 } } },
      "transform.crop.x",
    ],
    [
      "an unknown initialisation",
      { initialization: "xavier" },
      'initialization: expected one of plain, lsuv, found "xavier"',
    ],
    ["a preset by another name", { preset: "nmnist-mpl" }, 'found "nmnist-mpl"; did you mean nmnist-mlp?'],
    ["a preset that is no name", { preset: 3 }, "file.json: preset: expected one of synthetic"],
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

  it("that is not there is answered with the one that was likely meant", () => {
    expect(() => parseDatasetSpec("nmnits:data")).toThrow(/found nmnits:data; did you mean nmnist\?$/);
    // What is missing here is the path.
    expect(() => parseDatasetSpec("nmnist")).toThrow(/found nmnist$/);
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
