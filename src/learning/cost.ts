/** Local costs: what each layer's readout Y pays for its distance to the target Ŷ, as a mean over samples and units. */

/** Smooth L1: d²/2 where |d| < 1, |d| − ½ elsewhere, d = Y − Ŷ. */
export interface SmoothL1 {
  /** Says which one this is. */
  readonly type: "smoothL1";
}

/** Mean squared error: d², d = Y − Ŷ. */
export interface MeanSquared {
  /** Says which one this is. */
  readonly type: "meanSquared";
}

/** Softmax cross-entropy: −Σ Ŷ log softmax(Y). */
export interface CrossEntropy {
  /** Says which one this is. */
  readonly type: "crossEntropy";
}

/** A local cost. */
export type Cost = SmoothL1 | MeanSquared | CrossEntropy;

/**
 * The smooth L1 cost, the paper's.
 *
 * @returns The cost's specification.
 */
export function smoothL1(): SmoothL1 {
  return { type: "smoothL1" };
}

/**
 * The mean squared error.
 *
 * @returns The cost's specification.
 */
export function meanSquared(): MeanSquared {
  return { type: "meanSquared" };
}

/**
 * The softmax cross-entropy.
 *
 * @returns The cost's specification.
 */
export function crossEntropy(): CrossEntropy {
  return { type: "crossEntropy" };
}
