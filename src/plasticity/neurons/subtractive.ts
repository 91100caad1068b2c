/** What OTTT and SLTT have in common: a leaky neuron, reset by subtraction. */
import { sigmoidDerivative } from "../../neuron/surrogate.js";
import { type Fields, readOptions } from "../../values/options.js";
import { decay, leak } from "../constants.js";
import type { Expression } from "../expression.js";
import { type NeuronGraph, neuron } from "../neuron.js";

/** Constants of a leaky neuron that is reset by subtraction. */
export interface Subtractive {
  /** λ, decay of the potential per step; 0.5 by default. */
  readonly lambda?: number;
  /** Threshold; 1 by default. */
  readonly threshold?: number;
}

const fields: Fields<Subtractive> = { lambda: "number", threshold: "number" };

/**
 * The neuron u[t] = λ (u[t−1] − θ s[t−1]) + Σ_j W_ij x_j[t], which spikes where u + b is above θ.
 *
 * @internal
 *
 * @param name - What messages and rules call it.
 * @param options - Constants.
 * @param before - What the gradient sees of the potential of the step before.
 * @returns The neuron.
 */
export function subtractive(
  name: string,
  options: Subtractive,
  before: (potential: Expression<"neuron">) => Expression<"neuron">,
): NeuronGraph {
  const { lambda = 0.5, threshold = 1 } = readOptions(options, fields, name);
  return neuron({
    name,
    constants: { lambda: decay(lambda), threshold },
    state: { potential: 0 },
    symbols: { lambda: "λ", threshold: "θ", potential: "u" },
    step: (s, { input, spike }, c) => ({
      potential: leak(before(s.potential).minus(spike.times(c.threshold)), c.lambda).plus(input),
    }),
    membrane: (s, bias, c) => s.potential.plus(bias).minus(c.threshold),
    surrogate: sigmoidDerivative({ slope: 4 }),
  });
}
