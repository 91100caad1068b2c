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
import { type NmnistOptions, nmnist } from "./datasets/nmnist.js";
import { openDataset } from "./datasets/open.js";
import type { DatasetSpec } from "./datasets/spec.js";
import type { FileUrl } from "./paths.js";

export * from "./browser.js";
export type { FolderOptions } from "./datasets/folder.js";
export type { NmnistOptions } from "./datasets/nmnist.js";
export type { DatasetSpec, NmnistSpec, SyntheticSpec } from "./datasets/spec.js";
export { parseDatasetSpec } from "./datasets/spec.js";
export type { FileEvents, FileSource, SaveOptions } from "./events/files.js";
export { events } from "./events/files.js";
export { Network } from "./network/stored.js";
export type { FileUrl } from "./paths.js";

/** All data sets, those in files included. */
export interface FileDatasets extends Datasets {
  /**
   * A data set out of a folder that holds one folder a class: `PATH/<class>/<recording>`. Recordings are read when they are
   * asked for. Hidden files and folders, and what lies deeper, are left out and counted (`ignored`).
   *
   * @param path - The folder, by its path or `file:` URL.
   * @param options - Sensor and duration; `format` to name that of the files, by default what their bytes say; `read` for one
   *   of one's own; `classes` to name the folders and their order, by default all of them, sorted, `2` before `10`.
   * @returns The data set, sorted by class, then by file name; its `labels` are known.
   * @throws {@link DecolleError} `config` or `range` for an option, `io` where a folder cannot be read, `format` where there
   *   is no recording. When a recording is asked for: `io` where it cannot be read, `format` where `read` throws, or what
   *   is wrong with its events; each with the path.
   */
  folder(path: string | FileUrl, options: FolderOptions): Promise<Dataset>;
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
   * @param spec - `synthetic`, `nmnist:PATH`, or the same already read.
   * @param choice - The backend that decodes or draws.
   * @returns Training and test set.
   * @throws {@link DecolleError} `config` for an unknown name, `io` or `format` where the folder is not as expected.
   */
  open(spec: string | DatasetSpec, choice?: BackendChoice): Promise<DatasetSplits>;
}

/** Data sets: of one's own, and by name. */
export const datasets: FileDatasets = { ...portable, folder, nmnist, open: openDataset };
