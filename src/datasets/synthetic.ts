/** Synthetic gestures: a simulated event camera watches shapes that move; only the motion tells the classes apart. */
import type { EventColumns } from "../backend/contract.js";
import type { RecordingsBinding } from "../backend/recordings.js";
import { type BackendChoice, choiceFields, choiceOf, selectRecordings } from "../backend/select.js";
import { unfit } from "../errors.js";
import { wholeNumber } from "../numbers.js";
import { found } from "../values/found.js";
import { type Fields, readOptions } from "../values/options.js";
import type { Dataset, DatasetSplits, LabelledRecording } from "./dataset.js";

/** Settings of the camera and what it watches. */
export interface SyntheticCameraOptions extends BackendChoice {
  /** Seed of everything drawn, a whole number from 0; 1 by default. */
  readonly seed?: number;
  /** Columns of the sensor, 8 to 512; 24 by default. */
  readonly width?: number;
  /** Rows of the sensor, 8 to 512; 24 by default. */
  readonly height?: number;
  /** How long a gesture is shown, in microseconds, 1,000 to 60,000,000; 200,000 by default. */
  readonly duration?: number;
}

/** Settings of the data set. */
export interface SyntheticOptions extends SyntheticCameraOptions {
  /** Recordings to learn from, at least 1; 1,920 by default. */
  readonly train?: number;
  /** Recordings to be judged by, at least 1; 240 by default. */
  readonly test?: number;
}

const cameraFields: Fields<SyntheticCameraOptions> = {
  ...choiceFields,
  seed: "number",
  width: "number",
  height: "number",
  duration: "number",
};
const syntheticFields: Fields<SyntheticOptions> = { ...cameraFields, train: "number", test: "number" };

/** A piece of an endless recording. */
export interface SyntheticPiece {
  /** Its events; times go on from piece to piece. */
  readonly events: EventColumns;
  /** The gesture shown for most of the piece. */
  readonly label: number;
  /** Where the piece starts, in microseconds. */
  readonly start: number;
  /** Where it ends and the next one starts. */
  readonly end: number;
}

/** What the camera sees unless told otherwise: small enough to train on within a minute. */
const defaults = { seed: 1, width: 24, height: 24, duration: 200_000 } as const;

/**
 * A data set of synthetic gestures, drawn recording by recording when asked for.
 *
 * @param options - Seed, sensor, duration, sizes, and the backend that draws; every backend draws the same.
 * @returns Training and test set; they share no recording.
 * @throws {@link DecolleError} `config`, `not-finite` or `range` with the name of the option; `memory` for more events than
 *   there is memory for, when a recording is asked for.
 */
export async function synthetic(options: SyntheticOptions = {}): Promise<DatasetSplits> {
  const { train = 1920, test = 240, ...camera } = readOptions(options, syntheticFields, "synthetic");
  const scene = sceneOf(camera);
  const binding = await selectRecordings(choiceOf(camera));
  const split = (name: "train" | "test", length: number): Dataset => ({
    name: `synthetic/${name}`,
    classes: binding.syntheticClasses(),
    length: wholeNumber(length, 1, name),
    sensor: { width: scene.width, height: scene.height },
    duration: scene.duration,
    sample: (index) => draw(binding, scene, name, length, index),
  });
  return { name: "synthetic", train: split("train", train), test: split("test", test) };
}

/**
 * The same camera without end: it goes from gesture to gesture, in constant memory.
 *
 * @param pieceLength - Length of a piece in microseconds, a whole number from 1.
 * @param options - Seed, sensor, how long each gesture is shown, and the backend that draws.
 * @returns Pieces, one after the other, for ever.
 * @throws {@link DecolleError} `config`, `not-finite` or `range` with the name of the option, when the first piece is asked for.
 */
export async function* syntheticStream(
  pieceLength: number,
  options: SyntheticCameraOptions = {},
): AsyncGenerator<SyntheticPiece, never> {
  const length = wholeNumber(pieceLength, 1, "pieceLength");
  const given = readOptions(options, cameraFields, "syntheticStream");
  const scene = sceneOf(given);
  const binding = await selectRecordings(choiceOf(given));
  const camera = new binding.SyntheticCamera(JSON.stringify(scene));
  for (;;) {
    const { events, class: label, start, end } = camera.next(length);
    yield { events, label, start, end };
  }
}

function draw(
  binding: RecordingsBinding,
  scene: Scene,
  split: "train" | "test",
  length: number,
  index: number,
): LabelledRecording {
  if (!Number.isInteger(index) || index < 0 || index >= length) {
    throw unfit("range", `synthetic/${split}`, `an index below ${length}`, found(index));
  }
  const { events, class: label } = binding.synthesize(JSON.stringify({ ...scene, split, index }));
  return { events, label };
}

/** What the camera watches, complete. */
type Scene = Record<keyof typeof defaults, number>;

function sceneOf(options: SyntheticCameraOptions): Scene {
  const within = (name: keyof typeof defaults, least: number, most: number) => {
    const value = wholeNumber(options[name] ?? defaults[name], least, name);
    if (value <= most) return value;
    throw unfit("range", name, `${least} to ${most}`, `${value}`);
  };
  return {
    seed: within("seed", 0, Number.MAX_SAFE_INTEGER),
    width: within("width", 8, 512),
    height: within("height", 8, 512),
    duration: within("duration", 1000, 60_000_000),
  };
}
