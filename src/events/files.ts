/** Recordings in files. Node only. */
import type { EventColumns } from "../backend/contract.js";
import { DecolleError, placedIn } from "../errors.js";
import { readPieces, writeAtomically } from "../files.js";
import { type FileUrl, pathOf } from "../paths.js";
import { type AbortSignalLike, isObject } from "../values/brands.js";
import { type Fields, reading, readOptions } from "../values/options.js";
import { readColumns } from "./columns.js";
import { formatOf, type WrittenFormat } from "./formats.js";
import { Hdf5Reader, isHdf5 } from "./hdf5-events.js";
import { collect, type LoadedRecording } from "./loading.js";
import { type Events, events as portable } from "./namespace.js";
import { type CheckedReading, checkReading, Reader, type ReadOptions, type RecordingReader } from "./reading.js";
import { piecesOf, type RecordingSource } from "./source.js";
import { type Blocks, type WriteOptions, write, writeFields } from "./writing.js";

/** The bytes of a recording, or the file that holds them, by its path or `file:` URL. */
export type FileSource = RecordingSource | string | FileUrl;

/** Settings of saving a recording. */
export interface SaveOptions extends Omit<WriteOptions, "format"> {
  /** The format; by default that whose files end like the path. */
  readonly format?: WrittenFormat;
}

const saveFields: Fields<SaveOptions> = writeFields;

/** Recordings from files and bytes, and files and bytes from recordings. */
export interface FileEvents extends Events<FileSource> {
  /**
   * Writes a recording to a file, which is either the old one or the new one, whatever happens.
   *
   * @param path - The file, by its path or `file:` URL.
   * @param events - Its events, times never decreasing; or blocks of them, such as `read` gives them.
   * @param options - As of `write`; the format is that whose files end like the path, unless it is named.
   * @throws {@link DecolleError} As `write`; `io` where the file cannot be written. All is then as before.
   */
  save(path: string | FileUrl, events: EventColumns | Blocks, options?: SaveOptions): Promise<void>;
}

function read(source: FileSource, options: ReadOptions = {}): RecordingReader {
  return readerOf(source, options, "read");
}

async function load(source: FileSource, options: ReadOptions = {}): Promise<LoadedRecording> {
  return collect(readerOf(source, options, "load"));
}

function readerOf(source: FileSource, options: ReadOptions, of: string): RecordingReader {
  const checked = checkReading(options, of);
  if (typeof source !== "string" && !isUrl(source)) {
    return new Reader(checked, (signal) => piecesOf(source as RecordingSource, signal, of));
  }
  const path = pathOf(source, "source");
  const pieces = (signal: AbortSignalLike | undefined) => piecesOf(readPieces(path, signal), signal, of);
  return new FileReader(path, new Reader(checked, pieces), checked);
}

/** A reader of a file, whose faults name it; of HDF5, too, which only files are read of. */
class FileReader implements RecordingReader {
  readonly #path: string;
  readonly #options: CheckedReading;
  #reader: RecordingReader;

  constructor(path: string, reader: RecordingReader, options: CheckedReading) {
    this.#path = path;
    this.#reader = reader;
    this.#options = options;
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
    return damage && placedIn(damage, this.#path);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EventColumns, void> {
    try {
      yield* this.#reader;
      return;
    } catch (error) {
      if (!isHdf5(error)) throw ofFile(error) ? placedIn(error, this.#path) : error;
    }
    this.#reader = new Hdf5Reader(this.#path, this.#options);
    yield* this.#reader;
  }
}

/** Whether an error is one of what the file holds, and does not name it yet. */
function ofFile(error: unknown): error is DecolleError {
  return DecolleError.is(error) && !["aborted", "backend", "busy", "io"].includes(error.code);
}

async function save(path: string | FileUrl, given: EventColumns | Blocks, options: SaveOptions = {}): Promise<void> {
  const file = pathOf(path, "path");
  const { format = formatOf(file), ...rest } = readOptions(options, saveFields, "save");
  const whole = reading("events", () => isObject(given) && "t" in given);
  if (!whole) {
    await writeAtomically(file, write(given as Blocks, { ...rest, format }));
    return;
  }
  const columns = readColumns(given as EventColumns, "events");
  await writeAtomically(file, write([columns], { ...rest, events: columns.t.length, format }));
}

function isUrl(source: unknown): source is FileUrl {
  return reading("source", () => isObject(source) && typeof source["href"] === "string");
}

/** Recordings from files and bytes, and files and bytes from recordings. */
export const events: FileEvents = { ...portable, read, load, save };
