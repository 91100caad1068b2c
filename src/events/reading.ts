/** Reading recordings block after block, in constant memory however long they are. */
import type { EventColumns } from "../backend/contract.js";
import type { ReaderHandle } from "../backend/recordings.js";
import { type BackendChoice, choiceFields, choiceOf, selectRecordings } from "../backend/select.js";
import { type DecolleError, translateFault, unfit } from "../errors.js";
import { throwIfAborted, unlessAborted } from "../network/abort.js";
import { Turns } from "../network/turn.js";
import { wholeNumber } from "../numbers.js";
import type { AbortSignalLike } from "../values/brands.js";
import { found } from "../values/found.js";
import { type Fields, readOptions, text } from "../values/options.js";
import type { RecordingFormat } from "./formats.js";
import { piecesOf, type RecordingSource } from "./source.js";
import type { Sensor } from "./transform.js";

/**
 * What becomes of events whose time lies before that of an event before them: `refuse`, a `time-order` error; `sort`, events
 * are held and given in order of time; `drop`, they are left out and counted.
 */
export type TimeOrder = "refuse" | "sort" | "drop";

/** Settings of reading a recording. */
export interface ReadOptions extends BackendChoice {
  /** The format; `auto`, by default, for that which the first bytes say. */
  readonly format?: RecordingFormat | "auto";
  /** What becomes of times that go backwards; `refuse` by default. */
  readonly order?: TimeOrder;
  /**
   * How many events `sort` holds, 2 to 2²⁴; 16,384 by default. An event that comes later than those reach back is a
   * `time-order` error.
   */
  readonly sortWithin?: number;
  /** Whether a recording that is damaged is read up to there, instead of an error; not by default. */
  readonly partial?: boolean;
  /** Aborts the reading. */
  readonly signal?: AbortSignalLike;
}

/** The fields of {@link ReadOptions}. */
export const readFields: Fields<ReadOptions> = {
  ...choiceFields,
  format: "value",
  order: "value",
  sortWithin: "number",
  partial: "boolean",
  signal: "signal",
};

/** An event whose time lies before that of an event before it. */
export interface BackwardsEvent {
  /** Its index among all events of the file, from 0. */
  readonly event: number;
  /** Offset in the file of its first byte, or of the compressed packet that it is in; absent in HDF5 files. */
  readonly byte?: number;
  /** Its time in microseconds. */
  readonly time: number;
  /** The latest time before it. */
  readonly latest: number;
}

/** What is known of a recording, as far as it has been read. */
export interface RecordingFacts {
  /** The format, `hdf5` for files that the package `h5wasm` reads; undefined until it is known. */
  readonly format?: RecordingFormat | "hdf5" | undefined;
  /** Size of the sensor in pixels, where the format says it. */
  readonly sensor?: Sensor | undefined;
  /** Events that were left out since their time went backwards, with `order: "drop"`. */
  readonly dropped: number;
  /** The first of these. */
  readonly firstDropped?: BackwardsEvent | undefined;
  /** Events that were left out since the file gives them no time, such as those before the first time of an EVT2 file. */
  readonly untimed: number;
  /** What ended the reading early, with `partial`. */
  readonly damage?: DecolleError | undefined;
}

/** A recording that is read: blocks of events, to be iterated over once, and what is known of it. */
export interface RecordingReader extends AsyncIterable<EventColumns>, RecordingFacts {
  /** Bytes of the source that were read so far. */
  readonly bytes: number;
}

const orders: readonly TimeOrder[] = ["refuse", "sort", "drop"];

/** Options that have been checked. */
export interface CheckedReading {
  readonly choice: BackendChoice;
  readonly format: string;
  readonly order: TimeOrder;
  readonly sortWithin: number;
  readonly partial: boolean;
  readonly signal: AbortSignalLike | undefined;
}

/**
 * Checks how a recording is to be read.
 *
 * @param options - The caller's options.
 * @param of - Whose they are, for messages.
 * @returns All of them.
 * @throws {@link DecolleError} `config`, `range` or `not-finite` with the option.
 */
export function checkReading(options: ReadOptions | undefined, of: string): CheckedReading {
  const given = readOptions(options, readFields, of);
  const { order = "refuse", sortWithin = 16_384, partial = false, signal } = given;
  if (!orders.includes(order)) throw unfit("config", "order", '"refuse", "sort" or "drop"', found(order));
  const format = text(given.format ?? "auto", "format");
  return {
    choice: choiceOf(given),
    format,
    order,
    sortWithin: wholeNumber(sortWithin, 2, "sortWithin"),
    partial,
    signal,
  };
}

/**
 * Reads a recording block after block.
 *
 * @param source - Its bytes, all at once or piece by piece.
 * @param options - The format, what becomes of damage and of times that go backwards, a signal, and the backend that decodes.
 * @returns What gives blocks of at most some 8,192 events, to be iterated over once, and what is known of the recording
 *   from its first block on.
 * @throws {@link DecolleError} `config`, `range` or `not-finite` for an option. While iterating: `unsupported` for an unknown
 *   format, `format` where the bytes say none or are damaged, `range` or `time-order` for an event, each with the offset of
 *   the byte; `config` for what is no source; `aborted`; `backend`; or what the source throws.
 */
export function read(source: RecordingSource, options: ReadOptions = {}): RecordingReader {
  return new Reader(checkReading(options, "read"), (signal) => piecesOf(source, signal, "read"));
}

/** A reader over pieces, wherever they come from. */
export class Reader implements RecordingReader {
  readonly #options: CheckedReading;
  readonly #pieces: (signal: AbortSignalLike | undefined) => AsyncIterable<Uint8Array>;
  #facts: RecordingFacts = { dropped: 0, untimed: 0 };
  readonly #turns = new Turns();
  #begun = false;
  #bytes = 0;

  /**
   * Takes what is to be read.
   *
   * @param options - How.
   * @param pieces - Begins to give the bytes, in pieces of at most 64 KiB.
   */
  constructor(options: CheckedReading, pieces: (signal: AbortSignalLike | undefined) => AsyncIterable<Uint8Array>) {
    this.#options = options;
    this.#pieces = pieces;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get format(): RecordingFacts["format"] {
    return this.#facts.format;
  }

  get sensor(): Sensor | undefined {
    return this.#facts.sensor;
  }

  get dropped(): number {
    return this.#facts.dropped;
  }

  get firstDropped(): BackwardsEvent | undefined {
    return this.#facts.firstDropped;
  }

  get untimed(): number {
    return this.#facts.untimed;
  }

  get damage(): DecolleError | undefined {
    return this.#facts.damage;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EventColumns, void> {
    if (this.#begun) throw unfit("busy", "read", "a reader that is iterated over once", "a second time");
    this.#begun = true;
    const { choice, format, order, sortWithin, partial, signal } = this.#options;
    throwIfAborted(signal, "read");
    const recordings = await unlessAborted(selectRecordings(choice), signal, "read");
    const handle = new recordings.Reader(format, order, sortWithin, partial);
    try {
      for await (const piece of this.#pieces(signal)) {
        handle.give(piece);
        this.#bytes += piece.length;
        yield* this.#blocks(handle);
      }
      handle.finish();
      yield* this.#blocks(handle);
    } finally {
      handle.dispose();
    }
  }

  /** The blocks that the bytes so far hold. */
  async *#blocks(handle: ReaderHandle): AsyncGenerator<EventColumns, void> {
    for (;;) {
      const block = handle.next();
      this.#facts = factsOf(handle.describe());
      if (block.t.length > 0) yield block;
      // After bytes without events, too: they may be many.
      await this.#turns.rest();
      throwIfAborted(this.#options.signal, "read");
      if (block.t.length === 0) return;
    }
  }
}

/** What a binding tells of a file. */
interface Told {
  readonly format: RecordingFormat | null;
  readonly sensor: readonly [number, number] | null;
  readonly dropped: number;
  readonly firstDropped: readonly [number, number, number, number] | null;
  readonly untimed: number;
  readonly damage: string | null;
}

/**
 * What is known of a recording.
 *
 * @param json - As a binding tells it.
 * @returns The facts.
 */
export function factsOf(json: string): RecordingFacts {
  const { format, sensor, dropped, firstDropped, untimed, damage } = JSON.parse(json) as Told;
  const [event, byte, time, latest] = firstDropped ?? [0, 0, 0, 0];
  return {
    ...(format !== null && { format }),
    ...(sensor !== null && { sensor: { width: sensor[0], height: sensor[1] } }),
    dropped,
    ...(firstDropped !== null && { firstDropped: { event, byte, time, latest } }),
    untimed,
    ...(damage !== null && { damage: translateFault(new Error(damage)) }),
  };
}
