/**
 * SLTT, spatial learning through time: Meng, Xiao, Yan, Wang, Lin & Luo 2023, arXiv:2302.14311, here in one layer with a
 * local cost. No gradient passes from step to step at all: the presynaptic factor is this step's input.
 */
import { sigmoidDerivative } from "../../neuron/surrogate.js";
import { decay, leak } from "../constants.js";
import { stopGradient } from "../expression.js";
import { type NeuronGraph, neuron } from "../neuron.js";

/** Constants of the neuron. */
export interface Sltt {
  /** λ, decay of the potential per step; 0.5 by default. */
  readonly lambda?: number;
  /** Threshold; 1 by default. */
  readonly threshold?: number;
}

/**
 * The neuron of SLTT: that of OTTT, with the potential of the step before stopped.
 *
 * @param options - Constants.
 * @returns The neuron.
 */
export function sltt(options: Sltt = {}): NeuronGraph {
  const { lambda = 0.5, threshold = 1 } = options;
  return neuron({
    name: "sltt",
    constants: { lambda: decay(lambda), threshold },
    state: { potential: 0 },
    symbols: { lambda: "λ", threshold: "θ", potential: "u" },
    step: (s, { input, spike }, c) => ({
      potential: leak(stopGradient(s.potential).minus(spike.times(c.threshold)), c.lambda).plus(input),
    }),
    membrane: (s, bias, c) => s.potential.plus(bias).minus(c.threshold),
    surrogate: sigmoidDerivative({ slope: 4 }),
  });
}
