/** Recordings in files. Node only. */
import type { EventColumns } from "../backend/contract.js";
import { readPieces, writeAtomically } from "../files.js";
import { type FileUrl, pathOf } from "../paths.js";
import { type AbortSignalLike, isObject } from "../values/brands.js";
import { type Fields, reading, readOptions } from "../values/options.js";
import { readColumns } from "./columns.js";
import { formatOf, type WrittenFormat } from "./formats.js";
import { collect, type LoadedRecording } from "./loading.js";
import { NamedReader } from "./named.js";
import { type Events, events as portable } from "./namespace.js";
import { checkReading, Reader, type ReadOptions, type RecordingReader } from "./reading.js";
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
  return new NamedReader(path, new Reader(checked, pieces));
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
