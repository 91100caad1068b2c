/** What a command reads before it writes anything: models, data sets, and how a model was trained. */
import { resolve } from "node:path";
import type { BackendChoice } from "../backend/select.js";
import type { AnySplits } from "../datasets/dataset.js";
import { openDataset } from "../datasets/open.js";
import { type DatasetSpec, formatDatasetSpec, parseDatasetSpec } from "../datasets/spec.js";
import { DecolleError, details, faultAt } from "../errors.js";
import { readBytes, reason } from "../files.js";
import { throwIfAborted, unlessAborted } from "../network/abort.js";
import { Network } from "../network/stored.js";
import { pathOf } from "../paths.js";
import type { AbortSignalLike } from "../values/brands.js";
import type { Configuration } from "./configuration.js";

/** Under which name the configuration lies in a checkpoint's metadata. */
export const runKey = "run";

/** How a network was trained. */
export interface StoredRun {
  readonly configuration: Configuration;
  readonly data: DatasetSpec;
}

/**
 * Backend and threads out of a command's options.
 *
 * @param flags - The options.
 * @returns The choice.
 */
export function choiceOf({ backend, threads }: BackendChoice): BackendChoice {
  return { ...(backend !== undefined && { backend }), ...(threads !== undefined && { threads }) };
}

/**
 * Loads a model; an interrupt is heard while it comes through a pipe.
 *
 * @param path - The checkpoint.
 * @param flags - Backend and threads.
 * @param signal - Aborts.
 * @returns The network.
 * @throws {@link DecolleError} `aborted`, `io`, `checkpoint`.
 */
export async function loadModel(path: string, flags: BackendChoice, signal: AbortSignalLike): Promise<Network> {
  const bytes = await unlessAborted(readBytes(path, signal), signal, "load");
  const network = await Network.fromBytes(bytes, choiceOf(flags));
  try {
    throwIfAborted(signal, "load");
    return network;
  } catch (error) {
    network.dispose();
    throw error;
  }
}

/**
 * Opens a data set.
 *
 * @param data - Which one.
 * @param flags - Backend and threads, and `data` where the command line named it.
 * @param signal - Aborts.
 * @returns Training and test set.
 * @throws {@link DecolleError} `aborted`, `io`, `format`; one that only the model names is said to come from there.
 */
export async function openData(
  data: DatasetSpec,
  flags: BackendChoice & { readonly data?: DatasetSpec },
  signal: AbortSignalLike,
): Promise<AnySplits> {
  try {
    return await unlessAborted(openDataset(data, choiceOf(flags)), signal, "data");
  } catch (error) {
    const stored = flags.data === undefined && data.kind !== "synthetic";
    if (!stored || !DecolleError.is(error) || error.code === "aborted") throw error;
    const hint = `the model was trained on ${formatDatasetSpec(data)}; if it lies elsewhere now, name it with --data`;
    throw new DecolleError(error.code, `${error.message}; ${hint}`, { ...details(error), cause: error });
  }
}

/**
 * A data set by a name that holds in any folder.
 *
 * @param data - The data set, its path relative to where the command runs.
 * @returns The same with a whole path.
 */
export function resolved(data: DatasetSpec): DatasetSpec {
  return data.kind === "synthetic" ? data : { ...data, path: resolve(pathOf(data.path, "data")) };
}

/**
 * Notes in a network how it is trained, for {@link storedRun}.
 *
 * @param network - The network.
 * @param configuration - Its configuration.
 * @param data - What it learns from, by a whole path.
 */
export function storeRun(network: Network, configuration: Configuration, data: DatasetSpec): void {
  network.metadata[runKey] = JSON.stringify({ ...configuration, data: formatDatasetSpec(data) });
}

/**
 * The configuration that a network was trained with.
 *
 * @param network - A network that `decolle train` saved.
 * @returns Configuration and data; undefined for a network that comes from elsewhere.
 * @throws {@link DecolleError} `checkpoint` where they cannot be read.
 */
export function storedRun(network: Network): StoredRun | undefined {
  const text = network.metadata[runKey];
  if (text === undefined) return undefined;
  try {
    const { data, ...configuration } = JSON.parse(text) as Configuration & { data: string };
    return { configuration, data: parseDatasetSpec(data) };
  } catch (error) {
    throw faultAt("checkpoint", `metadata.${runKey}`, `not as decolle train writes it: ${reason(error)}`, {
      cause: error,
    });
  }
}
