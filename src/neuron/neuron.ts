/** All built-in neurons, with their builders. */
import type { Lif } from "./lif.js";

export * from "./lif.js";

/** A built-in neuron. */
export type Neuron = Lif;
