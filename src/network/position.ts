/** Where a training stands, stored with the network so that it continues exactly where it stopped. */
import { DecolleError } from "../errors.js";
import type { InputTransform, Sensor } from "../events/transform.js";
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

/** The best epoch of a training. */
export interface BestEpoch {
  /** Number of the epoch, from 1. */
  readonly epoch: number;
  /** What the monitor gave for it. */
  readonly value: number;
  /** Which monitor it was: its name, or `own` for a function. */
  readonly monitor: string;
}

/** What a network learns to tell apart, and with which sensor. */
export interface LearnedRecordings {
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** Size of the sensor in pixels. */
  readonly sensor: Sensor;
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
  /** The best epoch so far, where epochs are compared. */
  readonly best?: BestEpoch;
  /** The data set's classes and sensor; absent in checkpoints from before they were kept. */
  readonly recordings?: LearnedRecordings;
}

/** Where the position of a training is kept while it runs. */
export interface PositionKeeper {
  /** The position, null before the first training. */
  position: TrainingPosition | null;
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
  const field = difference(begun, asked);
  if (field === undefined) return;
  const [before, now] = [JSON.stringify(begun[field]), JSON.stringify(asked[field])];
  throw new DecolleError("config", `resume: ${field} was ${before}, found ${now}`);
}

/**
 * Compares recipes.
 *
 * @param begun - The recipe that a training began with.
 * @param asked - The recipe of now.
 * @returns The first field that differs, undefined where none does.
 */
export function difference(begun: Recipe, asked: Recipe): keyof Recipe | undefined {
  const fields = Object.keys(asked) as Array<keyof Recipe>;
  return fields.find((field) => JSON.stringify(begun[field]) !== JSON.stringify(asked[field]));
}
