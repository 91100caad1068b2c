/** Recordings in folders, one folder a class: `PATH/<class>/<recording>`. Node only. */
import { join } from "node:path";
import type { EventColumns } from "../backend/contract.js";
import { type BackendChoice, choiceFields, choiceOf, selectBackend } from "../backend/select.js";
import { DecolleError, faultAt, placedIn, unfit } from "../errors.js";
import { listFolder, readBytes, reason } from "../files.js";
import { wholeNumber } from "../numbers.js";
import { type FileUrl, pathOf } from "../paths.js";
import { demanded, type Fields, readOptions, text } from "../values/options.js";
import type { Dataset } from "./dataset.js";
import {
  checkNames,
  checkSensor,
  columnsOf,
  type EventLists,
  labelling,
  type OwnDataset,
  ownFields,
  sortedNames,
} from "./own.js";

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

const folderFields: Fields<FolderOptions> = { ...ownFields, ...choiceFields, read: "function", extension: "value" };

/**
 * A data set out of a folder that holds one folder a class. Recordings are read when they are asked for. Hidden files and
 * folders, and what lies deeper, are left out and counted (`ignored`).
 *
 * @param path - The folder, by its path or `file:` URL.
 * @param given - Sensor and duration; `read` for files in a format of one's own; `classes` to name the folders and their
 *   order, by default all of them, sorted, `2` before `10`.
 * @returns The data set, sorted by class, then by file name; its `labels` are known.
 * @throws {@link DecolleError} `config` or `range` for an option, `io` where a folder cannot be read, `format` where there is
 *   no recording. When a recording is asked for: `io` where it cannot be read, `format` where `read` throws, or what is
 *   wrong with its events; each with the path.
 */
export async function folder(path: string | FileUrl, given: FolderOptions): Promise<Dataset> {
  const root = pathOf(path, "folder");
  const options = readOptions(demanded(given, "options"), folderFields, "folder");
  const sensor = checkSensor(options.sensor);
  const duration = wholeNumber(options.duration, 1, "duration");
  const read = options.read ?? (await nmnistReader(choiceOf(options)));
  const extension = text(options.extension ?? (options.read === undefined ? ".bin" : ""), "extension");
  const name = text(options.name ?? root, "name");
  const present = await listFolder(root);
  const folders = present.filter(({ name, isFolder }) => isFolder && !hidden(name)).map(({ name }) => name);
  const found = options.classes === undefined ? sortedNames(folders) : checkNames(options.classes);
  let ignored = present.filter(({ name }) => !found.includes(name)).length;
  const files: Array<{ readonly path: string; readonly label: string }> = [];
  for (const label of found) {
    const within = await listFolder(join(root, label));
    const recordings = within.filter(({ name, isFile }) => isFile && !hidden(name) && name.endsWith(extension));
    ignored += within.length - recordings.length;
    for (const name of sortedNames(recordings.map((file) => file.name))) {
      files.push({ path: join(root, label, name), label });
    }
  }
  const { length } = files;
  if (length === 0) {
    const others = ignored === 0 ? "none" : `none among ${ignored} others`;
    throw unfit("format", root, `recordings as <class>/<recording>${extension}`, `${others}`);
  }
  const bear = files.map(({ label }) => label);
  const { classes, labels } = labelling(bear, found, (index) => files[index]?.path ?? root);
  return {
    name,
    classes,
    length,
    sensor,
    duration,
    ignored,
    labels,
    sample: async (index) => {
      const file = files[index];
      if (file === undefined) {
        throw unfit("range", name, `an index from 0 to ${length - 1}`, `${index}`);
      }
      const bytes = await readBytes(file.path);
      const events = columnsOf(await decoded(read, bytes, file.path), sensor, file.path) as EventColumns;
      return { events, label: labels[index] ?? 0 };
    },
  };
}

type Reader = NonNullable<FolderOptions["read"]>;

async function nmnistReader(choice: BackendChoice): Promise<Reader> {
  const { binding } = await selectBackend(choice);
  return (bytes) => binding.decode("nmnist", bytes).events;
}

async function decoded(read: Reader, bytes: Uint8Array, path: string): Promise<EventColumns | EventLists> {
  try {
    return await read(bytes, path);
  } catch (error) {
    throw DecolleError.is(error) ? placedIn(error, path) : faultAt("format", path, reason(error), { cause: error });
  }
}

/** File systems and archives put files of their own beside recordings, such as `._00261.bin`. */
function hidden(name: string): boolean {
  return name.startsWith(".");
}
