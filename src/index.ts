/**
 * Online learning in deep spiking neural networks with local errors (DECOLLE; Kaiser, Mostafa & Neftci 2020,
 * doi:10.3389/fnins.2020.00424).
 *
 * @packageDocumentation
 */
import type { BackendChoice } from "./backend/select.js";
import { type Datasets, datasets as portable } from "./browser.js";
import { asldvs } from "./datasets/asldvs.js";
import { cifar10dvs } from "./datasets/cifar10dvs.js";
import type { AnySplits, Dataset, DatasetSplits } from "./datasets/dataset.js";
import { type DvsGestureOptions, dvsgesture } from "./datasets/dvsgesture.js";
import type { PartsOptions } from "./datasets/file-set.js";
import { type FolderOptions, folder } from "./datasets/folder.js";
import { shd, ssc } from "./datasets/heidelberg.js";
import { type MnistOptions, type MnistSaccadesOptions, mnist, mnistSaccades } from "./datasets/mnist.js";
import { ncaltech101 } from "./datasets/ncaltech101.js";
import { type NmnistOptions, nmnist } from "./datasets/nmnist.js";
import { openDataset } from "./datasets/open.js";
import { type PokerDvsOptions, pokerdvs } from "./datasets/pokerdvs.js";
import { type SlAnimalsOptions, slanimals } from "./datasets/slanimals.js";
import type { DatasetSpec } from "./datasets/spec.js";
import { type TonicCacheOptions, toniccache } from "./datasets/toniccache.js";
import type { SpikeTrain } from "./events/train.js";
import type { FileUrl } from "./paths.js";

export * from "./browser.js";
export type { DvsGestureOptions } from "./datasets/dvsgesture.js";
export type { PartsOptions } from "./datasets/file-set.js";
export type { FolderOptions } from "./datasets/folder.js";
export type { MnistOptions, MnistSaccadesOptions } from "./datasets/mnist.js";
export type { DatasetName } from "./datasets/named.js";
export type { NmnistOptions } from "./datasets/nmnist.js";
export type { PokerDvsOptions } from "./datasets/pokerdvs.js";
export type { SlAnimalsOptions } from "./datasets/slanimals.js";
export type { DatasetSpec, FileSpec, SyntheticSpec } from "./datasets/spec.js";
export { parseDatasetSpec } from "./datasets/spec.js";
export type { TonicCacheOptions } from "./datasets/toniccache.js";
export type { FileEvents, FileSource, SaveOptions } from "./events/files.js";
export { events } from "./events/files.js";
export type { Hdf5Recording } from "./events/hdf5-events.js";
export { readHdf5 } from "./events/hdf5-events.js";
export type { FileExchange } from "./exchange/exchange.js";
export { exchange } from "./exchange/exchange.js";
export type { NirField, NirGraph, NirNode, NirNumbers } from "./exchange/nir/graph.js";
export type { NirReset } from "./exchange/nir/neuron.js";
export type { NirOptions } from "./exchange/nir/read.js";
export type { Exchange } from "./exchange/portable.js";
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
   * DvsGesture from a folder: the official archive, or its trials as `ibmGestureTrain/<user>/<class>.npy` (tonic) or
   * `train/<class>/<trial>`.
   *
   * @param path - The folder that holds `trials_to_train.txt`, `ibmGestureTrain` or `train`, by its path or `file:` URL.
   * @param options - Where trials are kept once they are cut out of the official recordings; the backend that decodes.
   * @returns Training and test set; what is missing is in the remarks.
   * @throws {@link DecolleError} `io` where a folder or list is missing; `format` or `range` for a list or table that is damaged.
   */
  dvsgesture(path: string | FileUrl, options?: DvsGestureOptions): Promise<DatasetSplits>;
  /**
   * N-Caltech101 from a folder that holds one folder a class.
   *
   * @param path - The folder, by its path or `file:` URL.
   * @param options - How the parts are drawn; the backend that decodes.
   * @returns Training and test set.
   * @throws {@link DecolleError} `io` or `format` where the folder is not as expected.
   */
  ncaltech101(path: string | FileUrl, options?: PartsOptions): Promise<DatasetSplits>;
  /**
   * POKER-DVS from a folder.
   *
   * @param path - The folder that holds `pips` and `split-1.txt`, by its path or `file:` URL.
   * @param options - Which split; the backend that decodes.
   * @returns Training and test set of the split.
   * @throws {@link DecolleError} `io` or `format` where folder or split are not as expected.
   */
  pokerdvs(path: string | FileUrl, options?: PokerDvsOptions): Promise<DatasetSplits>;
  /**
   * CIFAR10-DVS from a folder that holds one folder a class.
   *
   * @param path - The folder, by its path or `file:` URL.
   * @param options - How the parts are drawn; the backend that decodes.
   * @returns Training and test set.
   * @throws {@link DecolleError} `io` or `format` where the folder is not as expected.
   */
  cifar10dvs(path: string | FileUrl, options?: PartsOptions): Promise<DatasetSplits>;
  /**
   * ASL-DVS from a folder that holds one folder a letter.
   *
   * @param path - The folder, by its path or `file:` URL.
   * @param options - How the parts are drawn.
   * @returns Training and test set.
   * @throws {@link DecolleError} `io` or `format` where the folder is not as expected.
   */
  asldvs(path: string | FileUrl, options?: PartsOptions): Promise<DatasetSplits>;
  /**
   * SL-Animals-DVS from a folder.
   *
   * @param path - The folder that holds `allusers_aedat` and `tags…`, by its path or `file:` URL.
   * @param options - Where signs are kept once they are cut out; of how many people the signs are the test.
   * @returns Training and test set.
   * @throws {@link DecolleError} `io` or `format` where the folder is not as expected.
   */
  slanimals(path: string | FileUrl, options?: SlAnimalsOptions): Promise<DatasetSplits>;
  /**
   * The Spiking Heidelberg Digits from a folder; needs the npm package `h5wasm`.
   *
   * @param path - The folder that holds `shd_train.h5` and `shd_test.h5`, by its path or `file:` URL.
   * @returns Training and test set of spike trains.
   * @throws {@link DecolleError} `unsupported` where `h5wasm` is not installed; `io` or `format` where files are not as expected.
   */
  shd(path: string | FileUrl): Promise<DatasetSplits<SpikeTrain>>;
  /**
   * The Spiking Speech Commands from a folder; needs the npm package `h5wasm`.
   *
   * @param path - The folder that holds `ssc_train.h5`, `ssc_valid.h5` and `ssc_test.h5`, by its path or `file:` URL.
   * @returns Training, validation and test set of spike trains.
   * @throws {@link DecolleError} As `shd`.
   */
  ssc(path: string | FileUrl): Promise<DatasetSplits<SpikeTrain>>;
  /**
   * Recordings that tonic has cached; needs the npm packages `h5wasm` and `h5wasm-plugins`.
   *
   * @param path - The folder that holds `0_0.hdf5` and so on, by its path or `file:` URL.
   * @param options - Sensor, classes, duration.
   * @returns The data set.
   * @throws {@link DecolleError} `config` or `range` for an option; `io` or `format` where the folder is not as expected.
   */
  toniccache(path: string | FileUrl, options: TonicCacheOptions): Promise<Dataset>;
  /**
   * A data set by its name on the command line.
   *
   * @param spec - `synthetic`, a name and a path such as `nmnist:PATH`, or the same already read.
   * @param choice - The backend that decodes or draws.
   * @returns Training and test set.
   * @throws {@link DecolleError} `config` for an unknown name, `io` or `format` where the folder is not as expected.
   */
  open(spec: string | DatasetSpec, choice?: BackendChoice): Promise<AnySplits>;
}

/** Data sets: of one's own, and by name. */
export const datasets: FileDatasets = {
  ...portable,
  folder,
  nmnist,
  mnist,
  mnistSaccades,
  dvsgesture,
  ncaltech101,
  pokerdvs,
  cifar10dvs,
  asldvs,
  slanimals,
  shd,
  ssc,
  toniccache,
  open: openDataset,
};
