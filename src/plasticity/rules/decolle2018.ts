/** DECOLLE of 2018: Kaiser, Mostafa & Neftci, arXiv:1811.10766, as in its code: traces that are not normalised, P from the new Q. */
import { sigmoidDerivative } from "../../neuron/surrogate.js";
import { type Fields, readOptions } from "../../values/options.js";
import { gainOf, leak } from "../constants.js";
import { type NeuronGraph, neuron } from "../neuron.js";
import { traced } from "../neurons/traced.js";

/** Constants of the neuron, all decay factors per step. */
export interface Decolle2018 {
  /** α of the membrane trace; 0.9 by default. */
  readonly alpha?: number;
  /** β of the synaptic trace; 0.87 by default. */
  readonly beta?: number;
  /** γ of the refractory trace; 0.9 by default. */
  readonly gamma?: number;
  /** ρ, weight of refractoriness; 1 by default. */
  readonly rho?: number;
}

const fields: Fields<Decolle2018> = { alpha: "number", beta: "number", gamma: "number", rho: "number" };

/**
 * The neuron of 2018: both gains 1/(1−d), and a refractory trace that the potential sees one decay later.
 *
 * @param options - Constants.
 * @returns The neuron.
 */
export function decolle2018(options: Decolle2018 = {}): NeuronGraph {
  const { alpha = 0.9, beta = 0.87, gamma = 0.9, rho = 1 } = readOptions(options, fields, "decolle2018");
  return neuron({
    name: "decolle2018",
    ...traced({ alpha, beta, gamma, rho }),
    trace: (traces, { event }, c) => {
      const synaptic = leak(traces.synaptic, c.beta).plus(event.times(gainOf(c.beta).reciprocal()));
      return { synaptic, membrane: leak(traces.membrane, c.alpha).plus(synaptic.times(gainOf(c.alpha).reciprocal())) };
    },
    step: (state, { spike }, c) => ({ refractory: leak(state.refractory.plus(spike), c.gamma) }),
    surrogate: sigmoidDerivative(),
  });
}
