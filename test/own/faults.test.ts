/** What a network refuses of neurons and costs of one's own, and that nothing has changed after a call that failed. */
import { describe, expect, it } from "vitest";
import {
  boxcar,
  cost,
  decay,
  leak,
  mean,
  Network,
  type NetworkSpecification,
  type NeuronGraph,
  neuron,
  smoothL1Of,
} from "../../src/index.js";
import { digest } from "../determinism/agreed.js";
import { drawCounts } from "../determinism/training.js";
import { neurons, textbook } from "../plasticity/neurons.js";
import { softReset } from "./neurons.js";

const good: NetworkSpecification = {
  input: { units: 12 },
  layers: [
    { type: "dense", units: 20 },
    { type: "dense", units: 9 },
  ],
  readout: { units: 3 },
  neuron: softReset,
  initialization: { type: "uniform", dense: 3, conv: 3, bias: 5 },
};

/** The good network, with these fields in its second layer. */
const second = (own: object) =>
  Network.create({
    ...good,
    layers: [
      { type: "dense", units: 20 },
      { type: "dense", units: 9, ...own },
    ],
  });

function changed<Graph extends object>(graph: Graph, change: (copy: never) => void): Graph {
  const copy = JSON.parse(JSON.stringify(graph));
  change(copy as never);
  return copy;
}

const textbookNodes = textbook.nodes.length;

const refused: ReadonlyArray<[string, object, string]> = [
  [
    "no choice for what does not factorise",
    {
      neuron: changed(softReset, (graph: { nodes: { op: string; args: number[] }[] }) => {
        for (const node of graph.nodes) if (node.op === "stop") Object.assign(node, { op: "abs" });
      }),
    },
    "layers[1].neuron.remainder: the state variable potential",
  ],
  [
    "an operation of another language",
    { neuron: changed(textbook, (graph: { nodes: object[] }) => graph.nodes.push({ op: "import" })) },
    `layers[1].neuron.nodes[${textbookNodes}] (import): expected an operation of the language, found "import"`,
  ],
  [
    "a circle",
    {
      neuron: changed(textbook, (graph: { nodes: object[] }) => graph.nodes.push({ op: "neg", args: [textbookNodes] })),
    },
    `layers[1].neuron.nodes[${textbookNodes}] (neg): expected arguments that come before it in the list`,
  ],
  [
    "a field of the wrong type",
    {
      neuron: changed(textbook, (graph: { nodes: { op: unknown }[] }) =>
        Object.assign(graph.nodes[2] ?? {}, { op: 7 }),
      ),
    },
    "layers[1].neuron.nodes[2].op: expected a string, found 7",
  ],
  [
    "a cost on a state variable that the neuron does not have",
    { cost: cost(({ state }) => mean(state("voltage"))) },
    'layers[1].cost.nodes[5] (state, in cost): expected a state variable of the neuron (potential), found "voltage"',
  ],
  [
    "a cost with a value for each class",
    { cost: { ...cost(({ readout, target }) => mean(readout.minus(target))), cost: 0 } },
    "layers[1].cost: expected one value a sample, found one value a class",
  ],
];

/** What only dense layers take, and how a convolution refuses it. */
const notShared: ReadonlyArray<[string, NeuronGraph | undefined, string]> = [
  [
    "an eligibility trace for each synapse",
    neurons["reset to zero, exact"],
    "layers[0].neuron: expected a convolution's state without an eligibility trace for each synapse, found one for " +
      'potential, which is multiplied by what changes over time (choose the remainder "stop", or put stopGradient around ' +
      "the part); dense layers take this neuron",
  ],
  [
    "constants of each neuron that learn",
    neurons["learned constants"],
    "layers[0].neuron: constants.threshold: expected a convolution's constants that learn to be one for the layer, found one " +
      "for each neuron; dense layers take this neuron",
  ],
  [
    "dynamics that look at other neurons",
    neurons["lateral inhibition"],
    "layers[0].neuron: step.inhibition: expected dynamics of each neuron by itself, found a sum over the layer; dense " +
      "layers take this neuron",
  ],
];

describe("a convolution refuses what dense layers take", () => {
  it.each(notShared)("%s", async (_, own, message) => {
    const input = { channels: 1, height: 6, width: 6 };
    const convolution = { type: "conv2d", channels: 4, kernel: 3, ...(own && { neuron: own }) } as const;
    const refused = Network.create({ ...good, input, layers: [convolution] });
    const told = { code: "config", message: expect.stringContaining(message), path: "layers[0].neuron" };
    await expect(refused).rejects.toMatchObject(told);
    using dense = await second({ neuron: own });
    expect(String(await dense.rule(1))).toContain("update");
  });
});

/** The place that a message begins with, without what it remarks on it in brackets. */
const placeIn = (message: string) => message.split(/ \(|: /)[0];

describe("a network refuses", () => {
  it.each(refused)("%s", async (_, own, message) => {
    const path = placeIn(message);
    await expect(second(own)).rejects.toMatchObject({ message: expect.stringContaining(message), path });
  });

  it("the network's own neuron by the name it has there", async () => {
    const neuron = changed(textbook, (graph: { nodes: object[] }) => graph.nodes.push({ op: "neg", args: [] }));
    await expect(Network.create({ ...good, neuron })).rejects.toMatchObject({
      message: `neuron.nodes[${textbookNodes}] (neg): expected 1 arguments, found 0`,
      path: `neuron.nodes[${textbookNodes}]`,
      expected: "1 arguments",
      found: "0",
    });
  });

  it("by a layer what no single part of a neuron is to blame for", async () => {
    const still = neuron({
      name: "still",
      state: { level: 0 },
      step: (s) => ({ level: s.level.times(0.5) }),
      membrane: (s, bias) => s.level.plus(bias),
      surrogate: boxcar(),
    });
    await expect(second({ neuron: still })).rejects.toMatchObject({
      message: expect.stringMatching(/^layers\[1\]: membrane: expected a potential that depends on the weights/),
      path: "layers[1]",
    });
  });

  it.each([
    [1e5, /^layers\[1\]\.neuron\.nodes: expected at most 4096, found/],
    [1e6, /^layers\[1\]\.neuron\.nodes\[\d+\]: expected at most 1048576 values in all/],
  ])("a neuron of %d nodes, at once", async (nodes, message) => {
    const many = changed(textbook, (graph: { nodes: object[] }) => {
      for (let count = 0; count < nodes; count++) graph.nodes.push({ op: "bias" });
    });
    const start = performance.now();
    await expect(second({ neuron: many })).rejects.toMatchObject({
      code: "range",
      message: expect.stringMatching(message),
    });
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it("a function where a graph should be", async () => {
    const written = { ...good, cost: () => 0 } as unknown as NetworkSpecification;
    await expect(Network.create(written)).rejects.toMatchObject({
      code: "config",
      message: expect.stringContaining("cost"),
    });
  });

  it("a checkpoint whose neuron is malformed", async () => {
    using network = await Network.create(good);
    const bytes = network.toBytes();
    const text = Buffer.from(bytes).toString("latin1");
    const place = text.indexOf(String.raw`\"op\":\"weighted\"`);
    expect(place).toBeGreaterThan(0);
    bytes.set(Buffer.from("unheardx"), place + String.raw`\"op\":\"`.length);
    await expect(Network.fromBytes(bytes)).rejects.toMatchObject({
      message: expect.stringMatching(/neuron\.nodes\[\d+\] \(unheardx\): expected an operation of the language/),
    });
  });
});

/** A potential that squares itself: soon no number holds it. */
const exploding = neuron({
  name: "exploding",
  constants: { membrane: decay(0.9) },
  state: { energy: 1.5, potential: 0 },
  step: (s, { input, spike }, c) => ({
    energy: s.energy.square().plus(spike.times(0)),
    potential: leak(s.potential, c.membrane).plus(input),
  }),
  membrane: (s, bias) => s.potential.plus(bias).minus(s.energy.less(0)),
  surrogate: boxcar(),
});

describe.each(["dense", "events"] as const)("what is not finite (%s)", (propagation) => {
  const failing: ReadonlyArray<[string, object, string]> = [
    // 1.5 squared seven times is beyond float32.
    [
      "state",
      { neuron: exploding },
      "layers[1]: membrane potential, state, readout or cost of sample 0 is not finite at step 7",
    ],
    [
      "a cost",
      { cost: cost(({ readout, target, time }) => smoothL1Of(readout, target).plus(time.negative().plus(4).log())) },
      "layers[1]: membrane potential, state, readout or cost of sample 0 is not finite at step 4",
    ],
  ];
  it.each(failing)("of %s names layer, step and sample, and changes nothing", async (_, own, message) => {
    using network = await Network.create({
      ...good,
      propagation,
      layers: [{ type: "dense", units: 20 }, { type: "dense", units: 9, ...own } as never],
    });
    const batch = (steps: number) => ({
      input: drawCounts(2, steps, 12, 3),
      target: { classes: Uint32Array.of(0, 1) },
    });
    await network.learn(batch(4), { updateEvery: 2 });
    const before = digest(network);
    await expect(network.learn(batch(30), { updateEvery: 2 })).rejects.toMatchObject({
      code: "not-finite",
      message: expect.stringContaining(message),
    });
    expect(digest(network)).toBe(before);
    await network.learn(batch(4), { updateEvery: 2 });
  });
});

it("neurons go with their checkpoint: the function that wrote them is not needed", async () => {
  using network = await Network.create({ ...good, cost: cost(({ readout, target }) => smoothL1Of(readout, target)) });
  const copy = JSON.parse(JSON.stringify(network.specification)) as NetworkSpecification;
  expect((copy.neuron as NeuronGraph).nodes).toEqual(softReset.nodes);
  using loaded = await Network.fromBytes(network.toBytes());
  expect(loaded.specification).toEqual(network.specification);
  expect(`${await loaded.rule(0)}`).toBe(`${await network.rule(0)}`);
  expect((await loaded.checkRule(0)).passed).toBe(true);
});
