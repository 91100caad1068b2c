/** Graphs of NIR: read, made into networks, written, and run by other simulators with the same spikes. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { NirField, NirGraph, NirNumbers } from "../../src/exchange/nir/graph.js";
import { writeGraph } from "../../src/exchange/nir/hdf5.js";
import { nirNeuron } from "../../src/exchange/nir/neuron.js";
import {
  adam,
  adaptive,
  conv1d,
  conv2d,
  crossEntropy,
  DecolleError,
  dense,
  exchange,
  fastSigmoid,
  lif,
  Network,
  type NetworkSpecification,
} from "../../src/index.js";
import { realData, temporary } from "../data/files.js";
import { eventsFor, exchanged, exchangedNetwork } from "./nir/networks.js";
import { hasPython, runPython } from "./python.js";
import { spikesOf } from "./spikes.js";

const place = (name: string) => fileURLToPath(new URL(`nir/${name}`, import.meta.url));
const script = place("run.py");
/** Milliseconds within which Python has begun on a machine that does other things, too. */
const slow = 600_000;

/** What simulators gave for the graph of a network; `make.mjs` asks them. */
interface Golden {
  readonly seed: number;
  readonly spikes: Readonly<Record<string, number[][]>>;
}

const goldens = JSON.parse(readFileSync(place("spikes.json"), "utf8")) as Record<string, Golden>;

describe.each(Object.entries(exchanged))("the graph of a network, %s", (name, { specification, simulators }) => {
  const { seed, spikes } = goldens[name] as Golden;
  const seconds = (specification.timeStep ?? 1000) * 1e-6;

  it("has the network's spikes in other simulators, as they were when these files were made", async () => {
    using network = await exchangedNetwork(name, seed);
    const own = await spikesOf(network, eventsFor(name, seed));
    expect(own.flat(2).length).toBeGreaterThan(60);
    expect(Object.keys(spikes)).toEqual(simulators);
    for (const theirs of Object.values(spikes)) expect(own.at(-1)).toEqual(theirs);
  });

  it.skipIf(!hasPython("nir", "nirtorch", "norse", "snntorch")).each(simulators)(
    "has the network's spikes in %s",
    async (simulator) => {
      using network = await exchangedNetwork(name, seed);
      const file = join(await temporary(), "graph.nir");
      writeFileSync(file, await exchange.toNir(network));
      const events = eventsFor(name, seed);
      const theirs = await runPython([script, simulator, file, `${seconds}`], events);
      expect(theirs).toEqual((await spikesOf(network, events)).at(-1));
    },
    slow,
  );

  it("read again is a network of the same spikes, whose graph is the same", async () => {
    using network = await exchangedNetwork(name, seed);
    const bytes = await exchange.toNir(network);
    using again = await exchange.fromNir(bytes, { timeStep: specification.timeStep ?? 1000 });
    const events = eventsFor(name, seed);
    expect(await spikesOf(again, events)).toEqual(await spikesOf(network, events));
    const [one, other] = [await exchange.readNir(bytes), await exchange.readNir(await exchange.toNir(again))];
    expect(other.edges).toEqual(one.edges);
    expect(Array.from(other.nodes.keys())).toEqual(Array.from(one.nodes.keys()));
  });

  it("read again has the same specification, and the bits of all weights, biases, readouts and decay factors", async () => {
    using network = await exchangedNetwork(name, seed);
    const readout = await network.tensor("readouts.0.bias");
    await network.setTensor(
      "readouts.0.bias",
      readout.data.map((_, place) => place / 3),
    );
    using again = await exchange.fromNir(await exchange.toNir(network));
    expect(again.specification).toEqual(network.specification);
    const names = (await network.tensors()).filter((one) => /^(layers|readouts)\./.test(one));
    expect(names.length).toBeGreaterThan(5);
    for (const tensor of names) expect(await again.tensor(tensor), tensor).toEqual(await network.tensor(tensor));
  });

  it("read again without its metadata has the same spikes, and other readouts", async () => {
    using network = await exchangedNetwork(name, seed);
    using again = await exchange.fromNir(await exchange.toNir(network), {
      timeStep: specification.timeStep ?? 1000,
      metadata: "ignore",
      network: { seed: seed + 1 },
    });
    const events = eventsFor(name, seed);
    expect(await spikesOf(again, events)).toEqual(await spikesOf(network, events));
    const { data } = await again.tensor("readouts.0.weight");
    expect(data).not.toEqual((await network.tensor("readouts.0.weight")).data);
  });
});

/** A text of JSON with each of its values replaced by each of some others, one at a time. */
function* replacements(text: string): Generator<string> {
  const places: Array<ReadonlyArray<string>> = [];
  const visit = (value: unknown, path: readonly string[]): void => {
    if (path.length > 0) places.push(path);
    if (typeof value !== "object" || value === null) return;
    for (const [name, inner] of Object.entries(value)) visit(inner, [...path, name]);
  };
  visit(JSON.parse(text), []);
  for (const path of places) {
    for (const other of [null, -1, 1e300, "lost", [], {}, [null], { type: "neuron", name: "LIF" }]) {
      const whole = JSON.parse(text) as Record<string, unknown>;
      const owner = path.slice(0, -1).reduce((value, name) => value[name] as Record<string, unknown>, whole);
      owner[path.at(-1) as string] = other;
      yield JSON.stringify(whole);
    }
  }
}

describe("what toNir stored in the metadata of a graph", () => {
  const specification: NetworkSpecification = {
    input: { units: 4 },
    layers: [dense({ units: 3, readoutScale: 2 }), dense({ units: 5, cost: crossEntropy() })],
    readout: { units: 2, dropout: 0.25, feedback: "alignment" },
    optimizer: adam({ learningRate: 0.01 }),
    neuron: lif({ surrogate: fastSigmoid({ slope: 4 }) }),
    timeStep: 500,
    seed: 77,
  };
  const stored = async (changed: Readonly<Record<string, NirField | undefined>> = {}) => {
    using network = await Network.create(specification);
    const { nodes, edges, metadata } = await exchange.readNir(await exchange.toNir(network));
    const all = new Map(metadata);
    for (const [name, value] of Object.entries(changed)) {
      if (value === undefined) all.delete(name);
      else all.set(name, value);
    }
    return await writeGraph({ nodes, edges, metadata: all });
  };

  it("brings costs, optimiser, surrogate, time step, readouts and their feedback", async () => {
    using network = await Network.create(specification);
    using again = await exchange.fromNir(await stored());
    expect(again.specification).toEqual(network.specification);
    for (const part of ["weight", "bias", "feedback"]) {
      const name = `readouts.1.${part}`;
      expect(await again.tensor(name)).toEqual(await network.tensor(name));
    }
  });

  it("gives way to options, and readouts are drawn anew for another readout", async () => {
    using again = await exchange.fromNir(await stored(), { network: { readout: { units: 6 }, seed: 3 } });
    expect(again.specification).toMatchObject({ seed: 3, readout: { units: 6 } });
    expect((await again.tensor("readouts.0.weight")).shape).toEqual([6, 3]);
  });

  it("gives way to the graph where its neurons were changed since", async () => {
    const { nodes, edges, metadata } = await exchange.readNir(await stored());
    const synapse = nodes.get("layer0_synapse");
    const fields = new Map(synapse?.fields).set("tau", numbers([4], 0.002));
    const changed = new Map(nodes).set("layer0_synapse", { type: "LI", fields });
    using again = await exchange.fromNir(await writeGraph({ nodes: changed, edges, metadata }));
    expect(again.specification.layers.map(({ neuron }) => neuron)).toMatchObject([
      { beta: 0.75, surrogate: { slope: 4 } },
      undefined,
    ]);
    expect(again.specification.neuron).toMatchObject({ beta: 0.92, surrogate: { slope: 4 } });
  });

  it.each([
    ["no JSON", { decolle: "{" }, "format", "metadata.decolle"],
    ["a number", { decolle: numbers([1]) }, "format", "metadata.decolle"],
    ["no object", { decolle: "null" }, "format", "metadata.decolle"],
    ["another number of layers", { decolle: JSON.stringify({ layers: [{}] }) }, "format", "metadata.decolle.layers"],
    ["a layer that is none", { decolle: '{"layers":[{},7]}' }, "format", "metadata.decolle.layers[1]"],
    [
      "an optimiser that is none",
      { decolle: '{"layers":[{},{}],"timeStep":500,"readout":{"units":2},"optimizer":{"type":"lost"}}' },
      "config",
      "optimizer.type",
    ],
    ["a time step of 0", { decolle: '{"layers":[{},{}],"timeStep":0}' }, "range", "timeStep"],
    ["a readout of another shape", { "readouts.1.weight": numbers([2, 4]) }, "format", "metadata.readouts.1.weight"],
    ["a readout that is text", { "readouts.1.bias": "lost" }, "format", "metadata.readouts.1.bias"],
    [
      "a readout that is no number",
      { "readouts.0.bias": numbers([2], Number.NaN) },
      "format",
      "metadata.readouts.0.bias[0]",
    ],
  ] as const)("with %s is refused, and read where it is to be ignored", async (_, changed, code, path) => {
    const bytes = await stored(changed as Readonly<Record<string, NirField>>);
    await expect(exchange.fromNir(bytes)).rejects.toMatchObject({ code, path });
    using again = await exchange.fromNir(bytes, { metadata: "ignore", timeStep: 500 });
    expect(again.specification.layers).toHaveLength(2);
  });

  it("with any setting replaced by something else is a network or refused by a code", async () => {
    const bytes = await stored();
    const { nodes, edges, metadata } = await exchange.readNir(bytes);
    const text = metadata.get("decolle") as string;
    const seen = { read: 0, refused: 0 };
    for (const change of replacements(text)) {
      const changed = await writeGraph({ nodes, edges, metadata: new Map(metadata).set("decolle", change) });
      try {
        using again = await exchange.fromNir(changed);
        expect(again.specification.layers).toHaveLength(2);
        seen.read++;
      } catch (error) {
        expect(error, change).toBeInstanceOf(DecolleError);
        seen.refused++;
      }
    }
    expect(seen.read).toBeGreaterThan(10);
    expect(seen.refused).toBeGreaterThan(10);
  });

  it("with a neuron of more state than a call has arguments is left alone", async () => {
    const like = nirNeuron({
      type: "LIF",
      membrane: 0.9,
      synapse: 0,
      threshold: 1,
      reset: "value",
      resetTo: 0,
      gain: 0,
    });
    const state = new Array(300_000).fill(like.state[0]);
    const settings = { layers: [{ neuron: { ...like, state } }], readout: { units: 3 } };
    const { nodes, edges } = await exchange.readNir(await graph());
    const metadata = new Map([["decolle", JSON.stringify(settings)]]);
    using again = await exchange.fromNir(await writeGraph({ nodes, edges, metadata }));
    expect(again.specification.layers).toHaveLength(1);
  });

  it.each([
    ["metadata", { metadata: "maybe" }],
    ["network", { network: 7 }],
  ])("is taken or left: another option %s is refused", async (path, options) => {
    const refused = exchange.fromNir(await stored(), options as never);
    await expect(refused).rejects.toMatchObject({ code: "config", path });
  });
});

describe.skipIf(!hasPython("nir", "nirtorch", "snntorch"))("the import of snnTorch", () => {
  const reduced = (weight: number) =>
    Network.create({
      input: { units: 2 },
      layers: [dense({ units: 2, recurrent: true })],
      readout: { units: 2 },
      neuron: nirNeuron({
        type: "CubaLIF",
        membrane: 0.75,
        synapse: 0.5,
        threshold: 1,
        reset: "value",
        resetTo: 0,
        gain: 0,
      }),
      timeStep: 100,
    }).then(async (network) => {
      await network.setTensor("layers.0.weight", Float32Array.of(0.6, 0, 0, 0.6));
      await network.setTensor("layers.0.bias", new Float32Array(2));
      await network.setTensor("layers.0.recurrentWeight", Float32Array.of(weight, 0, weight, weight));
      return network;
    });

  it.each([0, 0.25, -0.25])(
    "leads the input of a recurrent layer through its recurrent weights, %f here, not to its neurons",
    async (weight) => {
      using network = await reduced(weight);
      const file = join(await temporary(), "graph.nir");
      writeFileSync(file, await exchange.toNir(network));
      const events = Array.from({ length: 20 }, (_, step) => (step % 3 === 0 ? [0] : [0, 1]));
      const own = (await spikesOf(network, events)).at(-1) as number[][];
      const { imported, moved } = (await runPython([place("recurrent.py"), file], events)) as Record<
        string,
        number[][]
      >;
      expect(own.flat().length).toBeGreaterThan(10);
      expect(moved).toEqual(own);
      expect(imported).not.toEqual(own);
      // Nothing gets past recurrent weights of 0.
      if (weight === 0) expect(imported?.flat()).toEqual([]);
    },
    slow,
  );
});

const others = join(realData, "formats/nir");

/** Time steps of the graphs in microseconds: those of their authors. One has its time constants in other units than seconds. */
const steps: Readonly<Record<string, number>> = { "rockpool_braille.nir": 100_000 };

/** Graphs with an edge from a node that they do not have. */
const dangling = [
  "paper_03_rnn_extras_braille_noDelay_bias_zero_subgraph.nir",
  "paper_03_rnn_extras_braille_noDelay_noBias_subtract_subgraph.nir",
];

describe.skipIf(!existsSync(others))("graphs that other tools wrote", () => {
  const files = existsSync(others) ? readdirSync(others).filter((name) => name.endsWith(".nir")) : [];
  const bytesOf = (name: string) => new Uint8Array(readFileSync(join(others, name)));

  it("are eleven", () => expect(files).toHaveLength(11));

  it.each(files)("%s is read, with all its nodes and edges", async (name) => {
    const { nodes, edges } = await exchange.readNir(bytesOf(name));
    expect(Array.from(nodes.values(), ({ type }) => type)).toEqual(expect.arrayContaining(["Input", "Output"]));
    expect(edges.length).toBeGreaterThan(2);
    for (const { type, fields } of nodes.values()) {
      if (type === "Linear" || type === "Affine") expect((fields.get("weight") as NirNumbers).shape).toHaveLength(2);
    }
  });

  it.each(files.filter((name) => !dangling.includes(name)))("%s runs as a network, and learns", async (name) => {
    using network = await exchange.fromNir(bytesOf(name), { timeStep: steps[name] ?? 100 });
    const { inputSize, readoutUnits } = await network.describe();
    const counts = new Uint8Array(2 * 20 * inputSize).fill(1);
    const input = { counts, samples: 2, steps: 20 };
    const { layers } = await network.run({ input });
    expect(layers.length).toBeGreaterThan(0);
    const before = (await network.tensor("layers.0.weight")).data;
    await network.learn({ input, target: { classes: [0, readoutUnits - 1] } });
    expect((await network.tensor("layers.0.weight")).data).not.toEqual(before);
  });

  it.each(dangling)("%s is refused by its edge", async (name) => {
    await expect(exchange.fromNir(bytesOf(name))).rejects.toMatchObject({
      code: "format",
      path: expect.stringContaining("lif1.lif"),
      found: "no lif1.lif",
    });
  });

  it.skipIf(!hasPython("nir")).each(dangling)(
    "%s is refused by the package nir, too",
    async (name) => {
      await expect(runPython(["-c", "import nir, sys; nir.read(sys.argv[1])", join(others, name)], [])).rejects.toThrow(
        "'lif' which does not exist in the graph",
      );
    },
    slow,
  );

  it("a time step beyond a time constant is refused with node and field", async () => {
    await expect(exchange.fromNir(bytesOf("norse_braille.nir"))).rejects.toMatchObject({
      code: "unsupported",
      path: "nodes.lif1.lif.tau_syn",
    });
  });

  it("cut off anywhere are refused", async () => {
    const bytes = bytesOf("snntorch_lif.nir");
    for (let end = 0; end < bytes.length; end += 997) {
      await expect(exchange.readNir(bytes.slice(0, end)), `${end} bytes`).rejects.toMatchObject({ code: "format" });
    }
  });
});

const numbers = (shape: number[], value = 1): NirField => ({
  shape,
  data: new Float64Array(shape.reduce((product, side) => product * side, 1)).fill(value),
});

const neurons = (units: number, more: Record<string, NirField> = {}): [string, Record<string, NirField>] => [
  "LIF",
  {
    tau: numbers([units], 0.01),
    r: numbers([units]),
    v_leak: numbers([units], 0),
    v_threshold: numbers([units]),
    ...more,
  },
];

/** A graph of two inputs, weights and three neurons, changed. */
function graph(
  changed: Readonly<Record<string, [string, Record<string, NirField>]>> = {},
  edges: NirGraph["edges"] = [
    ["input", "weights"],
    ["weights", "neurons"],
    ["neurons", "output"],
  ],
): Promise<Uint8Array> {
  const nodes = {
    input: ["Input", { shape: { shape: [1], data: Float64Array.of(2) } }],
    weights: ["Linear", { weight: numbers([3, 2]) }],
    neurons: neurons(3),
    output: ["Output", { shape: { shape: [1], data: Float64Array.of(3) } }],
    ...changed,
  } as Record<string, [string, Record<string, NirField>]>;
  return writeGraph({
    nodes: new Map(
      Object.entries(nodes).map(([name, [type, own]]) => [name, { type, fields: new Map(Object.entries(own)) }]),
    ),
    edges,
    metadata: new Map(),
  });
}

describe("a graph", () => {
  it("of weights and neurons is a network", async () => {
    using network = await exchange.fromNir(await graph());
    expect((await network.tensor("layers.0.weight")).data).toEqual(new Float32Array(6).fill(0.1));
  });

  const weights = { shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) };
  it.each([
    ["a time constant of 0", { neurons: neurons(3, { tau: numbers([3], 0) }) }, undefined, "nodes.neurons.tau"],
    [
      "time constants that differ",
      { neurons: neurons(3, { tau: { shape: [3], data: Float64Array.of(0.01, 0.02, 0.01) } }) },
      undefined,
      "nodes.neurons.tau",
    ],
    [
      "a threshold that is no number",
      { neurons: neurons(3, { v_threshold: numbers([3], Number.NaN) }) },
      undefined,
      "nodes.neurons.v_threshold",
    ],
    [
      "weights that do not fit the input",
      { weights: ["Linear", { weight: weights }] },
      undefined,
      "nodes.neurons.v_threshold",
    ],
    [
      "weights of another number of inputs",
      { weights: ["Linear", { weight: numbers([3, 4]) }] },
      undefined,
      "nodes.weights.weight",
    ],
    [
      "weights of three axes",
      { weights: ["Linear", { weight: numbers([3, 2, 1]) }] },
      undefined,
      "nodes.weights.weight",
    ],
    ["no weights in a node of them", { weights: ["Linear", {}] }, undefined, "nodes.weights.weight"],
    ["a node that is unknown", { weights: ["Wavelet", {}] }, undefined, "nodes.weights.type"],
    [
      "an edge to nowhere",
      {},
      [
        ["input", "weights"],
        ["weights", "lost"],
      ],
      "edges.weights → lost",
    ],
    [
      "neurons that nothing reaches",
      {},
      [
        ["input", "weights"],
        ["neurons", "output"],
      ],
      "nodes.neurons.edges",
    ],
    [
      "a circle of weights",
      {},
      [
        ["weights", "weights"],
        ["weights", "neurons"],
        ["neurons", "output"],
      ],
      "nodes.weights.edges",
    ],
    [
      "weights of two origins",
      {},
      [
        ["input", "weights"],
        ["neurons", "weights"],
        ["weights", "neurons"],
        ["neurons", "output"],
      ],
      "nodes.weights.edges",
    ],
    [
      "potentials as output",
      { lead: ["LI", { tau: numbers([3], 0.01), r: numbers([3]), v_leak: numbers([3], 0) }] },
      [
        ["input", "weights"],
        ["weights", "neurons"],
        ["neurons", "lead"],
        ["lead", "output"],
      ],
      "nodes.lead.type",
    ],
    ["two inputs", { more: ["Input", { shape: { shape: [1], data: Float64Array.of(2) } }] }, undefined, "nodes"],
  ] as const)("with %s is refused with node and field", async (_, changed, edges, path) => {
    const bytes = await graph(changed as unknown as Parameters<typeof graph>[0], edges as unknown as NirGraph["edges"]);
    await expect(exchange.fromNir(bytes)).rejects.toMatchObject({
      code: expect.stringMatching(/format|unsupported/),
      path,
    });
  });

  it("with pooled spikes gives those of weights that see each window", async () => {
    const plane = { shape: [3], data: Float64Array.of(1, 4, 4) };
    const pool = (type: string): [string, Record<string, NirField>] => [
      type,
      { kernel_size: numbers([2], 2), stride: numbers([2], 2), padding: numbers([2], 0) },
    ];
    const own = { shape: [3, 4], data: Float64Array.from({ length: 12 }, (_, place) => place) };
    const bytes = await graph(
      {
        input: ["Input", { shape: plane }],
        pool: pool("AvgPool2d"),
        weights: ["Linear", { weight: own }],
        flat: ["Flatten", {}],
      },
      [
        ["input", "pool"],
        ["pool", "flat"],
        ["flat", "weights"],
        ["weights", "neurons"],
        ["neurons", "output"],
      ],
    );
    using network = await exchange.fromNir(bytes);
    const { shape, data } = await network.tensor("layers.0.weight");
    expect(shape).toEqual([3, 16]);
    // The input at row 1, column 2 lies in the window at row 0, column 1.
    expect(data[16 + 6]).toBeCloseTo((0.1 * 5) / 4, 6);
  });
});

describe("a network that NIR cannot say", () => {
  const input = { channels: 1, height: 4, width: 4 };
  const leaky = nirNeuron({
    type: "LIF",
    membrane: 0.8,
    synapse: 0,
    threshold: 1,
    reset: "value",
    resetTo: 0,
    gain: 0,
  });
  it.each([
    [
      "sums of potentials of LIF",
      { input, layers: [conv2d({ channels: 2, kernel: 3, pool: 2, pooling: "sum" })], neuron: leaky },
      "layers[0].pooling",
    ],
    [
      "windows along a line of too many channels",
      { input: { channels: 1, length: 4 }, layers: [conv1d({ channels: 4096, kernel: 1, pool: 2 })] },
      "layers[0].pool",
    ],
    ["another gain of traces", { neuron: lif({ traceGain: "one" }) }, "layers[0].neuron.traceGain"],
    ["another refractory trace", { neuron: lif({ refractory: "additive" }) }, "layers[0].neuron.refractory"],
    ["a neuron of one's own", { neuron: adaptive() }, "layers[0].neuron"],
  ] as const)("by %s is refused with its field", async (_, changed, path) => {
    const specification = { input: { units: 4 }, layers: [dense({ units: 3 })], readout: { units: 2 }, ...changed };
    using network = await Network.create(specification as NetworkSpecification);
    await expect(exchange.toNir(network)).rejects.toMatchObject({ code: "unsupported", path });
  });
});
