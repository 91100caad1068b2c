/**
 * Online learning in deep spiking neural networks with local errors (DECOLLE; Kaiser, Mostafa & Neftci 2020,
 * doi:10.3389/fnins.2020.00424).
 *
 * @packageDocumentation
 */
import type { BackendChoice } from "./backend/select.js";
import { type Datasets, datasets as portable } from "./browser.js";
import type { Dataset, DatasetSplits } from "./datasets/dataset.js";
import { type FolderOptions, folder } from "./datasets/folder.js";
import { type MnistOptions, type MnistSaccadesOptions, mnist, mnistSaccades } from "./datasets/mnist.js";
import { type NmnistOptions, nmnist } from "./datasets/nmnist.js";
import { openDataset } from "./datasets/open.js";
import type { DatasetSpec } from "./datasets/spec.js";
import type { RecordedEvents, SpikeTrain } from "./events/train.js";
import type { FileUrl } from "./paths.js";

export * from "./browser.js";
export type { FolderOptions } from "./datasets/folder.js";
export type { MnistOptions, MnistSaccadesOptions } from "./datasets/mnist.js";
export type { NmnistOptions } from "./datasets/nmnist.js";
export type { DatasetSpec, MnistSpec, NmnistSpec, SyntheticSpec } from "./datasets/spec.js";
export { parseDatasetSpec } from "./datasets/spec.js";
export { Network } from "./network/stored.js";
export type { FileUrl } from "./paths.js";

/** All data sets, those in files included. */
export interface FileDatasets extends Datasets {
  /**
   * A data set out of a folder that holds one folder a class: `PATH/<class>/<recording>`. Recordings are read when they are
   * asked for. Hidden files and folders, and what lies deeper, are left out and counted (`ignored`).
   *
   * @param path - The folder, by its path or `file:` URL.
   * @param options - Sensor and duration; `read` for files in a format of one's own; `classes` to name the folders and
   *   their order, by default all of them, sorted, `2` before `10`.
   * @returns The data set, sorted by class, then by file name; its `labels` are known.
   * @throws {@link DecolleError} `config` or `range` for an option, `io` where a folder cannot be read, `format` where there
   *   is no recording. When a recording is asked for: `io` where it cannot be read, `format` where `read` throws, or what
   *   is wrong with its events; each with the path.
   */
  folder(path: string | FileUrl, options: FolderOptions): Promise<Dataset>;
  /**
   * MNIST as spike trains, by rate coding: in every time step of 1 ms a pixel fires with a probability in proportion to its
   * intensity. A pixel is a unit, so a network takes them as `{ channels: 1, height: 28, width: 28 }` or as `{ units: 784 }`.
   *
   * @param path - The folder that holds the four idx files, compressed or not, by its path or `file:` URL.
   * @param options - Seed, steps, rate, and the backend that draws; every backend draws the same.
   * @returns 60,000 trains to learn from and 10,000 to test, in the order of the files.
   * @throws {@link DecolleError} `config`, `range` or `not-finite` for an option; `io` where a file cannot be read; `format`
   *   where one is missing, damaged, or does not go with the others; each with the path.
   */
  mnist(path: string | FileUrl, options?: MnistOptions): Promise<DatasetSplits<SpikeTrain>>;
  /**
   * MNIST before a simulated event camera that moves in three saccades, as the one of N-MNIST did: 34×34 pixels.
   *
   * @param path - The folder that holds the four idx files, compressed or not, by its path or `file:` URL.
   * @param options - Seed, duration, and the backend that simulates; every backend simulates the same.
   * @returns 60,000 recordings to learn from and 10,000 to test, in the order of the files.
   * @throws {@link DecolleError} As {@link FileDatasets.mnist}.
   */
  mnistSaccades(path: string | FileUrl, options?: MnistSaccadesOptions): Promise<DatasetSplits>;
  /**
   * N-MNIST from a folder in the official layout.
   *
   * @param path - The folder that holds `Train` and `Test`, by its path or `file:` URL.
   * @param options - When to read, and the backend that decodes.
   * @returns Training and test set, sorted by digit, then by file name.
   * @throws {@link DecolleError} `io` where a folder is missing, `format` where it holds no recordings or one is damaged.
   */
  nmnist(path: string | FileUrl, options?: NmnistOptions): Promise<DatasetSplits>;
  /**
   * A data set by its name on the command line.
   *
   * @param spec - `synthetic`, `nmnist:PATH`, `mnist:PATH`, `mnist-saccades:PATH`, or the same already read.
   * @param choice - The backend that decodes or draws.
   * @returns Training and test set.
   * @throws {@link DecolleError} `config` for an unknown name, `io` or `format` where the folder is not as expected.
   */
  open(spec: string | DatasetSpec, choice?: BackendChoice): Promise<DatasetSplits<RecordedEvents>>;
}

/** Data sets: of one's own, and by name. */
export const datasets: FileDatasets = { ...portable, folder, mnist, mnistSaccades, nmnist, open: openDataset };
