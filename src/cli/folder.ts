/** The folder of a training: `model.safetensors`, `metrics.jsonl`, `report.html`. */
import { mkdir, open, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { DecolleError } from "../errors.js";
import { readBytes, reason, writeAtomically } from "../files.js";
import type { EpochMetrics } from "../network/metrics.js";
import type { Network } from "../network/stored.js";

/**
 * A training's folder.
 *
 * The line of an epoch is written before the checkpoint that counts the epoch as done. So a crash between the two leaves
 * at most lines too many, which {@link RunFolder.continue} drops, since the epoch will run again.
 */
export class RunFolder {
  /** Path of the checkpoint. */
  readonly model: string;
  readonly #metrics: string;
  readonly #report: string;
  readonly #path: string;

  /**
   * Names the files of a folder.
   *
   * @param path - The folder; it need not exist yet.
   */
  constructor(path: string) {
    this.#path = path;
    this.model = join(path, "model.safetensors");
    this.#metrics = join(path, "metrics.jsonl");
    this.#report = join(path, "report.html");
  }

  /**
   * Begins a training: makes the folder, empties the metrics, writes the network as it starts.
   *
   * @param network - The untrained network.
   * @throws {@link DecolleError} `io`.
   */
  async begin(network: Network): Promise<void> {
    try {
      await makeFolder(resolve(this.#path));
    } catch (error) {
      throw new DecolleError("io", `${this.#path}: could not be made: ${reason(error)}`, { cause: error });
    }
    await writeAtomically(this.#metrics, "");
    await network.save(this.model);
  }

  /**
   * Continues a training: keeps the metrics of completed epochs.
   *
   * @param completed - Epochs that the checkpoint counts as done.
   * @returns Their metrics.
   * @throws {@link DecolleError} `io`, or `format` where lines are missing.
   */
  async continue(completed: number): Promise<EpochMetrics[]> {
    const lines = new TextDecoder()
      .decode(await readBytes(this.#metrics))
      .split("\n")
      .slice(0, completed);
    const epochs = lines.map((line, index) => parseLine(line, index, this.#metrics));
    if (epochs.length < completed) {
      throw new DecolleError("format", `${this.#metrics}: expected ${completed} epochs, found ${epochs.length}`);
    }
    await writeAtomically(this.#metrics, epochs.map(toLine).join(""));
    return epochs;
  }

  /**
   * Records an epoch.
   *
   * @param metrics - Its metrics.
   * @param network - The network after it.
   * @throws {@link DecolleError} `io`.
   */
  async record(metrics: EpochMetrics, network: Network): Promise<void> {
    try {
      const file = await open(this.#metrics, "a");
      try {
        await file.writeFile(toLine(metrics));
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      throw new DecolleError("io", `${this.#metrics}: could not be written: ${reason(error)}`, { cause: error });
    }
    await network.save(this.model);
  }

  /**
   * Writes the report.
   *
   * @param html - The page.
   * @throws {@link DecolleError} `io`.
   */
  async writeReport(html: string): Promise<void> {
    await writeAtomically(this.#report, html);
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
    throw new DecolleError("format", `${path}: line ${index + 1}: expected JSON: ${reason(error)}`, { cause: error });
  }
  throw new DecolleError("format", `${path}: line ${index + 1}: expected the metrics of epoch ${index + 1}`);
}
