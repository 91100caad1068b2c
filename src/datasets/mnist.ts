/**
 * MNIST (LeCun, Bottou, Bengio and Haffner 1998) as it is distributed, four idx files, and what has the same files, such as
 * Fashion-MNIST: images that become spikes, either by rate coding or before a simulated event camera. Node only.
 */
import { join } from "node:path";
import type { EventColumns } from "../backend/contract.js";
import { type BackendChoice, choiceFields, choiceOf, selectRecordings } from "../backend/select.js";
import { unfit } from "../errors.js";
import type { RecordedEvents, SpikeTrain } from "../events/train.js";
import { listFolder, readBytes } from "../files.js";
import { finiteNumber, wholeNumber } from "../numbers.js";
import { type FileUrl, pathOf } from "../paths.js";
import { found } from "../values/found.js";
import { type Fields, readOptions } from "../values/options.js";
import type { Dataset, DatasetSplits } from "./dataset.js";
import { decompressed, readIdx } from "./idx.js";

/** Settings of MNIST as spike trains. */
export interface MnistOptions extends BackendChoice {
  /** Seed of the spikes, a whole number from 0; 1 by default. Every backend draws the same. */
  readonly seed?: number;
  /** Time steps of 1 ms that a spike train lasts, 1 to 1,048,576; 100 by default. Fewer are the beginning of the same train. */
  readonly steps?: number;
  /** Probability that the brightest pixel fires in a time step, above 0 and at most 1; 0.5 by default. */
  readonly rate?: number;
}

/** Settings of MNIST before the simulated event camera. */
export interface MnistSaccadesOptions extends BackendChoice {
  /** Seed of the camera and its noise, a whole number from 0; 1 by default. Every backend draws the same. */
  readonly seed?: number;
  /** How long the three saccades take together, in whole microseconds, 1,000 to 60,000,000; 300,000 by default. */
  readonly duration?: number;
}

const mnistFields: Fields<MnistOptions> = { ...choiceFields, seed: "number", steps: "number", rate: "number" };
const saccadesFields: Fields<MnistSaccadesOptions> = { ...choiceFields, seed: "number", duration: "number" };
const digits = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"] as const;

/** Microseconds of a time step. */
const timeStep = 1000;

/** Most time steps of a spike train, as in the core. */
const mostSteps = 2 ** 20;

/** Pixels by which the camera's sensor exceeds the images on every side, as in the core. */
const margin = 3;

/** Sides of images and of a sensor with its margins, as in the core. */
const mostSide = 512 - 2 * margin;

/**
 * MNIST as spike trains, by rate coding: in every time step of 1 ms a pixel fires with a probability in proportion to its
 * intensity. A pixel is a unit, so a network takes them as `{ channels: 1, height: 28, width: 28 }` or as `{ units: 784 }`. Spikes
 * are drawn anew in every epoch of a training, so that no network learns the noise of one draw.
 *
 * @param path - The folder that holds the four files, by its path or `file:` URL.
 * @param options - Seed, steps, rate, and the backend that draws.
 * @returns 60,000 trains to learn from and 10,000 to test, in the order of the files.
 * @throws {@link DecolleError} `config`, `range` or `not-finite` for an option; `io` where a file cannot be read; `format` where
 *   one is missing, damaged, or does not go with the others; each with the path.
 */
export async function mnist(path: string | FileUrl, options: MnistOptions = {}): Promise<DatasetSplits<SpikeTrain>> {
  const { seed = 1, steps = 100, rate = 0.5, ...choice } = readOptions(options, mnistFields, "mnist");
  wholeNumber(seed, 0, "seed");
  within(wholeNumber(steps, 1, "steps"), 1, mostSteps, "steps");
  if (finiteNumber(rate, 0, "rate") === 0 || rate > 1) throw unfit("range", "rate", "above 0, at most 1", `${rate}`);
  const recordings = await selectRecordings(choiceOf(choice));
  const images = await readImages(pathOf(path, "mnist"));
  const coded: Recorder<SpikeTrain> = (split, image, index, epoch) =>
    recordings.rateCoded(image, JSON.stringify({ seed, split, index, epoch, steps, timeStep, rate }));
  return splits("mnist", images, { units: images.width * images.height }, steps * timeStep, coded);
}

/**
 * MNIST before the simulated event camera, which moves in three saccades along a triangle as the one of N-MNIST did. Its sensor
 * is three pixels wider than the images on every side: 34×34 pixels for MNIST, as N-MNIST has them.
 *
 * @param path - The folder that holds the four files, by its path or `file:` URL.
 * @param options - Seed, duration, and the backend that simulates.
 * @returns 60,000 recordings to learn from and 10,000 to test, in the order of the files.
 * @throws {@link DecolleError} As {@link mnist}.
 */
export async function mnistSaccades(
  path: string | FileUrl,
  options: MnistSaccadesOptions = {},
): Promise<DatasetSplits> {
  const { seed = 1, duration = 300_000, ...choice } = readOptions(options, saccadesFields, "mnistSaccades");
  wholeNumber(seed, 0, "seed");
  within(wholeNumber(duration, 0, "duration"), 1000, 60_000_000, "duration");
  const recordings = await selectRecordings(choiceOf(choice));
  const images = await readImages(pathOf(path, "mnistSaccades"));
  const width = images.width + 2 * margin;
  const height = images.height + 2 * margin;
  const seen: Recorder<EventColumns> = (split, image, index) =>
    recordings.saccades(image, JSON.stringify({ seed, split, index, width, height, duration }));
  return splits("mnist-saccades", images, { width, height }, duration, seen);
}

function within(value: number, least: number, most: number, name: string): void {
  if (value < least || value > most) throw unfit("range", name, `${least} to ${most}`, `${value}`);
}

/** Images of a split, and what they show. */
interface Images {
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
}

/** What the four files hold. */
interface Files {
  readonly width: number;
  readonly height: number;
  readonly train: Images;
  readonly test: Images;
  /** Files and folders beside them. */
  readonly ignored: number;
}

/** Makes a recording of an image, which shows it in an epoch of a training or outside any. */
type Recorder<Events> = (split: "train" | "test", image: Uint8Array, index: number, epoch?: number) => Events;

function splits<Events extends RecordedEvents>(
  name: string,
  images: Files,
  sensor: Dataset<Events>["sensor"],
  duration: number,
  record: Recorder<Events>,
): DatasetSplits<Events> {
  const size = images.width * images.height;
  const split = (part: "train" | "test", ignored: number): Dataset<Events> => {
    const { pixels, labels } = images[part];
    const { length } = labels;
    return {
      name: `${name}/${part}`,
      classes: digits,
      length,
      sensor,
      duration,
      ignored,
      labels,
      sample: (index, { epoch } = {}) => {
        const label = labels[index];
        if (label === undefined) throw unfit("range", `${name}/${part}`, `an index below ${length}`, found(index));
        return { events: record(part, pixels.subarray(index * size, (index + 1) * size), index, epoch), label };
      },
    };
  };
  return { name, train: split("train", images.ignored), test: split("test", 0) };
}

/** Names of the files as they are distributed, without `.gz`; some archives have a dot for the second hyphen. */
const names = {
  trainImages: "train-images-idx3-ubyte",
  trainLabels: "train-labels-idx1-ubyte",
  testImages: "t10k-images-idx3-ubyte",
  testLabels: "t10k-labels-idx1-ubyte",
} as const;

function spellings(name: string): string[] {
  const dotted = name.replace("-idx", ".idx");
  return [name, dotted, `${name}.gz`, `${dotted}.gz`];
}

async function readImages(root: string): Promise<Files> {
  const present = await listFolder(root);
  const isThere = (name: string) => present.some((entry) => entry.isFile && entry.name === name);
  const find = (name: string) => spellings(name).find(isThere);
  const missing = Object.values(names).filter((name) => find(name) === undefined);
  if (missing.length > 0) {
    const others = present.length === 0 ? "nothing" : `none of that name among ${present.length} others`;
    throw unfit("format", root, `${missing.join(", ")}, each also as .gz`, others);
  }
  const read = async (images: string, labels: string) =>
    readSplit(join(root, find(images) ?? images), join(root, find(labels) ?? labels));
  const train = await read(names.trainImages, names.trainLabels);
  const test = await read(names.testImages, names.testLabels);
  const { width, height } = train;
  if (test.width !== width || test.height !== height) {
    throw unfit("format", test.path, `images of ${height} × ${width} pixels`, `${test.height} × ${test.width}`);
  }
  return { width, height, train, test, ignored: present.length - Object.keys(names).length };
}

interface Split extends Images {
  readonly path: string;
  readonly width: number;
  readonly height: number;
}

async function readSplit(imagesPath: string, labelsPath: string): Promise<Split> {
  const images = readIdx(await decompressed(await readBytes(imagesPath), imagesPath), 3, imagesPath);
  const { shape, data: labels } = readIdx(await decompressed(await readBytes(labelsPath), labelsPath), 1, labelsPath);
  const [length = 0, height = 0, width = 0] = images.shape;
  for (const [axis, side] of [height, width].entries()) {
    if (side < 2 || side > mostSide) {
      throw unfit("format", `${imagesPath}: byte ${8 + 4 * axis}`, `a side of 2 to ${mostSide} pixels`, `${side}`);
    }
  }
  if (length === 0) throw unfit("format", `${imagesPath}: byte 4`, "at least one image", "none");
  if (shape[0] !== length) {
    throw unfit("format", `${labelsPath}: byte 4`, `${length} labels, as many as images`, `${shape[0]}`);
  }
  const wrong = labels.findIndex((label) => label >= digits.length);
  if (wrong >= 0) {
    throw unfit("format", `${labelsPath}: byte ${8 + wrong}`, `a label below ${digits.length}`, `${labels[wrong]}`);
  }
  return { path: imagesPath, width, height, pixels: images.data, labels };
}
