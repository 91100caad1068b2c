/** The regulariser of the paper's form, added to a layer's cost: λ₁·mean[U + 0.01]₊ + λ₂·[mean(0.1 − act(U))]₊. */

/** Spikes that a layer may have. */
export interface SpikeBudget {
  /** Spikes a neuron, after pooling, and step, above 0 and at most 1; those of learning steps are counted. */
  readonly density: number;
  /** Share of itself that λ₁ rises by with an update whose spikes were twice the budget, above 0 and below 1; 0.01 by default. */
  readonly gain?: number;
}

/** Keeps the activity of a layer neither too high nor too low. Means run over samples and neurons. */
export interface Regularizer {
  /** Weight λ₁ of the term against high activity, at least 0; with a `budget` above 0, where λ₁ begins and its least value. */
  readonly upper: number;
  /** Weight λ₂ of the term against low activity, at least 0. */
  readonly lower: number;
  /** What is held above 0.1 on average: the logistic function of U (`sigmoid`, the authors' code) or U itself (`potential`). */
  readonly lowerActivity?: "sigmoid" | "potential";
  /**
   * Moves λ₁ with every update of the layer's weights, by the spikes since the one before: λ₁ ← λ₁ · (1 + gain · s) with the
   * surplus s = density / budget − 1, of which no more than 1 counts. So a layer that spikes more often than the budget pays
   * more and more for it, and one that spikes less often no more than `upper`; none by default. λ₁ is the tensor
   * `layers.0.regularizerUpper`.
   */
  readonly budget?: SpikeBudget | null;
}
