/** What all sources of live events give: pieces of events, one after the other, as they come. */
import type { EventColumns } from "../../backend/contract.js";
import { unfit } from "../../errors.js";
import { throwIfAborted, unlessAborted } from "../../network/abort.js";
import type { AbortSignalLike } from "../../values/brands.js";
import type { RecordedEvents, Source, SpikeTrain, Units } from "../train.js";
import type { Sensor } from "../transform.js";
import { Channel } from "./channel.js";

/** Up to when a piece of a live source reaches. */
export interface Until {
  /** A time in microseconds before which nothing more comes; nothing of the piece lies after it. */
  readonly until: number;
}

/** Events that came together, for `stream.push(piece, { until: piece.until })`. */
export interface EventPiece extends EventColumns, Until {}

/** Spikes that came together, for `stream.push(piece, { until: piece.until })`. */
export interface SpikePiece extends SpikeTrain, Until {}

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

/** A source of live spikes, such as a cochlea's; what holds of {@link LiveEvents} holds of it. */
export interface LiveSpikes extends AsyncIterable<SpikePiece> {
  /** How many units spikes are of, for the stream that takes them. */
  readonly sensor: Units;
  /** What each unit hears best, in hertz, ascending. */
  readonly frequencies: Float64Array;
  /** How many pieces of sound have been heard. */
  readonly taken: number;
  /** How many were left out since nobody took the spikes of those before them. */
  readonly dropped: number;
  /** `performance.now()` at time 0, in milliseconds; undefined before, and where times are those of a recording. */
  readonly origin?: number | undefined;
}

/**
 * What a source puts its pieces into, and counts in.
 *
 * @typeParam Columns - What a piece is of, besides the time it reaches to.
 */
export class Sink<Columns extends RecordedEvents = EventColumns> {
  /** Frames or places looked at. */
  taken = 0;
  /** Frames or places left out. */
  dropped = 0;
  /** `performance.now()` at time 0. */
  origin: number | undefined;
  readonly #channel: Channel<Columns & Until>;

  /**
   * Takes a channel.
   *
   * @param channel - Where pieces go.
   */
  constructor(channel: Channel<Columns & Until>) {
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
   * @param columns - Its events or spikes.
   * @param until - The time before which nothing more comes.
   */
  put(columns: Columns, until: number): void {
    this.#channel.put({ ...columns, until });
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
export type Begin<Columns extends RecordedEvents = EventColumns> = (
  sink: Sink<Columns>,
) => Promise<() => void> | (() => void);

/** Pieces that may wait for whoever iterates: a tenth of a second of a webcam. */
const capacity = 4;

/**
 * A source of live events, or of live spikes.
 *
 * @typeParam Columns - Which of them.
 * @typeParam From - What they come from.
 */
export class Live<Columns extends RecordedEvents = EventColumns, From extends Source = Sensor> {
  readonly sensor: From;
  readonly #work: string;
  readonly #signal: AbortSignalLike | undefined;
  readonly #begin: Begin<Columns>;
  #sink: Sink<Columns> | undefined;

  /**
   * Takes a source that has not begun.
   *
   * @param work - What messages call it.
   * @param sensor - Size of the sensor, or how many units.
   * @param signal - Ends it.
   * @param begin - Begins it, when it is iterated over.
   */
  constructor(work: string, sensor: From, signal: AbortSignalLike | undefined, begin: Begin<Columns>) {
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

  [Symbol.asyncIterator](): AsyncIterator<Columns & Until, undefined> {
    if (this.#sink !== undefined) {
      throw unfit("busy", this.#work, "a source that is iterated over once", "a second time");
    }
    const channel = new Channel<Columns & Until>(capacity);
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
  async #run(sink: Sink<Columns>, channel: Channel<Columns & Until>): Promise<void> {
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
