/** The interpreted rule computes the bits of the fused one: spikes, potentials, traces, readouts and gradients, step by step. */
import { describe, expect, it } from "vitest";
import {
  type Cost,
  decolle2020,
  errorTriggered,
  feedbackAlignment,
  type Lif,
  type ModulationGraph,
  Network,
  type NeuronGraph,
  type Regularizer,
  type Surrogate,
  signConcordant,
} from "../../src/index.js";
import { xorshift } from "../determinism/training.js";
import { interpret, lastStepOf, parametersOf } from "./interpreter.js";
import { textbookLif } from "./neurons.js";

const [samples, inputs, units, classes, steps] = [3, 11, 7, 4, 40];

interface Case {
  readonly lif: Omit<Lif, "type">;
  readonly cost?: Cost;
  readonly regularizer?: Regularizer;
  readonly errorTrigger?: { readonly threshold: number };
  /** The trigger as a user writes it; by default the built-in one. */
  readonly modulation?: ModulationGraph;
  readonly alignment?: boolean;
  /** Overwrites the feedback weights. */
  readonly feedback?: (network: Network) => void | Promise<void>;
  readonly oneHot?: boolean;
  /** Biases that keep the mean activity below 0.1, where the second term of the regulariser sets in. */
  readonly quiet?: boolean;
  /** The same neuron as a user writes it; by default the built-in one. */
  readonly own?: NeuronGraph;
}

const surrogates: readonly Surrogate[] = [
  { type: "boxcar", width: 0.5 },
  { type: "fastSigmoid", slope: 10 },
  { type: "sigmoid", slope: 2 },
];

const cases: Record<string, Case> = {
  "with the current trace, reciprocal gains and decayed refractoriness": {
    lif: { trace: "current", traceGain: "reciprocal", refractory: "decayed", surrogate: { type: "sigmoid" } },
  },
  "with gains of one and additive refractoriness": { lif: { traceGain: "one", refractory: "additive" } },
  "with spikes that take the potential away, and spikes at the threshold": {
    lif: { refractory: "potential", spikeAtThreshold: true },
  },
  "with the squared error": { lif: {}, cost: { type: "meanSquared" } },
  "with cross-entropy": { lif: {}, cost: { type: "crossEntropy" }, oneHot: true },
  "with the regulariser on the logistic function": {
    lif: {},
    regularizer: { upper: 0.3, lower: 5, lowerActivity: "sigmoid" },
  },
  "with the regulariser on the logistic function, in a quiet layer": {
    lif: {},
    regularizer: { upper: 0.3, lower: 5, lowerActivity: "sigmoid" },
    quiet: true,
  },
  "with the regulariser on the potential": {
    lif: {},
    regularizer: { upper: 0.3, lower: 5, lowerActivity: "potential" },
  },
  "with an error trigger": { lif: {}, errorTrigger: { threshold: 0.004 } },
  "with an error trigger written by a user": {
    lif: {},
    errorTrigger: { threshold: 0.004 },
    modulation: errorTriggered(0.004),
  },
  "with feedback of the readout's signs and random sizes": { lif: {}, alignment: true },
  "with feedback alignment": { lif: {}, alignment: true, feedback: (network) => feedbackAlignment(network) },
  "with sign-concordant readouts": { lif: {}, alignment: true, feedback: signConcordant },
  "written by a user in the paper's form": {
    lif: { alpha: 0.97, beta: 0.92, surrogate: { type: "boxcar" } },
    own: decolle2020(),
  },
  "written by a user with current and potential, weights moved out": {
    lif: { alpha: 0.9, beta: 0.8, surrogate: { type: "fastSigmoid" } },
    own: textbookLif,
  },
  ...Object.fromEntries(
    surrogates.map((surrogate): [string, Case] => [`with the surrogate ${surrogate.type}`, { lif: { surrogate } }]),
  ),
};

describe("the interpreted rule equals the fused one bit for bit", () => {
  it.each(Object.entries(cases))("%s", async (_, given) => {
    const lif = { type: "lif", ...given.lif } as const;
    const cost = given.cost ?? { type: "smoothL1" };
    const { regularizer = null, errorTrigger = null, modulation = null } = given;
    using network = await Network.create({
      input: { units: inputs },
      layers: [{ type: "dense", units }],
      readout: { units: classes, scale: 2, feedback: given.alignment ? "alignment" : "readout" },
      neuron: lif,
      cost,
      regularizer,
      errorTrigger,
      optimizer: { type: "sgd", learningRate: 0.1 },
      initialization: { type: "uniform", dense: 4, conv: 4, bias: 20 },
      // The rule is written in traces; what is carried behind the weights rounds in another order.
      propagation: "dense",
      seed: 5,
    });
    await given.feedback?.(network);
    if (given.quiet) await network.setTensor("layers.0.bias", new Float32Array(units).fill(-3.5));
    const next = xorshift(7);
    const counts = Array.from({ length: steps }, () =>
      Uint8Array.from({ length: samples * inputs }, () => Math.max(0, (next() % 8) - 5)),
    );
    const target = Float32Array.from({ length: samples * classes }, (_, place) =>
      given.oneHot ? Number(place % classes === Math.floor(place / classes)) : (next() % 1000) / 500 - 1,
    );
    const simulated = await interpret({
      neuron: given.own ?? lif,
      costs: [cost],
      regularizer,
      errorTrigger: modulation === null ? errorTrigger : null,
      modulation,
      simulation: {
        samples,
        inputs,
        neurons: units,
        classes,
        ...(await parametersOf(network)),
        events: counts.map((step) => Array.from(step)),
        target: Array.from(target),
      },
    });
    let spikes = 0;
    let carried = 0;
    for (const [step, expected] of simulated.entries()) {
      const input = { counts: counts[step] ?? new Uint8Array(), samples, steps: 1 };
      const keepState = step > 0;
      // Two learning steps make an update, so one leaves the weights as they are and its gradient to be read.
      const options = { keepState, updateEvery: 2, flushGradient: false };
      using copy = await Network.fromBytes(await network.toBytes());
      await copy.learn({ input, target: { values: target } }, options);
      const found = async (name: string) => Array.from((await copy.tensor(name)).data);
      const at = `step ${step}`;
      expect(await found("state.layers.0.synapticTrace"), at).toEqual(expected.traces[0]);
      expect(await found("state.layers.0.membraneTrace"), at).toEqual(expected.traces[1]);
      const { potential, spikes: fired, readout, weightGradient, biasGradient } = expected;
      expect(await lastStepOf(copy), at).toEqual({ potential, spikes: fired, readout, weightGradient, biasGradient });
      spikes += expected.spikes.reduce((sum, spike) => sum + spike, 0);
      carried += expected.weightGradient.filter((gradient) => gradient !== 0).length;
      await network.run({ input }, { keepState });
    }
    if (!given.quiet) expect(spikes).toBeGreaterThan(20);
    expect(carried).toBeGreaterThan(500);
  });
});
