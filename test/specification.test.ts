/** Builders give plain data; what JSON would lose is refused with its path instead. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  adaMax,
  boxcar,
  conv1d,
  conv2d,
  dense,
  fastSigmoid,
  lif,
  Network,
  sgd,
  sigmoidDerivative,
  uniform,
} from "../src/index.js";
import { toJson } from "../src/network/json.js";

const input = { channels: 2, height: 8, width: 8 };
const readout = { units: 3 };

/** What a call throws. */
function caught(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("expected an error, found none");
}

describe("builders", () => {
  it("name the type and keep what they are given", () => {
    expect(conv2d({ channels: 4, kernel: 3, pool: 2 })).toEqual({ type: "conv2d", channels: 4, kernel: 3, pool: 2 });
    const line = { channels: 4, kernel: 3, padding: 1, stride: 2, groups: 2 };
    expect(conv1d(line)).toEqual({ type: "conv1d", ...line });
    expect(dense({ units: 5, readoutScale: 2 })).toEqual({ type: "dense", units: 5, readoutScale: 2 });
    expect(lif({ alpha: { low: 0.9, high: 0.95 } })).toEqual({ type: "lif", alpha: { low: 0.9, high: 0.95 } });
    expect(adaMax({ learningRate: 1e-3 })).toEqual({ type: "adaMax", learningRate: 1e-3 });
    expect(uniform({ dense: 3 })).toEqual({ type: "uniform", dense: 3 });
  });

  it("give what the engine takes, every surrogate among it", async () => {
    for (const surrogate of [boxcar({ width: 0.25 }), fastSigmoid(), sigmoidDerivative({ slope: 2 })]) {
      using network = await Network.create({
        input,
        layers: [conv2d({ channels: 4, kernel: 3, padding: 1, pool: 2 }), dense({ units: 5 })],
        readout,
        neuron: lif({ surrogate }),
        optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }),
      });
      expect(network.specification.neuron?.surrogate).toMatchObject(surrogate);
      expect((await network.describe()).layers.map(({ pooledShape }) => pooledShape)).toEqual([[4, 4, 4], [5]]);
    }
  });
});

describe("what JSON has no word for", () => {
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  it.each<[string, unknown, string, string]>([
    ["not a number", { layers: [{ units: Number.NaN }] }, "not-finite", "layers[0].units"],
    ["infinity", { neuron: { alpha: Number.POSITIVE_INFINITY } }, "not-finite", "neuron.alpha"],
    ["undefined in a list", { layers: [undefined] }, "config", "layers[0]"],
    ["a function", { layers: [{}, { kernel: () => 7 }] }, "config", "layers[1].kernel"],
    ["a bigint", { seed: 1n }, "config", "seed"],
    ["a symbol", [Symbol("seven")], "config", "[0]"],
    ["a date", { at: new Date(0) }, "config", "at"],
    ["a typed array", { units: new Float32Array(1) }, "config", "units"],
    ["a hole in a list", { layers: new Array(1) }, "config", "layers[0]"],
    ["a circle", circle, "config", "self"],
  ])("is refused with its path: %s", (_, value, code, path) => {
    const error = caught(() => toJson(value));
    expect(error).toMatchObject({ code });
    expect(error.message.split(": ")[0]).toBe(path);
  });

  it("is left out where it is a field that is undefined, as if it were not there", () => {
    expect(toJson({ seed: undefined, layers: [{ units: 3, neuron: undefined }] })).toBe('{"layers":[{"units":3}]}');
  });

  it("is all that is refused: other data are written as JSON writes them", () => {
    const holds = fc.property(fc.jsonValue(), (value) => {
      expect(toJson(value)).toBe(JSON.stringify(value));
    });
    fc.assert(holds);
  });
});
