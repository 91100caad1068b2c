/** Where a training stands, stored with the network so that it continues exactly where it stopped. */
import { DecolleError } from "../errors.js";
import type { InputTransform } from "../events/transform.js";
import type { Sums } from "./sums.js";

/** What must not change between the parts of one training. */
export interface Recipe {
  /** Name of the data set. */
  readonly dataset: string;
  /** Recordings in it. */
  readonly samples: number;
  /** Recordings per batch. */
  readonly batchSize: number;
  /** Time steps per recording. */
  readonly steps: number;
  /** Time steps per recording in evaluation. */
  readonly testSteps: number;
  /** Steps at the start of each recording that neither learn nor vote. */
  readonly burnIn: number;
  /** Learning steps per update. */
  readonly updateEvery: number;
  /** Seed of the order of recordings. */
  readonly seed: number;
  /** Cropping and downsampling. */
  readonly transform: InputTransform;
}

/** Where a training stands. */
export interface TrainingPosition {
  /** What is being done. */
  readonly recipe: Recipe;
  /** Epochs completed. */
  readonly epoch: number;
  /** Batches of the current epoch completed. */
  readonly batch: number;
  /** Sums over those batches. */
  readonly sums: Sums;
}

/** Under which name the position lies in a checkpoint's metadata. */
export const positionKey = "training";

/**
 * Refuses to go on with another recipe than a training began with.
 *
 * @param begun - The recipe it began with.
 * @param asked - The recipe of now.
 * @throws {@link DecolleError} `config` naming the first field that differs.
 */
export function checkRecipe(begun: Recipe, asked: Recipe): void {
  for (const field of Object.keys(asked) as Array<keyof Recipe>) {
    const [before, now] = [JSON.stringify(begun[field]), JSON.stringify(asked[field])];
    if (before !== now) throw new DecolleError("config", `resume: ${field} was ${before}, found ${now}`);
  }
}
