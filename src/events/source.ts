/** Where the bytes of a recording come from: one file as a whole, or piece by piece. */
import { unfit } from "../errors.js";
import { heeding } from "../network/abort.js";
import { typedArray } from "../values/arrays.js";
import { type AbortSignalLike, isObject, isTypedArray } from "../values/brands.js";
import { found } from "../values/found.js";
import { reading } from "../values/options.js";

/** What of a `ReadableStream` is used. */
export interface ByteStream {
  /**
   * Takes hold of it.
   *
   * @returns What reads it.
   */
  getReader(): {
    /** The next piece. */
    read(): Promise<StreamPiece>;
    /** Gives it up; what comes of that is nobody's concern. */
    cancel(reason?: unknown): Promise<unknown>;
    /** Lets go of it. */
    releaseLock(): void;
  };
}

/** What a reader of a stream gives. */
export interface StreamPiece {
  /** Whether there is no more. */
  readonly done: boolean;
  /** The bytes, where there are more. */
  readonly value?: Uint8Array | undefined;
}

/** What of a `Blob` or a `File` is used. */
export interface BlobLike {
  /** Bytes in it. */
  readonly size: number;
  /** Its bytes as a stream. */
  stream(): ByteStream;
}

/** The bytes of a recording: all at once, as a file of a browser, or piece by piece. */
export type RecordingSource = Uint8Array | BlobLike | ByteStream | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Most bytes that are handed on at once, so that what decodes them holds up nothing else for long. */
const largest = 65_536;

/**
 * The bytes of a source, in pieces of at most 64 KiB.
 *
 * @param source - Where they come from.
 * @param signal - Ends the wait for them.
 * @param work - Name of the work, for messages.
 * @yields Pieces; none of them is kept.
 * @throws {@link DecolleError} `config` for what is no source, or gives what is no bytes; `aborted`; or what
 *   the source throws.
 */
export async function* piecesOf(
  source: RecordingSource,
  signal: AbortSignalLike | undefined,
  work: string,
): AsyncGenerator<Uint8Array, void> {
  const iterator = isTypedArray(source, "Uint8Array") ? [source].values() : iteratorOf(source);
  for await (const piece of heeding<unknown>(iterator, signal, work)) {
    yield* cut(typedArray(piece, "Uint8Array", "source"));
  }
}

function* cut(bytes: Uint8Array): Generator<Uint8Array, void> {
  for (let start = 0; start < bytes.length; start += largest) yield bytes.subarray(start, start + largest);
}

/** What gives piece after piece. */
type Pieces = AsyncIterator<unknown> | Iterator<unknown>;

function iteratorOf(source: unknown): Pieces {
  return reading("source", () => {
    if (isObject(source)) {
      const { stream, getReader } = source;
      // A Blob is asked first; streams of some engines can be iterated, too, but those of others cannot.
      if (typeof stream === "function") return streamPieces((source as unknown as BlobLike).stream());
      if (typeof getReader === "function") return streamPieces(source as unknown as ByteStream);
      for (const way of [Symbol.asyncIterator, Symbol.iterator]) {
        const make = source[way];
        if (typeof make === "function" && !ArrayBuffer.isView(source)) return make.call(source) as Pieces;
      }
    }
    throw unfit(
      "config",
      "source",
      "a Uint8Array, a Blob, a ReadableStream or an iterable of Uint8Array",
      found(source),
    );
  });
}

function streamPieces(stream: ByteStream): Pieces {
  const reader = stream.getReader();
  return {
    next: async () => {
      const { done, value } = await reader.read();
      return done ? { done, value: undefined } : { value };
    },
    return: async () => {
      await reader.cancel();
      reader.releaseLock();
      return { done: true, value: undefined };
    },
  };
}
