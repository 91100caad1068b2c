/** Batches from data sets: recordings are read, binned and joined; nothing of them is kept afterwards. */
import type { Dataset } from "../datasets/dataset.js";
import { DecolleError } from "../errors.js";
import { binEvents } from "../events/binning.js";
import { checkPlane } from "../events/plane.js";
import type { InputTransform } from "../events/transform.js";
import { finiteNumber, wholeNumber } from "../numbers.js";
import { list } from "../values/arrays.js";
import { isObject } from "../values/brands.js";
import { found } from "../values/found.js";
import { reading, text } from "../values/options.js";
import { type EncodedBatch, encodeTarget, joinSpikes } from "./batch.js";
import type { Engine } from "./engine.js";

/** How recordings of a data set are shown to a network. */
export interface Presentation {
  /** Time steps from the first event of each recording. */
  readonly steps: number;
  /** Cropping and downsampling. */
  readonly transform: InputTransform;
}

/** A batch of recordings with their labels. */
export interface LabelledBatch {
  readonly batch: EncodedBatch;
  readonly labels: Uint32Array;
}

/**
 * Refuses what is no data set.
 *
 * @param dataset - What was given.
 * @throws {@link DecolleError} `config`, `range` or `not-finite` with the field.
 */
export function checkDataset(dataset: Dataset): void {
  if (!isObject(dataset) || Array.isArray(dataset)) {
    throw new DecolleError("config", `dataset: expected an object with sample() and length, found ${found(dataset)}`);
  }
  reading("dataset", () => {
    text(dataset.name, "dataset.name");
    const classes = list(dataset.classes, "dataset.classes");
    for (const [index, name] of classes.entries()) text(name, `dataset.classes[${index}]`);
    wholeNumber(dataset.length, 0, "dataset.length");
    finiteNumber(dataset.duration, 0, "dataset.duration");
    if (typeof dataset.sample !== "function") {
      throw new DecolleError("config", `dataset.sample: expected a function, found ${found(dataset.sample)}`);
    }
  });
}

/**
 * Makes sure that a network can take the recordings of a data set.
 *
 * @param engine - The network.
 * @param dataset - The data set.
 * @param transform - Cropping and downsampling in between.
 * @throws {@link DecolleError} `shape` where pixels or classes do not fit, `range` where the crop leaves the sensor.
 */
export function checkFit(engine: Engine, dataset: Dataset, transform: InputTransform): void {
  checkDataset(dataset);
  const { readoutUnits, specification } = engine.built;
  checkPlane(specification, dataset.sensor, transform, `${dataset.name}.sensor`);
  if (dataset.classes.length > readoutUnits) {
    const found = `${dataset.classes.length} classes`;
    throw new DecolleError("shape", `${dataset.name}: the network has ${readoutUnits} readout units, found ${found}`);
  }
  if (dataset.length === 0)
    throw new DecolleError("shape", `${dataset.name}: expected at least one recording, found none`);
}

/**
 * Reads recordings and lays them out as one batch.
 *
 * @param engine - The network they are for.
 * @param dataset - Where they come from.
 * @param chosen - Which recordings, in the order of the batch.
 * @param presentation - Steps, cropping, downsampling.
 * @returns The batch and its labels.
 */
export async function readBatch(
  engine: Engine,
  dataset: Dataset,
  chosen: Uint32Array,
  presentation: Presentation,
): Promise<LabelledBatch> {
  const { timeStep } = engine.built.specification;
  const labels = new Uint32Array(chosen.length);
  const recordings = await Promise.all(Array.from(chosen, (index) => dataset.sample(index)));
  const samples = recordings.map((recording, place) => {
    const path = `${dataset.name}[${chosen[place]}]`;
    if (!isObject(recording)) {
      throw new DecolleError("config", `${path}: expected an object with events and label, found ${found(recording)}`);
    }
    const { events, label } = recording;
    if (!Number.isInteger(label) || label < 0 || label >= dataset.classes.length) {
      throw new DecolleError(
        "range",
        `${path}.label: expected a class below ${dataset.classes.length}, found ${found(label)}`,
      );
    }
    labels[place] = label;
    return binEvents(engine.binding, events, { sensor: dataset.sensor, timeStep, ...presentation }, path);
  });
  return { batch: { ...joinSpikes(samples), ...encodeTarget({ classes: labels }) }, labels };
}
