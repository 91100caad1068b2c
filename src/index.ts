/**
 * Online learning in deep spiking neural networks with local errors (DECOLLE; Kaiser, Mostafa & Neftci 2020,
 * doi:10.3389/fnins.2020.00424).
 *
 * @packageDocumentation
 */
import type { BackendChoice } from "./backend/select.js";
import type { Datasets } from "./browser.js";
import type { DatasetSplits } from "./datasets/dataset.js";
import { type NmnistOptions, nmnist } from "./datasets/nmnist.js";
import { openDataset } from "./datasets/open.js";
import type { DatasetSpec } from "./datasets/spec.js";
import { synthetic } from "./datasets/synthetic.js";
import type { FileUrl } from "./paths.js";

export * from "./browser.js";
export type { NmnistOptions } from "./datasets/nmnist.js";
export type { DatasetSpec, NmnistSpec, SyntheticSpec } from "./datasets/spec.js";
export { parseDatasetSpec } from "./datasets/spec.js";
export { Network } from "./network/stored.js";
export type { FileUrl } from "./paths.js";

/** All data sets, those in files included. */
export interface FileDatasets extends Datasets {
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

/** Data sets by name. */
export const datasets: FileDatasets = { nmnist, synthetic, open: openDataset };
