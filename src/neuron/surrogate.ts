/**
 * Surrogate derivatives: what stands in for the derivative of the threshold, σ'(U), in the plasticity rule
 * ΔW = −η · (Σ G ∂L/∂Y) · σ'(U) · P. The spike itself stays a step function.
 */
import { tagged } from "../values/tagged.js";

/** The boxcar surrogate: σ'(U) = 1 where |U| ≤ `width`, else 0. */
export interface Boxcar {
  /** Says which one this is. */
  readonly type: "boxcar";
  /** Half width in units of the membrane potential, above 0; ½ in the paper and by default. */
  readonly width?: number;
}

/** The fast-sigmoid surrogate: σ'(U) = 1 / (`slope`·|U| + 1)². */
export interface FastSigmoid {
  /** Says which one this is. */
  readonly type: "fastSigmoid";
  /** Slope, above 0; 10 by default. */
  readonly slope?: number;
}

/** The derivative of the logistic function s: σ'(U) = `slope` · s(`slope`·U) · (1 − s(`slope`·U)). */
export interface SigmoidDerivative {
  /** Says which one this is. */
  readonly type: "sigmoid";
  /** Slope, above 0; 1 by default. */
  readonly slope?: number;
}

/** A surrogate derivative of the spike threshold. */
export type Surrogate = Boxcar | FastSigmoid | SigmoidDerivative;

/**
 * The boxcar surrogate of the paper (Kaiser, Mostafa, Neftci 2020).
 *
 * @param options - `width`: half width in units of the membrane potential, above 0 (default ½).
 * @returns The surrogate's specification.
 */
export function boxcar(options: Omit<Boxcar, "type"> = {}): Boxcar {
  return tagged("boxcar", options);
}

/**
 * The fast-sigmoid surrogate (Zenke and Ganguli, "SuperSpike", 2018), as in the authors' code.
 *
 * @param options - `slope`: above 0 (default 10).
 * @returns The surrogate's specification.
 */
export function fastSigmoid(options: Omit<FastSigmoid, "type"> = {}): FastSigmoid {
  return tagged("fastSigmoid", options);
}

/**
 * The derivative of the logistic function as surrogate.
 *
 * @param options - `slope`: above 0 (default 1).
 * @returns The surrogate's specification.
 */
export function sigmoidDerivative(options: Omit<SigmoidDerivative, "type"> = {}): SigmoidDerivative {
  return tagged("sigmoid", options);
}
