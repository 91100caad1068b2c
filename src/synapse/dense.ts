/** Dense synapses: every input reaches every neuron. A convolutional layer below is flattened as channel, row, column. */

import { tagged } from "../values/tagged.js";
import type { LayerOverrides } from "./layer.js";

/** A dense layer. */
export interface Dense extends LayerOverrides {
  /** Says which one this is. */
  readonly type: "dense";
  /** Number of neurons, at least 1. */
  readonly units: number;
}

/**
 * A dense layer.
 *
 * @param options - Units; overrides where wanted.
 * @returns The layer's specification.
 */
export function dense(options: Omit<Dense, "type">): Dense {
  return tagged("dense", options);
}
