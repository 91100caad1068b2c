/**
 * e-prop: Bellec, Scherr, Subramoney, Hajek, Salaj, Legenstein & Maass 2020, doi:10.1038/s41467-020-17236-y. The threshold
 * adapts to the neuron's own spikes, and the gradient follows.
 */

import { type Fields, readOptions } from "../../values/options.js";
import { leak, ms } from "../constants.js";
import { type NeuronGraph, neuron } from "../neuron.js";
import { follow } from "../operations.js";

/** Constants of the neuron; times in milliseconds. */
export interface Eprop {
  /** Time constant of the potential; 20 by default. */
  readonly membrane?: number;
  /** Time constant of the threshold; 200 by default. */
  readonly adaptation?: number;
  /** Threshold v_th, above 0; 0.6 by default. */
  readonly threshold?: number;
  /** β, how far a spike raises the threshold; 0.17 by default. */
  readonly strength?: number;
}

const fields: Fields<Eprop> = { membrane: "number", adaptation: "number", threshold: "number", strength: "number" };

/**
 * An adaptive neuron whose threshold stays in the gradient, so that every synapse has an eligibility trace. The reset is
 * stopped, as in e-prop; the pseudo-derivative is a triangle around the threshold, (γ / v_th) max(0, 1 − |v − A| / v_th)
 * with γ = 0.3.
 *
 * @param options - Constants.
 * @returns The neuron.
 */
export function eprop(options: Eprop = {}): NeuronGraph {
  const { membrane = 20, adaptation = 200, threshold = 0.6, strength = 0.17 } = readOptions(options, fields, "eprop");
  return neuron({
    name: "eprop",
    constants: { membrane: ms(membrane), adaptation: ms(adaptation), threshold, strength },
    state: { potential: 0, rise: 0 },
    symbols: { potential: "v", rise: "a" },
    // Over W^in from below and, in a recurrent layer, over W^rec from the layer itself; one leak follows both, so that the
    // derivation makes one trace of them.
    step: (s, { feedforward, recurrent, spike }, c) => ({
      potential: leak(s.potential, c.membrane).plus(feedforward).plus(recurrent).minus(spike.times(c.threshold)),
      rise: leak(s.rise, c.adaptation).plus(follow(spike)),
    }),
    membrane: (s, bias, c) => s.potential.plus(bias).minus(s.rise.times(c.strength)).minus(c.threshold),
    surrogate: {
      primitive: (u) => {
        const within = u.over(threshold).clamp(-1, 1);
        return within.minus(within.times(within.abs()).times(0.5)).times(0.3);
      },
      derivative: (u) =>
        u
          .abs()
          .over(threshold)
          .complement()
          .relu()
          .times(0.3 / threshold),
    },
    remainder: "eligibility",
  });
}
