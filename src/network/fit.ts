/**
 * Training on a data set: epochs of shuffled batches, an evaluation after each epoch, and a position that lets an
 * interrupted training continue as if it had never stopped.
 *
 * What is left when a training ends early, weights, optimiser, neuron state, counters and position alike:
 *
 * | what ends it | what is left |
 * |---|---|
 * | the caller aborts | all batches that were completed, those of the epoch under way included |
 * | any error while an epoch runs or is evaluated: of the data set, of `onProgress`, of the engine | the last epoch completed in this call; before the first one, all as before the call |
 * | an error in `onEpoch` | the epoch it was told of, and what the function itself did to the network |
 *
 * From each of them `resume` goes on, and comes to the same bits as a training that was never interrupted.
 */
import type { AnyDataset } from "../datasets/dataset.js";
import { DecolleError } from "../errors.js";
import { checkSteps } from "../events/binning.js";
import type { InputTransform } from "../events/transform.js";
import { type Lsuv, readLsuv, scaleToUnitVariance } from "../learning/lsuv.js";
import { wholeNumber } from "../numbers.js";
import type { AbortSignalLike } from "../values/brands.js";
import { demanded, type Fields, readOptions } from "../values/options.js";
import { tell, throwIfAborted } from "./abort.js";
import { BatchesAhead } from "./ahead.js";
import { type EarlyStopping, type EpochStanding, type Monitor, Watch } from "./best.js";
import type { Engine } from "./engine.js";
import { checkBurnIn, defaultBatchSize, evaluate, naturalSteps } from "./evaluate.js";
import { plainCopy } from "./json.js";
import { peakBytes } from "./memory.js";
import type { EpochMetrics, Progress } from "./metrics.js";
import {
  type BestEpoch,
  checkRecipe,
  difference,
  type PositionKeeper,
  type Recipe,
  type TrainingPosition,
} from "./position.js";
import { checkDataset, checkFit, readBatch } from "./recordings.js";
import { addBatch, emptySums, means } from "./sums.js";

/** Settings of a training. */
export interface FitOptions {
  /** Epochs to train, at least 1; where a training is resumed, epochs in all, those of its earlier parts included. */
  readonly epochs: number;
  /** Recordings per batch, at least 1; 72 by default. The last batch of an epoch may be smaller. */
  readonly batchSize?: number;
  /** Time steps per recording, more than `burnIn`; by default as many as the data set's recordings last. */
  readonly steps?: number;
  /** Time steps per recording in evaluation; as many as `steps` by default. */
  readonly testSteps?: number;
  /** Steps at the start of each recording that are run but neither learn nor vote; 0 by default. */
  readonly burnIn?: number;
  /** Learning steps whose gradients are summed into one update, at least 1; 1 by default. */
  readonly updateEvery?: number;
  /** Seed of the order in which recordings are shown; the network's by default. */
  readonly seed?: number;
  /** Cropping and downsampling of the recordings; none by default. */
  readonly transform?: InputTransform;
  /** Data-driven initialisation before the first epoch of a training; none by default. */
  readonly initialization?: Lsuv;
  /** Evaluated after every epoch; nothing by default. */
  readonly test?: AnyDataset;
  /**
   * How this training follows the one before, where the network has been trained:
   *
   * - left out: one that shows the same recordings in the same way ({@link Recipe}) goes on where that one ended. Epochs are
   *   counted on, and with them the order of recordings and the learning-rate schedule; so training twice is the same, bit
   *   by bit, as training once for as many epochs. An epoch that was interrupted is begun again. Any other training begins
   *   at epoch 1, with the weights and the optimiser's state as they are.
   * - `true`: goes on exactly where that one stopped, in the middle of an epoch where it was aborted there, until there are
   *   `epochs` in all. Another recipe is refused. What early stopping waits for is kept.
   * - `false`: begins at epoch 1, with the weights and the optimiser's state as they are.
   */
  readonly resume?: boolean;
  /** Ends the training before its last epoch where it gets no better; never by default. */
  readonly earlyStopping?: EarlyStopping;
  /**
   * Whether the network has the weights, the optimiser's state and the position of the best epoch when the training ends, by
   * the monitor of `earlyStopping`, else by `test.accuracy`, or `train.accuracy` where there is no test set; or the monitor
   * to go by. False by default. The weights, as they were before `onEpoch` was called, are held in memory meanwhile; so those
   * of epochs before this call are not at hand, except those that a resumed training starts with. An aborted training
   * leaves the weights that it reached.
   */
  readonly keepBest?: boolean | Monitor;
  /** Called, and waited for, after every batch. */
  readonly onProgress?: (progress: Progress) => void | Promise<void>;
  /**
   * Called, and waited for, after every epoch; the network may be saved or evaluated in it, or its learning rate set. Where it
   * gives `false`, the training ends after this epoch. If it throws, the training ends and the epoch is kept.
   */
  readonly onEpoch?: (metrics: EpochMetrics, standing: EpochStanding) => unknown;
  /**
   * Aborts the training, whatever it is waiting for; the batch under way is rolled back, the position and all batches before
   * it are kept.
   */
  readonly signal?: AbortSignalLike;
}

/** The fields of {@link FitOptions}. */
const fitFields: Fields<FitOptions> = {
  epochs: "number",
  batchSize: "number",
  steps: "number",
  testSteps: "number",
  burnIn: "number",
  updateEvery: "number",
  seed: "number",
  transform: "value",
  initialization: "value",
  test: "value",
  resume: "boolean",
  earlyStopping: "value",
  keepBest: "value",
  onProgress: "function",
  onEpoch: "function",
  signal: "signal",
};

/** What a training gives back. */
export interface FitResult {
  /** Metrics of the epochs run in this call. */
  readonly epochs: readonly EpochMetrics[];
  /** Whether the training ended before its last epoch, by `earlyStopping` or by `onEpoch`. */
  readonly stopped: boolean;
  /** The best epoch of the training, parts before a `resume` included; null where epochs were not compared. */
  readonly best: BestEpoch | null;
}

/**
 * Trains a network; called from within the engine's exclusive work.
 *
 * @param engine - The network.
 * @param dataset - What it learns from.
 * @param given - Epochs, batches, steps, callbacks.
 * @param keeper - Holds the position, before and after.
 * @returns Metrics of each epoch.
 */
export async function fit(
  engine: Engine,
  dataset: AnyDataset,
  given: FitOptions,
  keeper: PositionKeeper,
): Promise<FitResult> {
  const options = readFitOptions(given);
  checkDataset(dataset);
  const epochs = wholeNumber(options.epochs, 1, "epochs");
  const recipe = completeRecipe(engine, dataset, options);
  checkFit(engine, dataset, recipe.transform);
  if (options.test !== undefined) checkFit(engine, options.test, recipe.transform);
  const watch = new Watch(options);
  const start = followed(keeper.position, options.resume, recipe);
  const until = options.resume === true ? epochs : (start?.epoch ?? 0) + epochs;
  const planned = { ...options, epochs: until };
  const completed: EpochMetrics[] = [];
  let [reached, going] = [start, true];
  if (start !== null) await watch.begin(engine, start);
  while (going && (reached === null || (reached.epoch < until && !watch.exhausted(reached)))) {
    const metrics = await whole(engine, keeper, async () => {
      if (completed.length === 0) await begin(engine, dataset, planned, recipe, start, keeper);
      return completeEpoch(engine, dataset, planned, recipe, keeper);
    });
    completed.push(metrics);
    const standing = await watch.judge(engine, keeper, metrics);
    going = await inform(engine, metrics, standing, options, keeper);
    reached = keeper.position;
  }
  await watch.end(engine, keeper);
  return { epochs: completed, stopped: (reached?.epoch ?? 0) < until, best: reached?.best ?? null };
}

/** Where a training follows the one before, null where it begins at its first epoch. */
function followed(
  before: TrainingPosition | null,
  resume: boolean | undefined,
  recipe: Recipe,
): TrainingPosition | null {
  if (before === null || resume === false) return null;
  if (resume === true) {
    checkRecipe(before.recipe, recipe);
    return before;
  }
  if (difference(before.recipe, recipe) !== undefined) return null;
  return { recipe, epoch: before.epoch, batch: 0, sums: emptySums(before.sums.loss.length) };
}

/**
 * Tells the caller of an epoch. Nothing to go back to is held meanwhile: what the caller's function does to the network is
 * the caller's own. Only the position is this training's, should the function run another one. Gives whether to go on.
 */
async function inform(
  engine: Engine,
  metrics: EpochMetrics,
  standing: EpochStanding,
  { onEpoch, signal }: FitOptions,
  keeper: PositionKeeper,
): Promise<boolean> {
  if (onEpoch === undefined) return true;
  const { position } = keeper;
  let answer: unknown;
  try {
    await engine.yieldTo(async () => {
      answer = await onEpoch(metrics, standing);
    }, signal);
  } finally {
    keeper.position = position;
  }
  return answer !== false;
}

/** Runs a part of a training; if it fails, network and position are as before it, except after an abort. */
async function whole<Result>(engine: Engine, keeper: PositionKeeper, part: () => Promise<Result>): Promise<Result> {
  const { position } = keeper;
  const before = await engine.takeSnapshot();
  try {
    const result = await part();
    await before.release();
    return result;
  } catch (error) {
    // An aborted training keeps what it has learned, to be resumed.
    if (DecolleError.is(error) && error.code === "aborted") {
      await before.release();
    } else {
      await before.restore();
      keeper.position = position;
    }
    throw error;
  }
}

function readFitOptions(given: FitOptions): FitOptions {
  const options = readOptions(demanded(given, "options"), fitFields, "fit");
  const { initialization } = options;
  return initialization === undefined ? options : { ...options, initialization: readLsuv(initialization) };
}

async function begin(
  engine: Engine,
  dataset: AnyDataset,
  options: FitOptions,
  recipe: Recipe,
  start: TrainingPosition | null,
  keeper: PositionKeeper,
): Promise<void> {
  if (start === null) await initialize(engine, dataset, options, recipe);
  const { classes, sensor } = dataset;
  const fresh = { recipe, epoch: 0, batch: 0, sums: emptySums(engine.built.layers.length) };
  keeper.position = { ...(start ?? fresh), recordings: { classes: Array.from(classes), sensor: { ...sensor } } };
}

async function completeEpoch(
  engine: Engine,
  dataset: AnyDataset,
  options: FitOptions,
  recipe: Recipe,
  keeper: PositionKeeper,
): Promise<EpochMetrics> {
  const { trained, waited } = await trainEpoch(engine, dataset, options, keeper);
  const { epoch, sums } = trained;
  const test = await testEpoch(engine, options, recipe, epoch + 1);
  const { loss, accuracy, density } = means(sums);
  const layers = engine.built.layers.length;
  keeper.position = { ...trained, epoch: epoch + 1, batch: 0, sums: emptySums(layers) };
  return {
    epoch: epoch + 1,
    seconds: sums.seconds,
    waiting: waited,
    samples: sums.samples,
    updates: sums.updates,
    train: { loss, accuracy },
    ...(test && { test }),
    density,
    synapticOperations: { forward: sums.forward, gradient: sums.gradient },
    peakBytes: peakBytes(),
  };
}

function completeRecipe(engine: Engine, dataset: AnyDataset, options: FitOptions): Recipe {
  const steps = checkSteps(options.steps ?? naturalSteps(engine, dataset), "steps");
  const testSteps = checkSteps(options.testSteps ?? steps, "testSteps");
  const burnIn = options.burnIn ?? 0;
  checkBurnIn(burnIn, Math.min(steps, testSteps));
  return {
    dataset: dataset.name,
    samples: dataset.length,
    batchSize: wholeNumber(options.batchSize ?? defaultBatchSize, 1, "batchSize"),
    steps,
    testSteps,
    burnIn,
    updateEvery: wholeNumber(options.updateEvery ?? 1, 1, "updateEvery"),
    seed: wholeNumber(options.seed ?? engine.built.specification.seed, 0, "seed"),
    transform: plainCopy(options.transform ?? {}, "transform"),
  };
}

async function initialize(engine: Engine, dataset: AnyDataset, options: FitOptions, recipe: Recipe): Promise<void> {
  if (options.initialization === undefined) return;
  const samples = Math.min(
    wholeNumber(options.initialization.samples ?? 32, 1, "initialization.samples"),
    dataset.length,
  );
  const { onProgress, signal } = options;
  const report = (done: number) =>
    tell(
      onProgress,
      { phase: "initialization", epoch: 0, epochs: 0, samples: done, total: samples, loss: [], accuracy: [] },
      signal,
      "fit",
    );
  await report(0);
  // Data sets are often sorted by class, so the first recordings of a shuffled order stand for all better than the first ones.
  const order = await engine.binding.permutation(recipe.seed, "initialization", dataset.length);
  const { batch } = await readBatch(engine, dataset, order.subarray(0, samples), recipe, signal, "fit");
  await scaleToUnitVariance(engine, batch, options.initialization, signal).finally(() => batch.dispose());
  await report(samples);
}

async function trainEpoch(
  engine: Engine,
  dataset: AnyDataset,
  options: FitOptions,
  keeper: PositionKeeper,
): Promise<{ readonly trained: TrainingPosition; readonly waited: number }> {
  const start = keeper.position;
  if (start === null) throw new Error("a training has a position");
  const { recipe, epoch } = start;
  const { batchSize, burnIn, updateEvery } = recipe;
  const order = await engine.binding.permutation(recipe.seed, `shuffle.${epoch}`, dataset.length);
  const batches = Math.ceil(dataset.length / batchSize);
  await engine.toRead("fit").setEpoch(epoch);
  const { epochs, onProgress, signal } = options;
  let position = start;
  const chosen = (batch: number) => order.subarray(batch * batchSize, (batch + 1) * batchSize);
  const ahead = new BatchesAhead(
    engine,
    dataset,
    { count: batches, chosen },
    { ...recipe, epoch: epoch + 1 },
    signal,
    "fit",
  );
  const schedule = { learn: true, burnIn, updateEvery };
  const total = dataset.length;
  try {
    for (let batch = start.batch; batch < batches; batch++) {
      throwIfAborted(signal, "fit");
      const began = performance.now();
      const { result, labels } = await ahead.work(batch, (shown) => engine.run(shown.batch, schedule, signal));
      const sums = structuredClone(position.sums);
      addBatch(sums, result, labels, "step");
      sums.seconds += (performance.now() - began) / 1000;
      position = { ...start, batch: batch + 1, sums };
      keeper.position = position;
      const { samples } = sums;
      const { loss, accuracy } = means(sums);
      const progress: Progress = { phase: "train", epoch: epoch + 1, epochs, samples, total, loss, accuracy };
      await tell(onProgress, progress, signal, "fit");
    }
  } finally {
    ahead.close();
  }
  return { trained: position, waited: ahead.waited };
}

async function testEpoch(
  engine: Engine,
  options: FitOptions,
  recipe: Recipe,
  epoch: number,
): Promise<EpochMetrics["test"]> {
  if (options.test === undefined) return undefined;
  const { epochs, onProgress, signal } = options;
  const { accuracy, loss, seconds } = await evaluate(
    engine,
    options.test,
    {
      ...(signal && { signal }),
      ...(onProgress && { onProgress: (progress) => onProgress({ ...progress, epoch, epochs }) }),
    },
    recipe,
  );
  return { accuracy, loss, seconds };
}
