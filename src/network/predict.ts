/** Classifying recordings whose class nobody knows, in the way the network was trained. */
import type { EventColumns } from "../backend/contract.js";
import type { AnyDataset } from "../datasets/dataset.js";
import { checkNames } from "../datasets/own.js";
import { faultAt } from "../errors.js";
import { checkSteps } from "../events/binning.js";
import { columnsOf, type EventLists, type TrainLists } from "../events/lists.js";
import { defaultSensor } from "../events/plane.js";
import type { Source, SpikeTrain } from "../events/train.js";
import type { InputTransform } from "../events/transform.js";
import { wholeNumber } from "../numbers.js";
import { list } from "../values/arrays.js";
import type { AbortSignalLike } from "../values/brands.js";
import { type Fields, readOptions } from "../values/options.js";
import type { Engine } from "./engine.js";
import { checkBurnIn, defaultBatchSize } from "./evaluate.js";
import type { TrainingPosition } from "./position.js";
import { checkFit, readBatch } from "./recordings.js";
import type { BatchResult } from "./result.js";

/** The events of a recording, or its spike train. */
export type Recording = EventColumns | EventLists | SpikeTrain | TrainLists;

/** Settings of a prediction. What is left out is as in the network's training, where it has been trained by `fit`. */
export interface PredictOptions {
  /** Recordings per batch, at least 1; 72 by default. Predictions do not depend on it. */
  readonly batchSize?: number;
  /** Time steps per recording from its first event, more than `burnIn`; needed where there was no training. */
  readonly steps?: number;
  /** Steps at the start of each recording that do not vote; 0 by default. */
  readonly burnIn?: number;
  /** Cropping and downsampling of the recordings; none by default. */
  readonly transform?: InputTransform;
  /** Size of the sensor, or `units` for spike trains; by default what fills the network's input after downsampling. */
  readonly sensor?: Source;
  /** Names of the classes, at most as many as readout units. */
  readonly classes?: readonly string[];
  /** Aborts the prediction. */
  readonly signal?: AbortSignalLike;
}

const predictFields: Fields<PredictOptions> = {
  batchSize: "number",
  steps: "number",
  burnIn: "number",
  transform: "value",
  sensor: "value",
  classes: "value",
  signal: "signal",
};

/** What a network says that a recording shows. */
export interface Prediction {
  /** The class that the last layer voted for at most steps, from 0; the lower on ties. */
  readonly prediction: number;
  /** Name of that class; null where it has none. */
  readonly name: string | null;
  /** Share of the steps after burn-in at which the last layer voted for it, 0 to 1. */
  readonly share: number;
  /** The class that each layer voted for at most steps. */
  readonly perLayer: readonly number[];
  /** Steps at which the last layer voted for each class; together the steps after burn-in. */
  readonly votes: Uint32Array;
}

/**
 * Classifies recordings; called from within the engine's exclusive work.
 *
 * @param engine - The network, which is afterwards as it was.
 * @param recordings - Events of each.
 * @param given - Steps, burn-in, transform, sensor, names.
 * @param trained - Position of its training, where there is one.
 * @returns One prediction a recording.
 */
export async function predict(
  engine: Engine,
  recordings: readonly Recording[],
  given: PredictOptions,
  trained: TrainingPosition | null,
): Promise<Prediction[]> {
  const options = readOptions(given, predictFields, "predict");
  const recipe = trained?.recipe;
  const batchSize = wholeNumber(options.batchSize ?? recipe?.batchSize ?? defaultBatchSize, 1, "batchSize");
  const asked = options.steps ?? recipe?.testSteps;
  if (asked === undefined) {
    throw faultAt("config", "steps", "needed, since the network was not trained by fit, found none");
  }
  const steps = checkSteps(asked, "steps");
  const burnIn = options.burnIn ?? recipe?.burnIn ?? 0;
  checkBurnIn(burnIn, steps);
  const transform = options.transform ?? recipe?.transform ?? {};
  const { specification } = engine.built;
  const sensor = options.sensor ?? trained?.recordings?.sensor ?? defaultSensor(specification, transform);
  const names = checkNames(options.classes ?? trained?.recordings?.classes ?? []);
  const dataset = datasetOf(list(recordings, "recordings"), sensor, names);
  checkFit(engine, dataset, transform);
  const { restore } = await engine.takeSnapshot();
  try {
    const predictions: Prediction[] = [];
    for (let first = 0; first < dataset.length; first += batchSize) {
      const size = Math.min(batchSize, dataset.length - first);
      const chosen = Uint32Array.from({ length: size }, (_, place) => first + place);
      const presentation = { steps, transform, unlabelled: true } as const;
      const { batch } = await readBatch(engine, dataset, chosen, presentation, options.signal, "predict");
      const schedule = { learn: false, burnIn };
      const result = await engine.run(batch, schedule, options.signal).finally(() => batch.dispose());
      for (let sample = 0; sample < size; sample++) predictions.push(predictionOf(result, sample, names));
    }
    return predictions;
  } finally {
    await restore();
  }
}

/** The recordings as a data set of one class, which nobody looks at. */
function datasetOf(recordings: readonly Recording[], sensor: Source, names: readonly string[]): AnyDataset {
  return {
    name: "recordings",
    classes: names.length === 0 ? ["unknown"] : names,
    length: recordings.length,
    sensor,
    duration: 1,
    sample: (index) => ({
      events: columnsOf(recordings[index] as Recording, sensor, `recordings[${index}]`),
      label: 0,
    }),
  };
}

function predictionOf(result: BatchResult, sample: number, names: readonly string[]): Prediction {
  const { samples, classes, countedSteps } = result;
  const layers = result.layers.length;
  const perLayer = Array.from({ length: layers }, (_, layer) => result.predictions.data[layer * samples + sample] ?? 0);
  const start = ((layers - 1) * samples + sample) * classes;
  const votes = result.votes.data.slice(start, start + classes);
  const prediction = perLayer[layers - 1] ?? 0;
  return {
    prediction,
    name: names[prediction] ?? null,
    share: (votes[prediction] ?? 0) / countedSteps,
    perLayer,
    votes,
  };
}
