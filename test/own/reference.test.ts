/** Neurons and costs of a user's in a network: the bits of the interpreter, step by step, through checkpoints. */
import { describe, expect, it } from "vitest";
import {
  type Cost,
  type CostGraph,
  cost as costOf,
  type Lif,
  lif,
  mean,
  Network,
  type NetworkSpecification,
  type NeuronGraph,
  type Regularizer,
  smoothL1Of,
} from "../../src/index.js";
import { xorshift } from "../determinism/training.js";
import { interpret, lastStepOf, parametersOf } from "../plasticity/interpreter.js";
import { costs, neurons, recurrentNeurons } from "../plasticity/neurons.js";
import { layered } from "./neurons.js";

const [samples, inputs, units, classes, steps] = [3, 11, 37, 4, 30];

interface Case {
  readonly neuron: Lif | NeuronGraph;
  readonly cost: Cost | CostGraph;
  readonly regularizer?: Regularizer;
  readonly errorTrigger?: { readonly threshold: number };
  readonly alignment?: boolean;
  /** Cost terms that the network counts only in δ: those of a regulariser. */
  readonly looseLoss?: boolean;
}

async function compare(given: Case): Promise<void> {
  const { neuron, cost, regularizer = null, errorTrigger = null } = given;
  const specification: NetworkSpecification = {
    input: { units: inputs },
    layers: [{ type: "dense", units }],
    readout: { units: classes, scale: 2, feedback: given.alignment ? "alignment" : "readout" },
    neuron,
    cost,
    regularizer,
    errorTrigger,
    optimizer: { type: "sgd", learningRate: 0.1 },
    initialization: { type: "uniform", dense: 2, conv: 4, bias: 5 },
    // What is carried behind the weights rounds in another order.
    propagation: "dense",
    seed: 5,
  };
  using network = await Network.create(specification);
  const next = xorshift(7);
  const counts = Array.from({ length: steps }, () =>
    Uint8Array.from({ length: samples * inputs }, () => Math.max(0, (next() % 8) - 5)),
  );
  const target = Float32Array.from({ length: samples * classes }, (_, place) =>
    Number(place % classes === Math.floor(place / classes)),
  );
  const simulated = await interpret({
    neuron,
    costs: [cost],
    regularizer,
    errorTrigger,
    recurrent: false,
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
  const names = neuron.type === "neuron" ? neuron.state.map((state) => state.name) : [];
  // Of a state from which the weights were moved out, the network keeps what is left.
  const moved = (await network.rule(0)).treatments.filter((text) => text.includes("moved out"));
  const remainders: ReadonlySet<string | undefined> = new Set(moved.map((text) => text.split(/[: ]/)[0]));
  for (const [step, expected] of simulated.entries()) {
    const input = { counts: counts[step] ?? new Uint8Array(), samples, steps: 1 };
    const keepState = step > 0;
    // Two learning steps make an update, so one leaves the weights as they are and its gradient to be read.
    const options = { keepState, updateEvery: 2, flushGradient: false };
    using copy = await Network.fromBytes(await network.toBytes());
    const { layers } = await copy.learn({ input, target: { values: target } }, options);
    const found = async (name: string) => Array.from((await copy.tensor(name)).data);
    const at = `step ${step}`;
    const { potential, spikes, readout, weightGradient, biasGradient } = expected;
    expect(await lastStepOf(copy), at).toEqual({ potential, spikes, readout, weightGradient, biasGradient });
    const existing = await copy.tensors();
    const learning = existing.filter((tensor) => tensor.startsWith("gradient.layers.0.constants."));
    expect(await Promise.all(learning.map(found)), at).toEqual(expected.constantGradients);
    for (const [index, name] of names.entries()) {
      const tensor = `state.layers.0.neuron.${name}`;
      if (existing.includes(tensor) && !remainders.has(name))
        expect(await found(tensor), at).toEqual(expected.states[index]);
    }
    const loss = layers[0]?.loss ?? Number.NaN;
    if (!given.looseLoss) expect(Math.abs(loss / expected.cost - 1), at).toBeLessThan(1e-6);
    await network.run({ input }, { keepState });
  }
  expect(simulated.flatMap((step) => step.weightGradient).filter((gradient) => gradient !== 0).length).toBeGreaterThan(
    500,
  );
}

const smoothL1 = { type: "smoothL1" } as const;
const everyNeuron = Object.entries({ ...neurons, ...recurrentNeurons, ...layered });

describe("a network computes what the interpreter does, bit for bit", () => {
  it.each(everyNeuron)("with the neuron %s", (_, neuron) => compare({ neuron, cost: smoothL1 }));

  it.each(Object.entries(costs))("with the cost %s", (_, definition) =>
    compare({ neuron: lif({ alpha: 0.9, beta: 0.8 }), cost: costOf(definition) }),
  );

  it.each(Object.entries(costs))("with a neuron of one's own and the cost %s", (_, definition) =>
    compare({ neuron: neurons.adaptive as NeuronGraph, cost: costOf(definition) }),
  );

  it("with a cost on a state variable", () =>
    compare({
      neuron: neurons.adaptive as NeuronGraph,
      cost: costOf(({ readout, target, state }) =>
        smoothL1Of(readout, target).plus(mean(state("potential").square()).times(0.3)),
      ),
    }));

  it("with a cost on state that has eligibility traces, as much as the readout says", () =>
    compare({
      neuron: neurons["eprop"] as NeuronGraph,
      cost: costOf(({ readout, target, state }) =>
        smoothL1Of(readout, target).plus(mean(state("rise")).times(mean(readout.square()))),
      ),
    }));

  it("with a regulariser, an error trigger and feedback of its own beside them", () =>
    compare({
      neuron: neurons["saturating potential"] as NeuronGraph,
      cost: costOf(({ readout, target }) => smoothL1Of(readout, target)),
      regularizer: { upper: 0.3, lower: 5, lowerActivity: "sigmoid" },
      errorTrigger: { threshold: 0.004 },
      alignment: true,
      looseLoss: true,
    }));
});
