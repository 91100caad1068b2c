/** Recordings in files that have a name, which their faults tell. */
import type { EventColumns } from "../backend/contract.js";
import { DecolleError, placedIn, unfit } from "../errors.js";
import { isObject } from "../values/brands.js";
import { found } from "../values/found.js";
import { reading } from "../values/options.js";
import { checkReading, Reader, type ReadOptions, type RecordingReader } from "./reading.js";
import { type BlobLike, piecesOf } from "./source.js";

/** A reader of a file, whose faults name it. */
export class NamedReader implements RecordingReader {
  readonly #name: string;
  readonly #reader: RecordingReader;

  /**
   * Takes a reader.
   *
   * @param name - The file's name or path.
   * @param reader - Reads it.
   */
  constructor(name: string, reader: RecordingReader) {
    this.#name = name;
    this.#reader = reader;
  }

  get bytes() {
    return this.#reader.bytes;
  }

  get format() {
    return this.#reader.format;
  }

  get sensor() {
    return this.#reader.sensor;
  }

  get dropped() {
    return this.#reader.dropped;
  }

  get firstDropped() {
    return this.#reader.firstDropped;
  }

  get untimed() {
    return this.#reader.untimed;
  }

  get damage() {
    const { damage } = this.#reader;
    return damage && placedIn(damage, this.#name);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EventColumns, void> {
    try {
      yield* this.#reader;
    } catch (error) {
      throw ofFile(error) ? placedIn(error, this.#name) : error;
    }
  }
}

/** Whether an error is one of what the file holds, and does not name it yet. */
function ofFile(error: unknown): error is DecolleError {
  return DecolleError.is(error) && !["aborted", "backend", "busy", "io"].includes(error.code);
}

/** What of a `File` is used. */
export interface NamedBlob extends BlobLike {
  /** Its name. */
  readonly name?: string;
}

/**
 * Reads a recording that was dropped on a page or chosen there: as `read` does, but that faults name the file.
 *
 * @param file - The file, or a Blob.
 * @param options - As of `read`.
 * @returns What gives blocks of events.
 * @throws {@link DecolleError} As `read`; `config` for what is no file.
 */
export function fromFile(file: NamedBlob, options: ReadOptions = {}): RecordingReader {
  const isFile = reading("file", () => isObject(file) && typeof file["stream"] === "function");
  if (!isFile) throw unfit("config", "file", "a File or a Blob", found(file));
  const name = reading("file", () => (typeof file.name === "string" ? file.name : "file"));
  return new NamedReader(
    name,
    new Reader(checkReading(options, "fromFile"), (signal) => piecesOf(file, signal, "fromFile")),
  );
}
