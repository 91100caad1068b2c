/** What is done with recordings, by one name: `events.read`, `events.load`, `events.write`, `events.encode`. */
import type { EventColumns } from "../backend/contract.js";
import { type LoadedRecording, load } from "./loading.js";
import { type ReadOptions, type RecordingReader, read } from "./reading.js";
import type { RecordingSource } from "./source.js";
import { type Blocks, encode, type WriteOptions, write } from "./writing.js";

/** Recordings from bytes, and bytes from recordings. */
export interface Events<From = RecordingSource> {
  /**
   * Reads a recording block after block, in constant memory however long it is.
   *
   * @param source - Its bytes, all at once or piece by piece.
   * @param options - The format, what becomes of damage and of times that go backwards, a signal, and the backend that
   *   decodes.
   * @returns What gives blocks of at most some 8,192 events, to be iterated over once, and what is known of the recording
   *   from its first block on.
   * @throws {@link DecolleError} `config`, `range` or `not-finite` for an option. While iterating: `unsupported` for an
   *   unknown format, `format` where the bytes say none or are damaged, `range` or `time-order` for an event, each with the
   *   offset of the byte; `config` for what is no source; `aborted`; `backend`; or what the source throws.
   */
  read(source: From, options?: ReadOptions): RecordingReader;
  /**
   * Reads a whole recording into memory.
   *
   * @param source - Its bytes, all at once or piece by piece.
   * @param options - As of `read`.
   * @returns The events, and what is known of the recording.
   * @throws {@link DecolleError} As `read`.
   */
  load(source: From, options?: ReadOptions): Promise<LoadedRecording>;
  /**
   * Writes a recording block after block, in constant memory however long it is.
   *
   * @param blocks - Its events, times never decreasing, such as `read` gives them.
   * @param options - The format; the sensor and the number of events, where the format holds them; a signal, and the backend
   *   that encodes.
   * @returns The bytes of the file, piece by piece.
   * @throws {@link DecolleError} While iterating: `unsupported` for a format that is not written, or cannot be without what is
   *   missing; `config` or `shape` for what are no columns; `range`, `not-finite` or `time-order` for an event, with its
   *   index; `aborted`; or what `blocks` throws.
   */
  write(blocks: Blocks, options: WriteOptions): AsyncIterable<Uint8Array>;
  /**
   * Writes a whole recording.
   *
   * @param events - Its events, times never decreasing.
   * @param options - As of `write`; the number of events is known.
   * @returns The bytes of the file.
   * @throws {@link DecolleError} As `write`.
   */
  encode(events: EventColumns, options: WriteOptions): Promise<Uint8Array>;
}

/** Recordings from bytes, and bytes from recordings. */
export const events: Events = { read, load, write, encode };
