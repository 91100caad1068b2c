/**
 * A neuron with a threshold that rises with its spikes: Bellec, Salaj, Subramoney, Legenstein & Maass 2018,
 * arXiv:1803.09574, here with current and potential as in textbooks and no gradient through the threshold.
 */
import { boxcar } from "../../neuron/surrogate.js";
import { type Fields, readOptions } from "../../values/options.js";
import { leak, ms } from "../constants.js";
import { type NeuronGraph, neuron } from "../neuron.js";

/** Constants of the neuron; times in milliseconds. */
export interface Adaptive {
  /** Time constant of the potential; 20 by default. */
  readonly membrane?: number;
  /** Time constant of the current; 5 by default. */
  readonly synapse?: number;
  /** Time constant of refractoriness; 2 by default. */
  readonly refractory?: number;
  /** Time constant of the threshold; 200 by default. */
  readonly adaptation?: number;
  /** How far a spike raises the threshold; 0.3 by default. */
  readonly strength?: number;
}

const fields: Fields<Adaptive> = {
  membrane: "number",
  synapse: "number",
  refractory: "number",
  adaptation: "number",
  strength: "number",
};

/**
 * The adaptive neuron. Current and potential factorise into two traces an input; the threshold costs a number a neuron.
 *
 * @param options - Constants.
 * @returns The neuron.
 */
export function adaptive(options: Adaptive = {}): NeuronGraph {
  const {
    membrane = 20,
    synapse = 5,
    refractory = 2,
    adaptation = 200,
    strength = 0.3,
  } = readOptions(options, fields, "adaptive");
  return neuron({
    name: "adaptive",
    constants: {
      membrane: ms(membrane),
      synapse: ms(synapse),
      refractory: ms(refractory),
      adaptation: ms(adaptation),
      strength,
    },
    state: { current: 0, potential: 0, refractory: 0, threshold: 0 },
    step: (s, { input, spike }, c) => ({
      current: leak(s.current, c.synapse).plus(input),
      potential: leak(s.potential, c.membrane).plus(s.current),
      refractory: leak(s.refractory, c.refractory).plus(spike),
      threshold: leak(s.threshold, c.adaptation).plus(spike.times(c.strength)),
    }),
    membrane: (s, bias) => s.potential.plus(bias).minus(s.refractory).minus(s.threshold),
    surrogate: boxcar({ width: 0.5 }),
  });
}
