/** The fixed random readout behind every layer: Y = G S + g, never trained. */

/** Settings of the readouts, the same for all layers. */
export interface Readout {
  /** Number of readout units K: the classes, or the dimensions of a regression; at least 1. */
  readonly units: number;
  /** Scale of the weights, drawn from U(±scale/√n) with n the layer's neurons; above 0, 0.5 by default. */
  readonly scale?: number;
  /** Whether the readout has a fixed bias of the same draw; true by default. */
  readonly bias?: boolean;
  /** Probability that a spike is dropped on its way to the readout, in [0, 1); 0 by default. */
  readonly dropout?: number;
  /** Whether dropout stays on where nothing is learned; false by default. */
  readonly dropoutInEvaluation?: boolean;
  /**
   * Whether errors come back through the readout's weights (default) or through others, fixed. These have the readout's
   * signs, G·n with n from U(0, 2), until `feedbackAlignment` or `signConcordant` overwrites them.
   */
  readonly feedback?: "readout" | "alignment";
}
