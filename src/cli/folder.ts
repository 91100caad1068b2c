/** The folder of a training: `model.safetensors`, `metrics.jsonl`, `report.html`, and on request a TensorBoard event file. */
import { mkdir, open, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { faultAt, unfit } from "../errors.js";
import { checkReplaceable, exists, readBytes, reason, writeAtomically } from "../files.js";
import type { EpochMetrics } from "../network/metrics.js";
import type { Network } from "../network/stored.js";
import { tensorBoardEvents } from "../report/tensorboard.js";
import { FolderLock } from "./lock.js";
import { completeReplacement, replaceTogether } from "./replacement.js";

/** How a training comes to its folder: into an empty one, in place of the one there, or to continue that one. */
export type Manner = "begin" | "replace" | "resume";

const names = { model: "model.safetensors", metrics: "metrics.jsonl", report: "report.html" } as const;

/** The event file, whose name TensorBoard looks for `tfevents` in. */
export const eventFile = "events.out.tfevents.decolle";

/**
 * A training's folder, locked as long as it is open.
 *
 * Until the first epoch ends, nothing in it changes; then model, metrics and report are replaced together. From there on the
 * line of an epoch is written before the checkpoint that counts the epoch as done. So a crash between the two leaves at
 * most lines too many, which {@link RunFolder.history} leaves out, since the epoch will run again.
 */
export class RunFolder {
  /** Path of the checkpoint. */
  readonly model: string;
  readonly #path: string;
  readonly #lock: FolderLock;
  /** Lines of the epochs done, those of before included. */
  readonly #lines: string[] = [];
  /** Whether there is a training that this one is going to replace. */
  #replaces: boolean;
  /** Whether all files are this training's. */
  #own = false;
  /** Writing goes on one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(path: string, lock: FolderLock, replaces: boolean) {
    this.#path = path;
    this.#lock = lock;
    this.#replaces = replaces;
    this.model = join(path, names.model);
  }

  /**
   * Opens and locks a folder; changes nothing else in it.
   *
   * @param path - The folder; made where it does not exist, unless it is to be resumed.
   * @param manner - What is to become of a training that is there.
   * @returns The folder; the caller closes it.
   * @throws {@link DecolleError} `config` where there is a training and it is neither resumed nor replaced, `busy` where
   *   another process trains in it, `io`.
   */
  static async open(path: string, manner: Manner): Promise<RunFolder> {
    if (manner === "resume") {
      if (!(await exists(join(path, names.model)))) {
        throw faultAt("io", path, `there is no training to resume: ${names.model} is missing`);
      }
    } else {
      try {
        await makeFolder(resolve(path));
      } catch (error) {
        throw faultAt("io", path, `could not be made: ${reason(error)}`, { cause: error });
      }
    }
    const lock = await FolderLock.take(path);
    try {
      await completeReplacement(path);
      const there = await Promise.all(Object.values(names).map((name) => exists(join(path, name))));
      if (manner === "begin" && there.includes(true)) {
        const remedies = "--resume continues it, --force replaces it, another --out keeps it";
        throw faultAt("config", path, `holds a training already; ${remedies}`);
      }
      // Better now than after an epoch.
      if (manner === "replace") for (const name of Object.values(names)) await checkReplaceable(join(path, name));
      return new RunFolder(path, lock, manner === "replace" && there.includes(true));
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Whether there is a training in the folder that is not this one, and will be replaced. */
  get replaces(): boolean {
    return this.#replaces;
  }

  /**
   * Reads the metrics of a training that is resumed.
   *
   * @param completed - Epochs that the checkpoint counts as done.
   * @returns Their metrics.
   * @throws {@link DecolleError} `io`, or `format` where lines are missing.
   */
  async history(completed: number): Promise<EpochMetrics[]> {
    const path = join(this.#path, names.metrics);
    const epochs = (await readMetrics(this.#path)).slice(0, completed);
    if (epochs.length < completed) {
      throw unfit("format", path, `${completed} epochs`, `${epochs.length}`);
    }
    this.#lines.push(...epochs.map(toLine));
    return epochs;
  }

  /**
   * Records an epoch.
   *
   * @param metrics - Its metrics.
   * @param network - The network after it.
   * @param report - The report after it.
   * @throws {@link DecolleError} `io`, `busy` where the folder was taken away.
   */
  async record(metrics: EpochMetrics, network: Network, report: string): Promise<void> {
    const model = await network.toBytes();
    return this.#inTurn(async () => {
      const line = toLine(metrics);
      this.#lines.push(line);
      if (!this.#own) return this.#replaceAll(model, report);
      await append(join(this.#path, names.metrics), line);
      await writeAtomically(this.model, model);
      await writeAtomically(join(this.#path, names.report), report);
    });
  }

  /**
   * Saves a training in the middle of an epoch.
   *
   * @param network - The network as it is.
   * @param report - The report.
   * @throws {@link DecolleError} `io`, `busy` where the folder was taken away.
   */
  async save(network: Network, report: string): Promise<void> {
    const model = await network.toBytes();
    return this.#inTurn(() => this.#replaceAll(model, report));
  }

  /**
   * Replaces the report of a training that is over.
   *
   * @param report - The report.
   * @throws {@link DecolleError} `io`, `busy` where the folder was taken away.
   */
  conclude(report: string): Promise<void> {
    return this.#inTurn(() => writeAtomically(join(this.#path, names.report), report));
  }

  /**
   * Writes the epochs so far for TensorBoard.
   *
   * @param epochs - Their metrics.
   * @throws {@link DecolleError} `io`, `busy` where the folder was taken away.
   */
  recordForTensorBoard(epochs: readonly EpochMetrics[]): Promise<void> {
    const bytes = tensorBoardEvents(epochs, Date.now());
    return this.#inTurn(() => writeAtomically(join(this.#path, eventFile), bytes));
  }

  /** Lets others use the folder, after all writing has ended. */
  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
    await this.#lock.release();
  }

  async #replaceAll(model: Uint8Array, report: string): Promise<void> {
    await replaceTogether(this.#path, [
      [names.metrics, this.#lines.join("")],
      [names.model, model],
      [names.report, report],
    ]);
    this.#own = true;
    this.#replaces = false;
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#last
      .catch(() => undefined)
      .then(() => this.#lock.check())
      .then(work);
    this.#last = turn;
    return turn;
  }
}

/**
 * Reads the metrics of a training.
 *
 * @param folder - Its folder.
 * @returns Metrics of every epoch, in order.
 * @throws {@link DecolleError} `io`, or `format` with the line.
 */
export async function readMetrics(folder: string): Promise<EpochMetrics[]> {
  const path = join(folder, names.metrics);
  const lines = new TextDecoder()
    .decode(await readBytes(path))
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line, index) => parseLine(line, index, path));
}

/**
 * Path of a training's model.
 *
 * @param folder - Its folder.
 * @returns The path.
 */
export function modelOf(folder: string): string {
  return join(folder, names.model);
}

async function append(path: string, line: string): Promise<void> {
  try {
    const file = await open(path, "a");
    try {
      await file.writeFile(line);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw faultAt("io", path, `could not be written: ${reason(error)}`, { cause: error });
  }
}

/**
 * Makes a folder and those above it. Node's own `recursive` tries for ever where a file system refuses with ENOENT, as
 * `/proc` does.
 */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await stat(path)).isDirectory()) return;
    if (code !== "ENOENT" || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path);
  }
}

function toLine(metrics: EpochMetrics): string {
  return `${JSON.stringify(metrics)}\n`;
}

function parseLine(line: string, index: number, path: string): EpochMetrics {
  try {
    const metrics = JSON.parse(line) as EpochMetrics;
    if (metrics?.epoch === index + 1) return metrics;
  } catch (error) {
    throw faultAt("format", path, `line ${index + 1}: expected JSON: ${reason(error)}`, { cause: error });
  }
  throw faultAt("format", path, `line ${index + 1}: expected the metrics of epoch ${index + 1}`);
}
