/** What of a specification a layer's plasticity rule is made of. */
import { unfit } from "../errors.js";
import type { Cost } from "../learning/cost.js";
import { wholeNumber } from "../numbers.js";
import type { CostGraph } from "../plasticity/cost.js";
import type { AnyNeuron, RuleOptions } from "../plasticity/rule.js";
import type { NetworkSpecification } from "./specification.js";

/** Neuron, cost and all else that shapes the rule of one layer. */
export interface LayerPlasticity {
  /** Its neuron. */
  readonly neuron: AnyNeuron;
  /** Its cost. */
  readonly cost: Cost | CostGraph;
  /** Time step, regulariser, error trigger, dropout, feedback. */
  readonly options: Required<RuleOptions>;
}

/**
 * What a layer learns by.
 *
 * @param specification - The network's.
 * @param layer - Index of the layer.
 * @returns Neuron, cost and options: the layer's own where it has them, else the network's.
 * @throws {@link DecolleError} `range` for a layer that is not there.
 */
export function plasticityOf(specification: NetworkSpecification, layer: number): LayerPlasticity {
  const own = specification.layers[wholeNumber(layer, 0, "layer")];
  if (own === undefined) {
    const last = specification.layers.length - 1;
    throw unfit("range", "layer", `0 to ${last}`, `${layer}`);
  }
  const { readout, timeStep = 1000, errorTrigger = null } = specification;
  return {
    neuron: own.neuron ?? specification.neuron ?? { type: "lif" },
    cost: own.cost ?? specification.cost ?? { type: "smoothL1" },
    options: {
      timeStep,
      // Null is a choice: no regulariser in this layer.
      regularizer: own.regularizer === undefined ? (specification.regularizer ?? null) : own.regularizer,
      errorTrigger,
      modulation: null,
      dropout: (readout.dropout ?? 0) > 0,
      alignment: readout.feedback === "alignment",
    },
  };
}
