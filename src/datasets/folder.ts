/** Recordings in folders, one folder a class: `PATH/<class>/<recording>`. Node only. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { EventColumns } from "../backend/contract.js";
import { type BackendChoice, selectBackend } from "../backend/select.js";
import { DecolleError } from "../errors.js";
import { readBytes, reason } from "../files.js";
import { wholeNumber } from "../numbers.js";
import type { Dataset } from "./dataset.js";
import { checkSensor, columnsOf, type EventLists, labelling, type OwnDataset, sortedNames } from "./own.js";

/** Settings of reading folders. */
export interface FolderOptions extends Omit<OwnDataset, "duration">, BackendChoice {
  /** How long a recording usually is, in whole microseconds, at least 1: the span a network sees unless told otherwise. */
  readonly duration: number;
  /**
   * Reads a recording from the bytes of its file. By default they are taken for N-MNIST's: five bytes an event.
   *
   * @param bytes - All of the file.
   * @param path - Its path.
   * @returns Its events, or a promise of them.
   */
  readonly read?: (bytes: Uint8Array, path: string) => EventColumns | EventLists | Promise<EventColumns | EventLists>;
  /** How the names of recordings end, such as `.npy`; other files are passed over. By default `.bin`, with `read` any. */
  readonly extension?: string;
}

/**
 * A data set out of a folder that holds one folder a class. Recordings are read when they are asked for. Hidden files and
 * folders, and what lies deeper, are passed over.
 *
 * @param path - The folder.
 * @param options - Sensor and duration; `read` for files in a format of one's own; `classes` to name the folders and their
 *   order, by default all of them, sorted, `2` before `10`.
 * @returns The data set, sorted by class, then by file name; its `labels` are known.
 * @throws {@link DecolleError} `config` or `range` for an option, `io` where a folder cannot be read, `format` where there is
 *   no recording. When a recording is asked for: `io` where it cannot be read, `format` where `read` throws, or what is
 *   wrong with its events; each with the path.
 */
export async function folder(path: string, options: FolderOptions): Promise<Dataset> {
  const sensor = checkSensor(options?.sensor);
  const duration = wholeNumber(options.duration, 1, "duration");
  const read = options.read ?? (await nmnistReader(options));
  const extension = options.extension ?? (options.read === undefined ? ".bin" : undefined);
  const found =
    options.classes ?? sortedNames((await visible(path)).filter(({ folder }) => folder).map(({ name }) => name));
  const files: Array<{ readonly path: string; readonly label: string }> = [];
  for (const label of found) {
    const within = join(path, label);
    const recordings = (await visible(within)).filter(({ folder, name }) => !folder && ends(name, extension));
    for (const name of sortedNames(recordings.map((file) => file.name)))
      files.push({ path: join(within, name), label });
  }
  const { length } = files;
  if (length === 0) {
    const file = extension === undefined ? "<recording>" : `<recording>${extension}`;
    throw new DecolleError("format", `${path}: expected recordings as <class>/${file}, found none`);
  }
  const bear = files.map(({ label }) => label);
  const { classes, labels } = labelling(bear, found, (index) => files[index]?.path ?? path);
  const name = options.name ?? path;
  return {
    name,
    classes,
    length,
    sensor,
    duration,
    labels,
    sample: async (index) => {
      const file = files[index];
      if (file === undefined) {
        throw new DecolleError("range", `${name}: expected an index from 0 to ${length - 1}, found ${index}`);
      }
      const bytes = await readBytes(file.path);
      return { events: columnsOf(await decoded(read, bytes, file.path), sensor, file.path), label: labels[index] ?? 0 };
    },
  };
}

type Reader = NonNullable<FolderOptions["read"]>;

async function nmnistReader(choice: BackendChoice): Promise<Reader> {
  const { binding } = await selectBackend(choice);
  return (bytes) => binding.decodeNmnist(bytes);
}

async function decoded(read: Reader, bytes: Uint8Array, path: string): Promise<EventColumns | EventLists> {
  try {
    return await read(bytes, path);
  } catch (error) {
    const code = error instanceof DecolleError ? error.code : "format";
    throw new DecolleError(code, `${path}: ${reason(error)}`, { cause: error });
  }
}

interface Entry {
  readonly name: string;
  readonly folder: boolean;
}

/** What a folder holds, hidden entries left out: file systems and archives put files of their own beside recordings. */
async function visible(path: string): Promise<Entry[]> {
  try {
    const entries = (await readdir(path, { withFileTypes: true })).filter(({ name }) => !name.startsWith("."));
    return await Promise.all(
      entries.map(async (entry) => {
        const target = entry.isSymbolicLink() ? await stat(join(path, entry.name)) : entry;
        return { name: entry.name, folder: target.isDirectory() };
      }),
    );
  } catch (error) {
    throw new DecolleError("io", `${path}: could not be read: ${reason(error)}`, { cause: error });
  }
}

function ends(name: string, extension: string | undefined): boolean {
  return extension === undefined || name.endsWith(extension);
}
