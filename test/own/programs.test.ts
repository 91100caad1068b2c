/** What `network.describe()` tells of each layer's fused forms and programs. */
import { describe, expect, it } from "vitest";
import {
  boxcar,
  cost,
  decay,
  type LayerPrograms,
  type LayerSpecification,
  leak,
  lif,
  Network,
  type NetworkSpecification,
  type NeuronGraph,
  neuron,
  smoothL1Of,
  weighted,
} from "../../src/index.js";
import { neurons } from "../plasticity/neurons.js";
import { builtInLif, paperLif } from "./neurons.js";

const written = (name: string) => neurons[name] as NeuronGraph;
const ownCost = cost(({ readout, target }) => smoothL1Of(readout, target));

/** Weights that meet two traces, one fast and one slow. */
const twoTraces = neuron({
  name: "twoTraces",
  constants: { fast: decay(0.5), slow: decay(0.9) },
  traces: { fast: 0, slow: 0 },
  trace: (traces, { event }, c) => ({
    fast: leak(traces.fast, c.fast).plus(event),
    slow: leak(traces.slow, c.slow).plus(event),
  }),
  membrane: (_, bias, __, { traces }) => weighted(traces.fast.minus(traces.slow)).plus(bias),
  surrogate: boxcar(),
});

const fused: LayerPrograms = { inputs: null, neurons: null, cost: null, delta: null, gradient: null };
const own = "one's own: compiled, even where it computes what a built-in one does";
const delta = "neuron or cost is one's own";
const ownNeuron = { neurons: own, delta };
const otherTraces = "weights meet something else than one trace, of one leak or two that do not learn";
const conv = { type: "conv2d", channels: 3, kernel: 3 } as const;
const dense = { type: "dense", units: 5 } as const;

const layers: Readonly<Record<string, readonly [LayerSpecification, Partial<LayerPrograms>]>> = {
  "nothing of a built-in neuron and cost": [dense, {}],
  "nothing of a built-in neuron with decay factors of its own": [
    { ...conv, neuron: lif({ alpha: { low: 0.5, high: 0.9 } }) },
    {},
  ],
  "cost and δ of a cost of one's own": [
    { ...dense, cost: ownCost },
    { cost: own, delta },
  ],
  "neurons and δ of a neuron of one's own that is the built-in one written out": [
    { ...conv, neuron: paperLif },
    ownNeuron,
  ],
  "neurons, cost and δ where both are one's own": [
    { ...dense, neuron: paperLif, cost: ownCost },
    { ...ownNeuron, cost: own },
  ],
  "gradients of synapses with a trace each": [
    { ...dense, neuron: written("reset to zero, exact") },
    { ...ownNeuron, gradient: "state that does not factorise has a trace for each synapse" },
  ],
  "traces and gradients where constants learn": [
    { ...dense, neuron: written("learned constants") },
    { ...ownNeuron, inputs: otherTraces, gradient: "constants learn" },
  ],
  "traces and gradients where weights meet two traces": [
    { ...dense, neuron: twoTraces },
    { ...ownNeuron, inputs: otherTraces, gradient: otherTraces },
  ],
  "traces alone of a convolution, whose weights are shared": [
    { ...conv, neuron: twoTraces },
    { ...ownNeuron, inputs: otherTraces },
  ],
};

describe("describe() tells what of a layer runs as programs, and why", () => {
  it.each(Object.entries(layers))("%s", async (_, [layer, programs]) => {
    const specification: NetworkSpecification = {
      input: { channels: 2, height: 6, width: 6 },
      layers: [layer, dense],
      readout: { units: 3 },
      neuron: builtInLif,
    };
    using network = await Network.create(specification);
    const found = (await network.describe()).layers.map((described) => described.programs);
    expect(found).toEqual([{ ...fused, ...programs }, fused]);
    using loaded = await Network.fromBytes(await network.toBytes());
    expect((await loaded.describe()).layers.map((described) => described.programs)).toEqual(found);
  });
});
