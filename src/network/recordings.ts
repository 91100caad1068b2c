/** Batches from data sets: recordings are read, binned and joined; nothing of them is kept afterwards. */
import type { Dataset } from "../datasets/dataset.js";
import { DecolleError } from "../errors.js";
import { binEvents } from "../events/binning.js";
import { type InputTransform, transformedPlane } from "../events/transform.js";
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
 * Makes sure that a network can take the recordings of a data set.
 *
 * @param engine - The network.
 * @param dataset - The data set.
 * @param transform - Cropping and downsampling in between.
 * @throws {@link DecolleError} `shape` where pixels or classes do not fit, `range` where the crop leaves the sensor.
 */
export function checkFit(engine: Engine, dataset: Dataset, transform: InputTransform): void {
  const { inputSize, readoutUnits, specification } = engine.built;
  const { width, height } = transformedPlane(dataset.sensor, transform);
  const plane = specification.input;
  // A dense network may take the plane as so many units; a plane must agree side by side.
  const fits =
    "units" in plane
      ? 2 * width * height === inputSize
      : plane.channels === 2 && plane.width === width && plane.height === height;
  if (!fits) {
    const expected = "units" in plane ? `${inputSize}` : `${plane.channels}×${plane.height}×${plane.width}`;
    const found = `2×${height}×${width}`;
    throw new DecolleError(
      "shape",
      `${dataset.name}: the network takes ${expected} inputs, the recordings give ${found}`,
    );
  }
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
  const samples = recordings.map(({ events, label }, place) => {
    const path = `${dataset.name}[${chosen[place]}]`;
    if (!Number.isInteger(label) || label < 0 || label >= dataset.classes.length) {
      throw new DecolleError(
        "range",
        `${path}.label: expected a class below ${dataset.classes.length}, found ${label}`,
      );
    }
    labels[place] = label;
    return binEvents(engine.binding, events, { sensor: dataset.sensor, timeStep, ...presentation }, path);
  });
  return { batch: { ...joinSpikes(samples), ...encodeTarget({ classes: labels }) }, labels };
}
