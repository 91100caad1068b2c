/** What all sources of live events give: pieces of events, one after the other, as they come. */
import type { EventColumns } from "../../backend/contract.js";
import { unfit } from "../../errors.js";
import { throwIfAborted, unlessAborted } from "../../network/abort.js";
import type { AbortSignalLike } from "../../values/brands.js";
import type { Sensor } from "../transform.js";
import { Channel } from "./channel.js";

/** Events that came together, for `stream.push(piece, { until: piece.until })`. */
export interface EventPiece extends EventColumns {
  /** A time in microseconds before which nothing more comes; no event of the piece lies after it. */
  readonly until: number;
}

/**
 * A source of live events, to be iterated over once: `for await (const piece of source)`. Times are whole microseconds from
 * its first frame, or from when it was begun. Whoever stops iterating ends the source.
 */
export interface LiveEvents extends AsyncIterable<EventPiece> {
  /** Size of the sensor in pixels. */
  readonly sensor: Sensor;
  /** How many frames, or places of a pointer, have been looked at. */
  readonly taken: number;
  /** How many were left out since those before them were still being worked on, here or by whoever iterates. */
  readonly dropped: number;
  /** `performance.now()` at time 0, in milliseconds; undefined before, and where times are those of a recording. */
  readonly origin?: number | undefined;
}

/** What a source puts its pieces into, and counts in. */
export class Sink {
  /** Frames or places looked at. */
  taken = 0;
  /** Frames or places left out. */
  dropped = 0;
  /** `performance.now()` at time 0. */
  origin: number | undefined;
  readonly #channel: Channel<EventPiece>;

  /**
   * Takes a channel.
   *
   * @param channel - Where pieces go.
   */
  constructor(channel: Channel<EventPiece>) {
    this.#channel = channel;
  }

  /** Whether there is room for another piece. */
  get room(): boolean {
    return this.#channel.room;
  }

  /** Settles once the source is ended, whoever ends it. */
  get closed(): Promise<void> {
    return this.#channel.closed;
  }

  /**
   * Puts a piece.
   *
   * @param columns - Its events.
   * @param until - The time before which nothing more comes.
   */
  put({ x, y, p, t }: EventColumns, until: number): void {
    this.#channel.put({ x, y, p, t, until });
  }

  /**
   * Ends the source, after the pieces that still wait.
   *
   * @param error - Why, where it is not that there is no more.
   */
  end(error?: Error): void {
    this.#channel.end(error);
  }
}

/** Begins a source; gives what ends it, which is called once. */
export type Begin = (sink: Sink) => Promise<() => void> | (() => void);

/** Pieces that may wait for whoever iterates: a tenth of a second of a webcam. */
const capacity = 4;

/** A source of live events. */
export class Live implements LiveEvents {
  readonly sensor: Sensor;
  readonly #work: string;
  readonly #signal: AbortSignalLike | undefined;
  readonly #begin: Begin;
  #sink: Sink | undefined;

  /**
   * Takes a source that has not begun.
   *
   * @param work - What messages call it.
   * @param sensor - Size of the sensor.
   * @param signal - Ends it.
   * @param begin - Begins it, when it is iterated over.
   */
  constructor(work: string, sensor: Sensor, signal: AbortSignalLike | undefined, begin: Begin) {
    this.#work = work;
    this.sensor = sensor;
    this.#signal = signal;
    this.#begin = begin;
  }

  get taken(): number {
    return this.#sink?.taken ?? 0;
  }

  get dropped(): number {
    return this.#sink?.dropped ?? 0;
  }

  get origin(): number | undefined {
    return this.#sink?.origin;
  }

  [Symbol.asyncIterator](): AsyncIterator<EventPiece, undefined> {
    if (this.#sink !== undefined) {
      throw unfit("busy", this.#work, "a source that is iterated over once", "a second time");
    }
    const channel = new Channel<EventPiece>(capacity);
    const sink = new Sink(channel);
    this.#sink = sink;
    const ended = this.#run(sink, channel);
    const finish = async () => {
      channel.close();
      await ended;
      return { done: true, value: undefined } as const;
    };
    return { next: () => channel.next(), return: finish };
  }

  /** Runs the source from its beginning to its end; never rejects. */
  async #run(sink: Sink, channel: Channel<EventPiece>): Promise<void> {
    const abort = () => channel.close(this.#aborted());
    this.#signal?.addEventListener("abort", abort);
    try {
      throwIfAborted(this.#signal, this.#work);
      const stop = await this.#begin(sink);
      await channel.closed;
      stop();
    } catch (error) {
      channel.close(error as Error);
    } finally {
      this.#signal?.removeEventListener("abort", abort);
    }
  }

  #aborted(): Error | undefined {
    try {
      throwIfAborted(this.#signal, this.#work);
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }
}

/**
 * Waits for something that a source needs before it begins, but not longer than whoever iterates wants.
 *
 * @param awaited - What is waited for.
 * @param signal - The caller's signal.
 * @param work - What messages call the source.
 * @returns What was waited for.
 * @throws {@link DecolleError} `aborted`; or what the promise rejects with.
 */
export function needed<Value>(
  awaited: PromiseLike<Value>,
  signal: AbortSignalLike | undefined,
  work: string,
): Promise<Value> {
  return unlessAborted(awaited, signal, work);
}
