/**
 * Convolutional synapses: U is the cross-correlation of P with the kernels, zero padding; pooling acts on U before the
 * threshold, so that the spikes sent on are Θ(pool(U)).
 */

import { tagged } from "../values/tagged.js";
import type { LayerOverrides } from "./overrides.js";

/** Rows and columns: one number where both are the same, or vertical and horizontal. */
export type RowsAndColumns = number | readonly [vertical: number, horizontal: number];

/** What stands for the potentials of a pooling window. */
export type Pooling = "max" | "sum" | "average";

/** What all convolutions have, whatever they extend along. */
export interface Convolution<Extent> extends LayerOverrides {
  /** Number of output channels, 1 to 65,536. */
  readonly channels: number;
  /** Size of the kernels in pixels, 1 to 255 along each axis and at most that of the input with its padding. */
  readonly kernel: Extent;
  /** Zeros on each side of the input, 0 to 255; 0 by default. */
  readonly padding?: Extent;
  /** Pixels from one patch of the input to the next, 1 to 255; 1 by default. What is left over at the end is not read. */
  readonly stride?: Extent;
  /**
   * Groups that channels fall into, a divisor of both the input's and the output's; 1 by default. A channel of the output only
   * meets the inputs of its group, the k-th of the output those of the k-th of the input.
   */
  readonly groups?: number;
  /** Size of the pooling windows, which lie side by side, 1 to 255 along each axis; 1 (no pooling) by default. */
  readonly pool?: Extent;
  /**
   * What stands for the potentials of a pooling window: the greatest, their sum or their mean; `max` by default. The error goes
   * back to the neuron that won, or to all of the window.
   */
  readonly pooling?: Pooling;
}

/**
 * A convolutional layer. Its input has the shape `[channels, height, width]`, its weights have
 * `[channels, input channels / groups, kernel rows, kernel columns]`.
 */
export interface Conv2d extends Convolution<RowsAndColumns> {
  /** Says which one this is. */
  readonly type: "conv2d";
}

/**
 * A convolutional layer over a plane. `Network.create` checks it: `config` for a field that is missing, unknown or ill-typed,
 * `range` for a number outside its range, `shape` for groups that do not divide the channels and for a kernel or pooling
 * windows larger than their plane, each with the field's path.
 *
 * @param options - Channels and kernel; padding, stride, groups, pooling and overrides where wanted.
 * @returns The layer's specification.
 */
export function conv2d(options: Omit<Conv2d, "type">): Conv2d {
  return tagged("conv2d", options);
}
