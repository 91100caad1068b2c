/** Convolutional synapses along a line, such as the time of a sound or the places of a sensor in one row. */

import { tagged } from "../values/tagged.js";
import type { Convolution } from "./conv2d.js";

/**
 * A convolutional layer along a line: a convolution of height 1. Its input has the shape `[channels, length]`, that of the
 * network or of a `conv1d` below, or a plane of one row; its weights have `[channels, input channels / groups, kernel]`.
 */
export interface Conv1d extends Convolution<number> {
  /** Says which one this is. */
  readonly type: "conv1d";
  /** Side of the pooling windows, which are square: only 1 (no pooling), the default, fits a line; more is a `shape` error. */
  readonly pool?: number;
}

/**
 * A convolutional layer along a line. `Network.create` checks it as it does `conv2d`, and refuses inputs of several rows
 * (`shape`).
 *
 * @param options - Channels and kernel; padding, stride, groups and overrides where wanted.
 * @returns The layer's specification.
 */
export function conv1d(options: Omit<Conv1d, "type">): Conv1d {
  return tagged("conv1d", options);
}
