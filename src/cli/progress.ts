/** Progress bars: on standard error, and only where that is a terminal. */
import { SingleBar } from "cli-progress";
import type { Progress } from "../network/metrics.js";

/** A bar for each phase of long work, one after the other. */
export class ProgressBar {
  readonly #shown: boolean;
  #bar: SingleBar | undefined;
  #title = "";

  /**
   * Makes a bar that shows nothing yet.
   *
   * @param quiet - Whether nothing is to be shown at all.
   */
  constructor(quiet: boolean) {
    this.#shown = !quiet && process.stderr.isTTY === true;
  }

  /**
   * Shows how far work has come.
   *
   * @param progress - From `onProgress`.
   */
  update(progress: Progress): void {
    if (!this.#shown) return;
    const title = titleOf(progress);
    if (title !== this.#title) {
      this.clear();
      this.#title = title;
      this.#bar = bar("{title} [{bar}] {value}/{total} {note} {eta_formatted}");
      this.#bar.start(progress.total, 0, { title, note: "" });
    }
    const accuracy = progress.accuracy.map((share) => (100 * share).toFixed(0).padStart(3)).join(" ");
    this.#bar?.update(progress.samples, { note: accuracy === "" ? "" : `accuracy % ${accuracy}` });
  }

  /** Takes the bar off the terminal, so that something else can be written. */
  clear(): void {
    this.#bar?.stop();
    this.#bar = undefined;
    this.#title = "";
  }
}

/** How much of a file has been read. */
export class BytesBar {
  readonly #shown: boolean;
  readonly #total: number | undefined;
  #bar: SingleBar | undefined;

  /**
   * Makes a bar that shows nothing yet.
   *
   * @param quiet - Whether nothing is to be shown at all.
   * @param total - Length of the file, where it is known; there is no bar otherwise.
   */
  constructor(quiet: boolean, total: number | undefined) {
    this.#shown = !quiet && process.stderr.isTTY === true;
    this.#total = total;
  }

  /**
   * Shows how far it has come.
   *
   * @param bytes - Bytes that were read.
   */
  update(bytes: number): void {
    if (!this.#shown || this.#total === undefined) return;
    if (this.#bar === undefined) {
      this.#bar = bar("[{bar}] {percentage} % {eta_formatted}");
      this.#bar.start(this.#total, 0);
    }
    this.#bar.update(bytes);
  }

  /** Takes the bar off the terminal. */
  clear(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}

function bar(format: string): SingleBar {
  return new SingleBar({ format, stream: process.stderr, clearOnComplete: true, hideCursor: true, barsize: 24 });
}

function titleOf({ phase, epoch, epochs }: Progress): string {
  return epoch === 0 ? phase : `${phase} ${epoch}/${epochs}`;
}
