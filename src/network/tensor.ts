/** Arrays with their shape. */

/** A typed array and the lengths of its axes, slowest first; values lie with the last axis fastest. */
export interface Tensor<Data extends Float32Array | Uint32Array | Uint8Array = Float32Array> {
  /** Lengths of the axes, slowest first. */
  readonly shape: readonly number[];
  /** The values, last axis fastest. */
  readonly data: Data;
}
