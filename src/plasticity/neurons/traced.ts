/** What the neurons of DECOLLE have in common: traces P and Q of every input, refractory trace R of every neuron. */
import { decay } from "../constants.js";
import type { Expression } from "../expression.js";
import type { MembraneContext } from "../neuron.js";
import { weighted } from "../operations.js";

/** Constants of a neuron of DECOLLE, all decay factors per step. */
export interface Traced {
  /** α of the membrane trace. */
  readonly alpha: number;
  /** β of the synaptic trace. */
  readonly beta: number;
  /** γ of the refractory trace. */
  readonly gamma: number;
  /** ρ, weight of refractoriness. */
  readonly rho: number;
}

/** Names of traces and state. */
type Membrane = { readonly synaptic: number; readonly membrane: number };

/**
 * The part of a neuron's definition that does not differ between the versions of DECOLLE.
 *
 * @internal
 *
 * @param constants - Their values.
 * @returns Constants, variables at rest, symbols, and U = W P + b − ρ R.
 */
export function traced({ alpha, beta, gamma, rho }: Traced) {
  return {
    constants: { alpha: decay(alpha), beta: decay(beta), gamma: decay(gamma), rho },
    traces: { synaptic: 0, membrane: 0 },
    state: { refractory: 0 },
    symbols: { alpha: "α", beta: "β", gamma: "γ", rho: "ρ", synaptic: "Q", membrane: "P", refractory: "R" },
    membrane: (
      state: { readonly refractory: Expression<"neuron"> },
      bias: Expression<"neuron">,
      c: { readonly rho: Expression<"layer"> },
      { traces }: MembraneContext<Membrane>,
    ) => weighted(traces.membrane).plus(bias).minus(state.refractory.times(c.rho)),
  };
}
