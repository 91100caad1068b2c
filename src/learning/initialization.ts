/** How weights start: drawn uniformly when the network is built, as in the authors' code. */
import { tagged } from "../values/tagged.js";

/** Uniform draws: weights from U(±gain/√fan-in), biases from U(±bias/√fan-in)·(1−α)(1−β). */
export interface UniformInitialization {
  /** Says which one this is. */
  readonly type: "uniform";
  /** Gain of dense layers, above 0; 0.05 by default. */
  readonly dense?: number;
  /** Gain of convolutional layers, above 0; 1 by default. */
  readonly conv?: number;
  /** Gain of the biases, at least 0; 1 by default. */
  readonly bias?: number;
}

/**
 * Uniform initialisation.
 *
 * @param options - Gains where they differ from the defaults.
 * @returns The initialisation's specification.
 */
export function uniform(options: Omit<UniformInitialization, "type"> = {}): UniformInitialization {
  return tagged("uniform", options);
}
