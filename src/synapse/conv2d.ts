/**
 * Convolutional synapses: U is the cross-correlation of P with the kernels, stride 1, zero padding; max-pooling acts on U
 * before the threshold, so that the spikes sent on are Θ(pool(U)).
 */

import { tagged } from "../values/tagged.js";
import type { LayerOverrides } from "./layer.js";

/** A convolutional layer. Its input has the shape [channels, height, width]. */
export interface Conv2d extends LayerOverrides {
  /** Says which one this is. */
  readonly type: "conv2d";
  /** Number of output channels, at least 1. */
  readonly channels: number;
  /** Height and width of the kernels in pixels, at least 1. */
  readonly kernel: number;
  /** Rows and columns of zeros around the input, at least 0; 0 by default. */
  readonly padding?: number;
  /** Height, width and stride of the pooling windows, at least 1; 1 (no pooling) by default. */
  readonly pool?: number;
}

/**
 * A convolutional layer.
 *
 * @param options - Channels and kernel; padding, pooling and overrides where wanted.
 * @returns The layer's specification.
 */
export function conv2d(options: Omit<Conv2d, "type">): Conv2d {
  return tagged("conv2d", options);
}
