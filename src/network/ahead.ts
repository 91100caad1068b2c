/** Batches one after the other: while a network works on one, the next one is read. */
import type { AnyDataset } from "../datasets/dataset.js";
import type { AbortSignalLike } from "../values/brands.js";
import type { Engine } from "./engine.js";
import { type LabelledBatch, type Presentation, readBatch } from "./recordings.js";

/** Reads the batches of an epoch or an evaluation, at most one ahead. */
export class BatchesAhead {
  /** Time spent waiting for recordings while the network had nothing to do, in seconds. */
  waited = 0;
  readonly #read: (batch: number) => Promise<LabelledBatch>;
  readonly #end: number;
  #next: Promise<LabelledBatch> | undefined;
  #closed = false;

  /**
   * Reads nothing yet.
   *
   * @param engine - The network that the batches are for.
   * @param dataset - Where recordings come from.
   * @param batches - Batches there are, and which recordings each has.
   * @param presentation - Steps, cropping, downsampling.
   * @param signal - Aborts the wait for a recording.
   * @param work - What messages call the work.
   */
  constructor(
    engine: Engine,
    dataset: AnyDataset,
    batches: { readonly count: number; readonly chosen: (batch: number) => Uint32Array },
    presentation: Presentation,
    signal: AbortSignalLike | undefined,
    work: string,
  ) {
    this.#end = batches.count;
    const heeded = this.#heeding(signal);
    this.#read = (batch) => readBatch(engine, dataset, batches.chosen(batch), presentation, heeded, work);
  }

  /**
   * Waits for a batch, has it worked on, and meanwhile reads the one after it, so that no recording is asked for when this ends.
   *
   * @param batch - Its number; the next call has the next one.
   * @param work - What is done with it; it is disposed of afterwards.
   * @returns What the work gave, and the labels.
   * @throws What reading it or working on it throws. What reading the next one throws, the next call does.
   */
  async work<Result>(
    batch: number,
    work: (shown: LabelledBatch) => Promise<Result>,
  ): Promise<{ readonly result: Result; readonly labels: Uint32Array }> {
    const next = this.#next;
    this.#next = undefined;
    const shown = await this.#waitFor(next ?? this.#read(batch));
    try {
      // The work is begun first: a data set that answers at once would keep it waiting.
      const running = work(shown);
      if (batch + 1 < this.#end) this.#next = this.#read(batch + 1);
      this.#next?.catch(() => undefined);
      const result = await running;
      if (this.#next !== undefined) await this.#waitFor(this.#next).catch(() => undefined);
      return { result, labels: shown.labels };
    } finally {
      shown.batch.dispose();
    }
  }

  /** Gives up what was read ahead, and asks for nothing more. */
  close(): void {
    this.#closed = true;
    this.#next?.then(
      ({ batch }) => batch.dispose(),
      () => undefined,
    );
    this.#next = undefined;
  }

  async #waitFor<Value>(awaited: Promise<Value>): Promise<Value> {
    const began = performance.now();
    try {
      return await awaited;
    } finally {
      this.waited += (performance.now() - began) / 1000;
    }
  }

  /** The caller's signal, which counts as aborted, too, once nothing more is to be read. */
  #heeding(signal: AbortSignalLike | undefined): AbortSignalLike {
    const closed = () => this.#closed;
    return {
      get aborted() {
        return closed() || (signal?.aborted ?? false);
      },
      get reason() {
        return signal?.reason;
      },
      addEventListener: (type, listener) => signal?.addEventListener(type, listener),
      removeEventListener: (type, listener) => signal?.removeEventListener(type, listener),
    };
  }
}
