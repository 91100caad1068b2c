/**
 * Neurons of NIR in the language of one's own neurons. Potentials are what NIR has them to be, in time steps of Δt by forward
 * Euler, v ← v + (Δt/τ)(v_leak − v + R I); all gains of the input are in the weights, docs/nir.md says how:
 *
 *     LIF:      p ← λ p + Σ_j W_ij x_j                       λ = 1 − Δt/τ
 *     CubaLIF:  i ← κ i + Σ_j W_ij x_j,  p ← λ p + i + ε      κ = 1 − Δt/τ_syn
 *     IF:       p ← p + Σ_j W_ij x_j
 *
 * A bias is a constant current, so it reaches the potential by the same leaks: v = p + m b, where m follows as p does from 1.
 */

import type { Surrogate } from "../../neuron/surrogate.js";
import { fastSigmoid } from "../../neuron/surrogate.js";
import { decay, leak } from "../../plasticity/constants.js";
import type { Expression } from "../../plasticity/expression.js";
import { type NeuronGraph, neuron } from "../../plasticity/neuron.js";
import { select, stopGradient } from "../../plasticity/operations.js";
import { isObject } from "../../values/brands.js";

/** What becomes of a potential that spikes: it is set to a value, or the threshold is taken from it. */
export type NirReset = "value" | "subtract";

/** A neuron of NIR, all gains of its input left to the weights. */
export interface NirNeuron {
  /** Which one. */
  readonly type: "LIF" | "CubaLIF" | "IF";
  /** λ, what is left of the potential after a step; 1 for IF. */
  readonly membrane: number;
  /** κ, what is left of the current after a step; 0 but for CubaLIF. */
  readonly synapse: number;
  /** The potential above which it spikes. */
  readonly threshold: number;
  /** What becomes of the potential then. */
  readonly reset: NirReset;
  /** The potential that it is set to; 0 where the threshold is taken from it. */
  readonly resetTo: number;
  /** ε, what the potential gains in each step by itself; 0 but for CubaLIF. */
  readonly gain: number;
}

type Value = Expression<"neuron">;

/**
 * A neuron of NIR as one of one's own.
 *
 * @param given - Its constants.
 * @param surrogate - What stands in for the threshold's derivative.
 * @returns The neuron.
 */
export function nirNeuron(given: NirNeuron, surrogate: Surrogate = fastSigmoid({ slope: 10 })): NeuronGraph {
  const { type, membrane, synapse, threshold, reset, resetTo, gain } = given;
  const constants = {
    membrane: decay(type === "IF" ? 0 : membrane),
    synapse: decay(synapse),
    threshold,
    resetTo,
    gain,
  };
  // What a spike takes away, which no gradient passes.
  const after = (value: Value, spike: Value, goal: Expression<"layer">, amount: Expression<"layer">) =>
    value.minus(reset === "subtract" ? spike.times(amount) : stopGradient(select(spike, value.minus(goal), 0)));
  const course = (value: Value, spike: Value) =>
    reset === "subtract" ? value : value.minus(stopGradient(select(spike, value, 0)));
  return neuron({
    name: type,
    constants,
    state: { current: 0, rise: 0, potential: 0, course: 0 },
    symbols: { membrane: "λ", synapse: "κ", threshold: "θ", potential: "p", course: "m", gain: "ε" },
    step: (s, { input, spike }, c) => {
      const isCuba = type === "CubaLIF";
      const current = isCuba ? leak(s.current, c.synapse).plus(input) : s.current;
      const rise = isCuba ? leak(s.rise, c.synapse).plus(1) : s.rise;
      const left = (value: Value) => (type === "IF" ? value : leak(value, c.membrane));
      return {
        current,
        rise,
        potential: left(after(s.potential, spike, c.resetTo, c.threshold)).plus(isCuba ? current.plus(c.gain) : input),
        course: left(course(s.course, spike)).plus(isCuba ? rise : 1),
      };
    },
    membrane: (s, bias, c) => s.potential.plus(s.course.times(bias)).minus(c.threshold),
    surrogate,
  });
}

/**
 * The neuron of NIR that a neuron of one's own is.
 *
 * @param graph - The neuron.
 * @returns Its constants; undefined where it is another.
 */
export function nirNeuronOf(graph: NeuronGraph): NirNeuron | undefined {
  // What comes out of the metadata of a graph has not been checked.
  const lists = [graph.constants, graph.traces, graph.state, graph.nodes] as readonly unknown[];
  if (!lists.every((list) => Array.isArray(list) && list.every(isObject))) return undefined;
  const type = (["LIF", "CubaLIF", "IF"] as const).find((type) => type === graph.name);
  if (type === undefined) return undefined;
  const value = (name: string): number => {
    const given: unknown = graph.constants.find((constant) => constant.name === name)?.value;
    return typeof given === "number" ? given : Number.NaN;
  };
  for (const reset of ["value", "subtract"] as const) {
    const own: NirNeuron = {
      type,
      membrane: type === "IF" ? 1 : value("membrane"),
      synapse: value("synapse"),
      threshold: value("threshold"),
      reset,
      resetTo: value("resetTo"),
      gain: value("gain"),
    };
    if (Object.values(own).every((part) => !Number.isNaN(part)) && sameDynamics(nirNeuron(own), graph)) return own;
  }
  return undefined;
}

/** Whether two neurons compute the same, whatever their surrogates. */
function sameDynamics(one: NeuronGraph, other: NeuronGraph): boolean {
  return dynamicsOf(one) === dynamicsOf(other);
}

function dynamicsOf({ constants, traces, state, membrane, spike, nodes }: NeuronGraph): string {
  const length = state.reduce((most, { next }) => Math.max(most, next), membrane) + 1;
  const plain = constants.map(({ name, kind, value }) => [name, kind, value]);
  const variables = [...traces, ...state].map(({ name, initial, next }) => [name, initial, next]);
  // What comes out of a network has its fields in another order.
  const sorted = nodes.slice(0, length).map((node) => Object.entries(node).sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify([plain, variables, membrane, spike, sorted]);
}
