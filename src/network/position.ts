/** Where a training stands, stored with the network so that it continues exactly where it stopped. */
import * as v from "valibot";
import { faultAt, unfit } from "../errors.js";
import type { Source } from "../events/train.js";
import type { InputTransform } from "../events/transform.js";
import { count, finite, positive, readStored, source, transform } from "../values/stored.js";
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
  /** Size of the sensor in pixels, or how many units spike trains have. */
  readonly sensor: Source;
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

const sums = v.strictObject({
  samples: count,
  updates: count,
  seconds: finite,
  lossWeight: finite,
  loss: v.array(finite),
  correct: v.array(finite),
  shownSteps: finite,
  inputDensity: finite,
  countedSteps: finite,
  density: v.array(finite),
  forward: finite,
  gradient: finite,
});

const stored = v.strictObject({
  recipe: v.strictObject({
    dataset: v.string(),
    samples: count,
    batchSize: positive,
    steps: positive,
    testSteps: positive,
    burnIn: count,
    updateEvery: positive,
    seed: count,
    transform,
  }),
  epoch: count,
  batch: count,
  sums,
  best: v.exactOptional(v.strictObject({ epoch: positive, value: finite, monitor: v.string() })),
  recordings: v.exactOptional(v.strictObject({ classes: v.array(v.string()), sensor: source })),
});

/**
 * Reads where a training stands.
 *
 * @param text - What lies under {@link positionKey} in a checkpoint's metadata.
 * @param layers - Layers of the network, which sums are kept of.
 * @returns The position.
 * @throws {@link DecolleError} `checkpoint` naming the field that is no part of a position.
 */
export function readPosition(text: string, layers: number): TrainingPosition {
  const path = `metadata.${positionKey}`;
  const position = readStored(stored, text, path);
  for (const field of ["loss", "correct", "density"] as const) {
    const found = position.sums[field].length;
    if (found !== layers) {
      throw unfit("checkpoint", `${path}.sums.${field}`, `${layers} values`, `${found}`);
    }
  }
  return position;
}

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
  throw faultAt("config", "resume", `${field} was ${before}, found ${now}`);
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
