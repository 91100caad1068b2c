/**
 * OTTT, online training through time: Xiao, Meng, Zhang, He & Lin 2022, arXiv:2210.04195, here in one layer with a local
 * cost. The reset is left out of the gradient, so that the presynaptic trace â[t] = λ â[t−1] + x[t] is all there is.
 */
import { sigmoidDerivative } from "../../neuron/surrogate.js";
import { decay, leak } from "../constants.js";
import { type NeuronGraph, neuron } from "../neuron.js";

/** Constants of the neuron. */
export interface Ottt {
  /** λ, decay of the potential per step; 0.5 by default. */
  readonly lambda?: number;
  /** Threshold; 1 by default. */
  readonly threshold?: number;
}

/**
 * The neuron of OTTT: leaky, reset by subtraction.
 *
 * @param options - Constants.
 * @returns The neuron.
 */
export function ottt(options: Ottt = {}): NeuronGraph {
  const { lambda = 0.5, threshold = 1 } = options;
  return neuron({
    name: "ottt",
    constants: { lambda: decay(lambda), threshold },
    state: { potential: 0 },
    symbols: { lambda: "λ", threshold: "θ", potential: "u" },
    step: (s, { input, spike }, c) => ({
      potential: leak(s.potential.minus(spike.times(c.threshold)), c.lambda).plus(input),
    }),
    membrane: (s, bias, c) => s.potential.plus(bias).minus(c.threshold),
    surrogate: sigmoidDerivative({ slope: 4 }),
  });
}
