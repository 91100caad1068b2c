/** Dense synapses: every input reaches every neuron. A convolutional layer below is flattened as channel, row, column. A layer may
 * also be recurrent, reaching itself a step later. */

import { tagged } from "../values/tagged.js";
import type { LayerOverrides } from "./layer.js";

/** A dense layer. */
export interface Dense extends LayerOverrides {
  /** Says which one this is. */
  readonly type: "dense";
  /** Number of neurons, at least 1. */
  readonly units: number;
  /**
   * Whether the layer's own spikes of the step before are inputs, too: they have traces like those from below and weights of
   * their own, `layers.N.recurrentWeight` [unit, unit], which are zero at first and learn by the same rule. False by default.
   */
  readonly recurrent?: boolean;
}

/**
 * A dense layer.
 *
 * @param options - Units, whether it is recurrent; overrides where wanted.
 * @returns The layer's specification.
 */
export function dense(options: Omit<Dense, "type">): Dense {
  return tagged("dense", options);
}
