/**
 * The leaky integrate-and-fire neuron of DECOLLE, whose state is a pair of traces (Q, P) per input and a refractory
 * trace R per neuron:
 *
 *     Q[t+1] = β Q[t] + (1−β) S_in[t]      P[t+1] = α P[t] + (1−α) Q[t]
 *     R[t+1] = γ R[t] + (1−γ) S[t]         U[t]   = W P[t] + b − ρ R[t]        S[t] = Θ(U[t])
 */

import { tagged } from "../values/tagged.js";
import type { Surrogate } from "./surrogate.js";

/** A decay per time step: one number for all, or a range from which every neuron draws its own. */
export type Decay = number | DrawnDecay;

/** A range from which decays are drawn uniformly when the network is built; they are saved with it. */
export interface DrawnDecay {
  /** Lower end, at least 0. */
  readonly low: number;
  /** Upper end, below 1. */
  readonly high: number;
}

/** A leaky integrate-and-fire neuron with two traces per input and a refractory trace. */
export interface Lif {
  /** Says which one this is. */
  readonly type: "lif";
  /** Decay α = exp(−Δt/τ_mem) of the membrane trace P per step, in [0, 1); 0.97 by default. */
  readonly alpha?: Decay;
  /** Decay β = exp(−Δt/τ_syn) of the synaptic trace Q per step, in [0, 1); 0.92 by default. */
  readonly beta?: Decay;
  /** Decay γ = exp(−Δt/τ_ref) of the refractory trace R per step, in [0, 1); 0.65 by default. */
  readonly gamma?: Decay;
  /** Weight ρ of refractoriness in the membrane potential, at least 0; 1 by default. */
  readonly rho?: number;
  /** What stands in for the derivative of the threshold; the fast sigmoid of slope 10 by default. */
  readonly surrogate?: Surrogate;
  /** Whether P follows the Q of the step before (`previous`, 2020, default) or of the same step (`current`, 2018). */
  readonly trace?: "previous" | "current";
  /** Gain of what enters a trace: 1−α (`unit`, default: unit gain for constant input), 1 (`one`) or 1/(1−α) (`reciprocal`). */
  readonly traceGain?: "unit" | "one" | "reciprocal";
  /** How R follows spikes: γR+(1−γ)S (`normalized`, default), γR+S (`additive`), γ(R+S) (`decayed`), γR+S·V (`potential`). */
  readonly refractory?: "normalized" | "additive" | "decayed" | "potential";
  /** Whether a potential of exactly 0 spikes; false by default. */
  readonly spikeAtThreshold?: boolean;
}

/**
 * A leaky integrate-and-fire neuron.
 *
 * @param options - Time constants, refractoriness, surrogate; what is left out takes the default named at {@link Lif}.
 * @returns The neuron's specification.
 */
export function lif(options: Omit<Lif, "type"> = {}): Lif {
  return tagged("lif", options);
}
