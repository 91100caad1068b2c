/** Optimisers: how a layer's gradient g changes its weights and biases. */
import { tagged } from "../values/tagged.js";

/** A learning rate that falls in steps: rate / `factor`^⌊epoch/`every`⌋. */
export interface LearningRateDrop {
  /** Epochs between drops, at least 1. */
  readonly every: number;
  /** What the rate is divided by at each drop, above 0. */
  readonly factor: number;
}

/** Gradient descent, W ← W − ηm with m ← `momentum`·m + g. */
export interface Sgd {
  /** Says which one this is. */
  readonly type: "sgd";
  /** Learning rate η, above 0. */
  readonly learningRate: number;
  /** Momentum in [0, 1); 0 by default. */
  readonly momentum?: number;
  /** Drops of the learning rate, null (default) for none. */
  readonly drop?: LearningRateDrop | null;
}

/** Adam (Kingma and Ba 2015, algorithm 1). */
export interface Adam {
  /** Says which one this is. */
  readonly type: "adam";
  /** Learning rate, above 0. */
  readonly learningRate: number;
  /** Decay of the mean of g in [0, 1); 0.9 by default. */
  readonly beta1?: number;
  /** Decay of the mean of g² in [0, 1); 0.999 by default. */
  readonly beta2?: number;
  /** Added to the root of the mean of g², above 0; 1e−8 by default. */
  readonly epsilon?: number;
  /** Drops of the learning rate, null (default) for none. */
  readonly drop?: LearningRateDrop | null;
}

/** AdaMax (Kingma and Ba 2015, algorithm 2): m ← β₁m + (1−β₁)g, u ← max(β₂u, |g|+ε), W ← W − η/(1−β₁ⁿ) · m/u. */
export interface AdaMax {
  /** Says which one this is. */
  readonly type: "adaMax";
  /** Learning rate η, above 0. */
  readonly learningRate: number;
  /** Decay β₁ of the mean of g in [0, 1); 0 by default, as in the paper. */
  readonly beta1?: number;
  /** Decay β₂ of the maximum of |g| in [0, 1); 0.95 by default, as in the paper. */
  readonly beta2?: number;
  /** Added to |g|, above 0; 1e−8 by default. */
  readonly epsilon?: number;
  /** Drops of the learning rate, null (default) for none. */
  readonly drop?: LearningRateDrop | null;
}

/**
 * AdaGrad (Duchi, Hazan and Singer 2011): s ← (1−φ)s + g², W ← W − η · g/(√s + ε). The rate of a synapse falls with all that it
 * has learned, so that a stream in which one class follows the other does not undo it.
 */
export interface AdaGrad {
  /** Says which one this is. */
  readonly type: "adaGrad";
  /** Learning rate η, above 0. */
  readonly learningRate: number;
  /** Share φ of the sum of squares that an update forgets, in [0, 1); 0 by default: rates fall for ever. */
  readonly forgetting?: number;
  /** Added to the root, above 0; 1e−8 by default. */
  readonly epsilon?: number;
  /**
   * Updates that an average of the weights reaches back over, at least 1; null (default) for no average. Whatever runs without
   * learning is then done with the average, as with {@link Averaged}.
   */
  readonly window?: number | null;
  /** Drops of the learning rate, null (default) for none. */
  readonly drop?: LearningRateDrop | null;
}

/**
 * Gradient descent whose weights are averaged: z ← z − ηg, x ← x + c(z − x), W ← (1−β)z + βx, with c = max(1/n, 1/`window`) at
 * update n. Learning goes on at W; whatever runs without learning (predictions, evaluations, a stream without a target) is done
 * with the average x. Polyak and Juditsky 1992 for β = 0, Defazio et al. 2024 (schedule-free) for β above 0.
 */
export interface Averaged {
  /** Says which one this is. */
  readonly type: "averaged";
  /** Learning rate η, above 0. */
  readonly learningRate: number;
  /** β in [0, 1), how near to the average gradients are taken; 0 by default. */
  readonly beta?: number;
  /** Updates that the average reaches back over, at least 1; null (default) for all of them. An endless stream needs one. */
  readonly window?: number | null;
  /** Drops of the learning rate, null (default) for none. */
  readonly drop?: LearningRateDrop | null;
}

/** An optimiser. */
export type Optimizer = Sgd | Adam | AdaMax | AdaGrad | Averaged;

/**
 * Gradient descent.
 *
 * @param options - Learning rate; momentum and drops where wanted.
 * @returns The optimiser's specification.
 */
export function sgd(options: Omit<Sgd, "type">): Sgd {
  return tagged("sgd", options);
}

/**
 * Adam.
 *
 * @param options - Learning rate; decays, epsilon and drops where wanted.
 * @returns The optimiser's specification.
 */
export function adam(options: Omit<Adam, "type">): Adam {
  return tagged("adam", options);
}

/**
 * AdaMax, the paper's optimiser.
 *
 * @param options - Learning rate; decays, epsilon and drops where wanted.
 * @returns The optimiser's specification.
 */
export function adaMax(options: Omit<AdaMax, "type">): AdaMax {
  return tagged("adaMax", options);
}

/**
 * AdaGrad, for streams in which one class follows the other.
 *
 * @param options - Learning rate; forgetting, epsilon and drops where wanted.
 * @returns The optimiser's specification.
 */
export function adaGrad(options: Omit<AdaGrad, "type">): AdaGrad {
  return tagged("adaGrad", options);
}

/**
 * Gradient descent whose weights are averaged, for streams in which one class follows the other.
 *
 * @param options - Learning rate; nearness, window and drops where wanted.
 * @returns The optimiser's specification.
 */
export function averaged(options: Omit<Averaged, "type">): Averaged {
  return tagged("averaged", options);
}
