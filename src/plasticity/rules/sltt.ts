/**
 * SLTT, spatial learning through time: Meng, Xiao, Yan, Wang, Lin & Luo 2023, arXiv:2302.14311, here in one layer with a
 * local cost. No gradient passes from step to step at all: the presynaptic factor is this step's input.
 */

import type { NeuronGraph } from "../neuron.js";
import { type Subtractive, subtractive } from "../neurons/subtractive.js";
import { stopGradient } from "../operations.js";

/** Constants of the neuron. */
export type Sltt = Subtractive;

/**
 * The neuron of SLTT: that of OTTT, with the potential of the step before stopped.
 *
 * @param options - Constants.
 * @returns The neuron.
 */
export function sltt(options: Sltt = {}): NeuronGraph {
  return subtractive("sltt", options, stopGradient);
}
