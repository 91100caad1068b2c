/** A preset: a network and how to train it, under a name. */
import type { InputTransform } from "../events/transform.js";
import type { NetworkSpecification } from "../network/specification.js";

/** How a network is trained. */
export interface TrainingRecipe {
  /** Epochs; in a regression, presentations. */
  readonly epochs: number;
  /** Recordings per batch. */
  readonly batchSize: number;
  /** Time steps per recording in training. */
  readonly steps: number;
  /** Time steps per recording in evaluation. */
  readonly testSteps: number;
  /** Steps at the start of each recording that are run but neither learn nor vote. */
  readonly burnIn: number;
  /** Learning steps whose gradients are summed into one update. */
  readonly updateEvery: number;
}

/** A network and how to train it. */
export interface Preset {
  /** Name on the command line. */
  readonly name: string;
  /** What it is, in a sentence. */
  readonly description: string;
  /** Where its constants come from, and which of them are ours. */
  readonly source: string;
  /** The network. */
  readonly network: NetworkSpecification;
  /** How it is trained. */
  readonly training: TrainingRecipe;
  /** What happens to recordings before the network sees them. */
  readonly transform: InputTransform;
}
