/** The JSON schema of configuration files says what the checks say, as far as a schema can. */
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import type * as v from "valibot";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { Overrides } from "../../src/cli/configuration.js";
import { checkOverrides, configure } from "../../src/cli/configuration.js";
import type { editorSchema } from "../../src/cli/configuration-schema.js";
import { DecolleError, Network, type NetworkSpecification, preset, presets } from "../../src/index.js";
import { small } from "./command.js";

const schema = JSON.parse(readFileSync(new URL("../../dist/schema/configuration.json", import.meta.url), "utf8"));
const suits = new Ajv({ strict: true, strictTypes: false, allErrors: false }).compile(schema);

/** Every field there, none to be written: so that a field which only one of two types has is missing in the other. */
type Whole<Type> = Type extends object
  ? { readonly [Name in keyof Type]-?: Whole<Exclude<Type[Name], undefined>> }
  : Type;
/** Without the graphs of neurons and costs of one's own, which the core alone checks. */
type BuiltIn<Type> = Type extends { type: "neuron" | "cost" }
  ? never
  : Type extends object
    ? { [Name in keyof Type]: BuiltIn<Type[Name]> }
    : Type;
type Schema = Whole<BuiltIn<Omit<v.InferOutput<typeof editorSchema>, "$schema">>>;
type Interfaces = Whole<BuiltIn<Overrides>>;
type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const along = { kernel: 3, padding: 1, stride: 1, groups: 1, pool: 1, pooling: "max" } as const;
const own = {
  cost: { type: "crossEntropy" },
  regularizer: { upper: 0.1, lower: 0.1, lowerActivity: "potential", budget: { density: 0.1, gain: 0.1 } },
  readoutScale: 0.5,
  propagation: "dense",
} as const;
const lif = { alpha: 0.9, beta: 0.8, gamma: 0.7, rho: 1, trace: "previous", traceGain: "unit", refractory: "decayed" };
const drop = { every: 2, factor: 2 };

/** A network that sets every field there is of its kinds of layers. */
const network: { [name: string]: Json } = {
  input: { channels: 2, height: 6, width: 6 },
  timeStep: 1000,
  layers: [
    { type: "conv2d", channels: 2, ...along, ...own },
    { type: "dense", units: 4, recurrent: true, ...own },
  ],
  readout: { units: 3, scale: 0.5, bias: true, dropout: 0.1, dropoutInEvaluation: false, feedback: "alignment" },
  neuron: { type: "lif", ...lif, spikeAtThreshold: false, surrogate: { type: "fastSigmoid", slope: 10 } },
  cost: { type: "smoothL1" },
  regularizer: null,
  optimizer: { type: "adaMax", learningRate: 1e-3, beta1: 0.1, beta2: 0.9, epsilon: 1e-8, drop },
  initialization: { type: "uniform", dense: 1, conv: 1, bias: 1 },
  propagation: "auto",
  errorTrigger: { threshold: 0.1, control: { rate: 0.1, gain: 0.1, least: 0.1 } },
  seed: 1,
};

/** The other kinds, each in a network that has all of their fields. */
const others: Array<{ [name: string]: Json }> = [
  { input: { channels: 2, length: 6 }, layers: [{ type: "conv1d", channels: 2, ...along }] },
  {
    layers: [{ type: "conv2d", channels: 2, ...along, kernel: [3, 3], padding: [1, 1], stride: [1, 1], pool: [1, 1] }],
  },
  { input: { units: 6 }, layers: [{ type: "dense", units: 4 }] },
  { optimizer: { type: "sgd", learningRate: 1e-3, momentum: 0.1, drop } },
  { optimizer: { type: "adam", learningRate: 1e-3, beta1: 0.1, beta2: 0.9, epsilon: 1e-8 } },
  { optimizer: { type: "adaGrad", learningRate: 1e-3, forgetting: 0.1, epsilon: 1e-8, window: 10 } },
  { optimizer: { type: "averaged", learningRate: 1e-3, beta: 0.1, window: 10 } },
  { neuron: { type: "lif", alpha: { low: 0.8, high: 0.9 }, surrogate: { type: "boxcar", width: 0.5 } } },
  { neuron: { type: "lif", surrogate: { type: "sigmoid", slope: 1 } } },
  { cost: { type: "meanSquared" } },
].map((change) => ({ ...network, ...(change as { [name: string]: Json }) }));

/** What stands in place of a value. */
const replacements: readonly Json[] = [null, true, -1, 0, 0.5, 1, 1e30, "x", "", [], {}, [1], [1, 2, 3], { type: "x" }];

/** A copy of data with each of its values replaced, each of its fields missing, and each of its objects with one more. */
function* changed(data: Json, path = ""): Generator<[path: string, data: Json]> {
  for (const replacement of replacements) yield [`${path}=${JSON.stringify(replacement)}`, replacement];
  if (typeof data !== "object" || data === null) return;
  const copy = (place: string | number, value: Json) =>
    Array.isArray(data) ? data.with(Number(place), value) : { ...data, [place]: value };
  for (const [place, value] of Object.entries(data)) {
    for (const [at, inner] of changed(value, `${path}.${place}`)) yield [at, copy(place, inner)];
    if (Array.isArray(data)) continue;
    const { [place]: _, ...rest } = data;
    yield [`${path}.${place} left out`, rest];
  }
  if (!Array.isArray(data)) yield [`${path}.colour`, { ...data, colour: 1 }];
}

/** Why the core refuses a network; undefined where it does not. */
async function refusal(specification: Json): Promise<DecolleError | undefined> {
  try {
    (await Network.create(specification as unknown as NetworkSpecification, { threads: 1 })).dispose();
    return undefined;
  } catch (error) {
    if (DecolleError.is(error)) return error;
    throw error;
  }
}

/** What only follows from several fields, which a schema of one does not see. */
const together = [
  // A field that a file may leave to the preset is one that a network needs.
  /^(input|layers|readout): expected it, found none/,
  /\.beta\.high|\.alpha\.high/,
  /regularizer\.upper: expected a number above 0 where there is a budget/,
];

/** Where the core takes null as a field that is not there; the interfaces do not say so. */
const absent = /\.(neuron|cost|readoutScale|propagation|gain)=null$/;

describe("the JSON schema", () => {
  it.each(Object.keys(presets))("accepts the preset %s, whole and by name", (name) => {
    const configuration = configure(name);
    expect(suits(JSON.parse(JSON.stringify(configuration))), JSON.stringify(suits.errors)).toBe(true);
    expect(suits({ preset: name })).toBe(true);
  });

  it("accepts the name of the schema, and what the checker then takes", () => {
    const file = { $schema: "./node_modules/decolle/dist/schema/configuration.json", ...small };
    expect(suits(file)).toBe(true);
    expect(checkOverrides(file, "file.json")).toMatchObject(small);
  });

  it.each<[string, unknown]>([
    ["no object", []],
    ["a training that is a list", { training: [] }],
    ["a transform that is a list", { transform: [] }],
    ["a network that is a list", { network: [] }],
    ["an unknown field", { trainings: {} }],
    ["an unknown field of the training", { training: { epoch: 1 } }],
    ["a number as text", { training: { epochs: "1" } }],
    ["no epochs", { training: { epochs: 0 } }],
    ["half a step", { training: { steps: 0.5 } }],
    ["a network that is none", { network: 3 }],
    ["an unknown field of the crop", { transform: { crop: { left: 0, top: 0, width: 1, height: 1, x: 0 } } }],
    ["a crop without its width", { transform: { crop: { left: 0, top: 0, height: 1 } } }],
    ["an unknown initialisation", { initialization: "xavier" }],
    ["an unknown preset", { preset: "nmnist-mpl" }],
    ["a preset that is no name", { preset: 3 }],
    ["the address of a schema that is none", { $schema: 3 }],
  ])("refuses %s, as the checker does", (_, file) => {
    expect(suits(file)).toBe(false);
    expect(() => checkOverrides(file, "file.json")).toThrow(expect.objectContaining({ code: "config" }));
  });

  it("takes and refuses networks as the core does, whatever becomes of a field", async () => {
    const disagreed: string[] = [];
    let [taken, refused] = [0, 0];
    for (const [place, whole] of [network, ...others].entries()) {
      expect(await refusal(whole), `${place}`).toBeUndefined();
      for (const [path, specification] of changed(whole)) {
        if (typeof specification !== "object" || specification === null || Array.isArray(specification)) continue;
        const fault = await refusal(specification);
        if (fault === undefined && absent.test(path)) continue;
        if (fault !== undefined && !["config", "range"].includes(fault.code)) continue;
        if (fault !== undefined && together.some((pattern) => pattern.test(fault.message))) continue;
        if (suits({ network: specification }) === (fault === undefined)) fault === undefined ? taken++ : refused++;
        else disagreed.push(`${place} ${path}: ${fault?.message ?? "taken by the core"}`);
      }
    }
    expect(disagreed).toEqual([]);
    expect(Math.min(taken, refused)).toBeGreaterThan(200);
  });

  it("has the fields of the interfaces, and no others", () => {
    // For the compiler: `npm run check` fails where they differ.
    expectTypeOf<Schema>().toExtend<Interfaces>();
    expectTypeOf<Interfaces>().toExtend<Schema>();
  });

  it("accepts neurons and costs of one's own, whose graphs the core checks", () => {
    const { network: base } = preset("nmnist-mlp");
    const graphs = { neuron: { type: "neuron", name: "own", nodes: [] }, cost: { type: "cost", name: "own", cost: 0 } };
    expect(suits({ network: { ...base, ...graphs } })).toBe(true);
    expect(suits({ network: { ...base, neuron: { type: "neurone", name: "own" } } })).toBe(false);
  });
});
