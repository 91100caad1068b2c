/** The regulariser of the paper's form, added to a layer's cost: λ₁·mean[U + 0.01]₊ + λ₂·[mean(0.1 − act(U))]₊. */

/** Keeps the activity of a layer neither too high nor too low. Means run over samples and neurons. */
export interface Regularizer {
  /** Weight λ₁ of the term against high activity, at least 0. */
  readonly upper: number;
  /** Weight λ₂ of the term against low activity, at least 0. */
  readonly lower: number;
  /** What is held above 0.1 on average: the logistic function of U (`sigmoid`, the authors' code) or U itself (`potential`). */
  readonly lowerActivity?: "sigmoid" | "potential";
}
