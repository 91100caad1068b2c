/**
 * OTTT, online training through time: Xiao, Meng, Zhang, He & Lin 2022, arXiv:2210.04195, here in one layer with a local
 * cost. The reset is left out of the gradient, so that the presynaptic trace â[t] = λ â[t−1] + x[t] is all there is.
 */
import type { NeuronGraph } from "../neuron.js";
import { type Subtractive, subtractive } from "../neurons/subtractive.js";

/** Constants of the neuron. */
export type Ottt = Subtractive;

/**
 * The neuron of OTTT: leaky, reset by subtraction.
 *
 * @param options - Constants.
 * @returns The neuron.
 */
export function ottt(options: Ottt = {}): NeuronGraph {
  return subtractive("ottt", options, (potential) => potential);
}
