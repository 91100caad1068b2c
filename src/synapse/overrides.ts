/** What every kind of layer may set for itself, overriding the network. */
import type { Cost } from "../learning/cost.js";
import type { Regularizer } from "../learning/regularizer.js";
import type { Neuron } from "../neuron/neuron.js";
import type { CostGraph } from "../plasticity/cost.js";
import type { NeuronGraph } from "../plasticity/neuron.js";
import type { Propagation } from "./propagation.js";

/** Settings of one layer that override those of the network. */
export interface LayerOverrides {
  /** Neuron of this layer: a built-in one, or one's own. */
  readonly neuron?: Neuron | NeuronGraph;
  /** Local cost of this layer: a built-in one, or one's own. */
  readonly cost?: Cost | CostGraph;
  /** Regulariser of this layer, or null for none. */
  readonly regularizer?: Regularizer | null;
  /** Scale of this layer's readout weights, drawn from U(±scale/√n) with n its neurons; above 0. */
  readonly readoutScale?: number;
  /** How spikes propagate through this layer. */
  readonly propagation?: Propagation;
}
