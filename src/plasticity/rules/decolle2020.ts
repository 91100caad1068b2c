/** DECOLLE: Kaiser, Mostafa & Neftci 2020, doi:10.3389/fnins.2020.00424, eqs. 1–8, in the paper's own form with traces. */
import { boxcar } from "../../neuron/surrogate.js";
import { type Fields, readOptions } from "../../values/options.js";
import { gainOf, leak } from "../constants.js";
import { type NeuronGraph, neuron } from "../neuron.js";
import { traced } from "../neurons/traced.js";

/** Constants of the neuron, all decay factors per step. */
export interface Decolle2020 {
  /** α of the membrane trace; 0.97 by default. */
  readonly alpha?: number;
  /** β of the synaptic trace; 0.92 by default. */
  readonly beta?: number;
  /** γ of the refractory trace; 0.65 by default. */
  readonly gamma?: number;
  /** ρ, weight of refractoriness; 1 by default. */
  readonly rho?: number;
}

const fields: Fields<Decolle2020> = { alpha: "number", beta: "number", gamma: "number", rho: "number" };

/**
 * The neuron of 2020: traces P and Q of every input, refractory trace R of every neuron.
 *
 * @param options - Constants.
 * @returns The neuron; it computes the bits of `lif` with the boxcar.
 */
export function decolle2020(options: Decolle2020 = {}): NeuronGraph {
  const { alpha = 0.97, beta = 0.92, gamma = 0.65, rho = 1 } = readOptions(options, fields, "decolle2020");
  return neuron({
    name: "decolle2020",
    ...traced({ alpha, beta, gamma, rho }),
    trace: (traces, { event }, c) => ({
      synaptic: leak(traces.synaptic, c.beta).plus(event.times(gainOf(c.beta))),
      membrane: leak(traces.membrane, c.alpha).plus(traces.synaptic.times(gainOf(c.alpha))),
    }),
    step: (state, { spike }, c) => ({
      refractory: leak(state.refractory, c.gamma).plus(spike.times(gainOf(c.gamma))),
    }),
    surrogate: boxcar(),
  });
}
