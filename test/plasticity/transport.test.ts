/** Neurons and costs as JSON: they come back as they went, and what is malformed is refused at once. */
import { describe, expect, it } from "vitest";
import { selectBackend } from "../../src/backend/select.js";
import { cost, errorTriggered, modulation, type NeuronGraph, neuron, rule, smoothL1 } from "../../src/index.js";
import { costs, neurons, textbook } from "./neurons.js";

function changed(change: (graph: Record<string, unknown> & { nodes: Record<string, unknown>[] }) => void): NeuronGraph {
  const graph = JSON.parse(JSON.stringify(textbook));
  change(graph);
  return graph;
}

describe("a graph in JSON", () => {
  it.each(Object.entries(neurons))("brings the neuron %s back with the same rule", async (_, own) => {
    const copy = JSON.parse(JSON.stringify(own)) as NeuronGraph;
    expect(copy).toEqual(own);
    expect((await rule(copy, smoothL1())).toString()).toBe((await rule(own, smoothL1())).toString());
  });

  it.each(Object.entries(costs))("brings the cost %s back with the same rule", async (_, definition) => {
    const own = cost(definition);
    const copy = JSON.parse(JSON.stringify(own));
    expect((await rule(textbook, copy)).toString()).toBe((await rule(textbook, own)).toString());
  });

  it.each([
    ["the error trigger", errorTriggered(0.1)],
    ["errors clipped where the potential is low", modulation(({ error, membrane }) => error.min(membrane.exp()))],
  ])("brings %s back with the same rule", async (_, own) => {
    const copy = JSON.parse(JSON.stringify(own));
    expect(copy).toEqual(own);
    const [found, expected] = [copy, own].map((given) => rule(textbook, smoothL1(), { modulation: given }));
    expect(`${await found}`).toBe(`${await expected}`);
    expect(`${await found}`).not.toBe(`${await rule(textbook, smoothL1())}`);
  });
});

/** How many nodes the textbook neuron has: where an added one comes to lie. */
const end = textbook.nodes.length;

const malformed: ReadonlyArray<[string, NeuronGraph, string, string]> = [
  [
    "an operation of another language",
    changed((graph) => graph.nodes.push({ op: "import" })),
    "config",
    `neuron.nodes[${end}] (import): expected an operation of the language, found "import"`,
  ],
  [
    "a circle",
    changed((graph) => graph.nodes.push({ op: "neg", args: [end] })),
    "config",
    `neuron.nodes[${end}] (neg): expected arguments that come before it in the list, found ${end}: a graph has no circles`,
  ],
  [
    "an argument too many",
    changed((graph) => graph.nodes.push({ op: "neg", args: [0, 1] })),
    "config",
    `neuron.nodes[${end}] (neg): expected 1 arguments, found 2`,
  ],
  [
    "an output that is no node",
    changed((graph) => {
      graph["membrane"] = 99;
    }),
    "config",
    `neuron.membrane: expected the index of a node below ${end}, found 99`,
  ],
  [
    "a field of another version",
    changed((graph) => {
      graph["pooling"] = 2;
    }),
    "config",
    "neuron.pooling: unknown field `pooling`",
  ],
  [
    "a name that could be anything",
    changed((graph) => {
      graph["name"] = "<script>";
    }),
    "config",
    'neuron.name: expected a name of at most 40 letters, digits and _, found "<script>"',
  ],
  [
    "a time constant of zero",
    changed((graph) => {
      graph["constants"] = [{ name: "membrane", kind: "time", value: 0 }];
    }),
    "range",
    "neuron.constants[0] (membrane): expected a time constant of 1 to 1e12 microseconds, found 0",
  ],
  [
    "a symbol where it has no meaning",
    changed((graph) => {
      graph["membrane"] = graph.nodes.push({ op: "readout" }) - 1;
    }),
    "config",
    `neuron.nodes[${end}] (readout, in membrane): the membrane potential has no readout`,
  ],
  [
    "nesting beyond measure",
    changed((graph) => {
      for (let depth = 0; depth < 300; depth++) graph.nodes.push({ op: "tanh", args: [graph.nodes.length - 1] });
    }),
    "range",
    "expected operations nested at most 256 deep",
  ],
  [
    "five thousand nodes",
    changed((graph) => {
      for (let count = 0; count < 5000; count++) graph.nodes.push({ op: "event" });
    }),
    "range",
    `neuron.nodes: expected at most 4096, found ${5000 + end}`,
  ],
];

describe("a malformed graph is refused", () => {
  it.each(malformed)("%s", async (_, graph, code, message) => {
    await expect(rule(graph, smoothL1())).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it.each([
    ["no threshold where its graph looks at one", undefined, "expected a number above 0, found none"],
    ["a threshold of 0", 0, "expected a number above 0, found 0"],
  ])("where it is a modulation with %s", async (_, threshold, message) => {
    const nodes = [{ op: "error" }, { op: "errorThreshold" }, { op: "min", args: [0, 1] }];
    const own = { nodes, error: 2, ...(threshold !== undefined && { threshold }) };
    await expect(rule(textbook, smoothL1(), { modulation: own })).rejects.toMatchObject({
      code: "range",
      message: `modulation.threshold: ${message}`,
    });
  });

  it("where it is a modulation with a threshold that its graph does not look at", async () => {
    const own = { nodes: [{ op: "error" }], error: 0, threshold: 1 };
    await expect(rule(textbook, smoothL1(), { modulation: own })).rejects.toMatchObject({
      code: "range",
      message: "modulation.threshold: expected none, since no errorThreshold stands in the graph, found 1",
    });
  });

  it("where it is a modulation of something else than the error and the potential", async () => {
    const own = { nodes: [{ op: "readout" }], error: 0 };
    await expect(rule(textbook, smoothL1(), { modulation: own })).rejects.toMatchObject({
      code: "config",
      message: expect.stringContaining("modulation.nodes[0] (readout, in modulation): a modulation has no readout"),
    });
  });

  it("before it is looked into, where it has a million nodes", async () => {
    const { binding } = await selectBackend();
    const nodes = `[${'{"op":"event"},'.repeat(1_000_000)}{"op":"event"}]`;
    const request = `{"neuron":{"type":"neuron","nodes":${nodes}},"costs":[]}`;
    await expect(async () => binding.deriveRule(request)).rejects.toThrow(
      /^rule: expected at most 1048576 bytes of JSON, found \d+$/,
    );
  });

  it("and sums that double at each node print in bounded length", async () => {
    const wide = neuron({
      name: "wide",
      state: { potential: 0 },
      step: (s, { input }) => ({ potential: s.potential.times(0.5).plus(input) }),
      membrane: (s, bias) => {
        let sum = s.potential.plus(bias);
        for (let times = 0; times < 80; times++) sum = sum.plus(sum.tanh());
        return sum;
      },
      surrogate: { type: "boxcar" },
    });
    expect((await rule(wide, smoothL1())).toString().length).toBeLessThan(100_000);
  });
});
