/** Recordings in folders, one folder a class: `PATH/<class>/<recording>`. Node only. */
import { join } from "node:path";
import type { EventColumns } from "../backend/contract.js";
import { type BackendChoice, choiceFields, choiceOf, selectRecordings } from "../backend/select.js";
import { DecolleError, faultAt, placedIn, unfit } from "../errors.js";
import { extensionsOf, type RecordingFormat } from "../events/formats.js";
import { readHdf5, startsAsHdf5 } from "../events/hdf5-events.js";
import { columnsOf, type EventLists } from "../events/lists.js";
import { loadNow } from "../events/loading.js";
import { checkSensor } from "../events/sensor.js";
import { listFolder, readBytes, reason } from "../files.js";
import { wholeNumber } from "../numbers.js";
import { type FileUrl, pathOf } from "../paths.js";
import { demanded, type Fields, readOptions, text } from "../values/options.js";
import type { Dataset } from "./dataset.js";
import { Ignored } from "./listing.js";
import { checkNames, labelling, type OwnDataset, ownFields, sortedNames } from "./own.js";

/** Settings of reading folders. */
export interface FolderOptions extends Omit<OwnDataset, "duration">, BackendChoice {
  /** How long a recording usually is, in whole microseconds, at least 1: the span a network sees unless told otherwise. */
  readonly duration: number;
  /** The format of the files; `auto`, by default, for that which the first bytes of each say. */
  readonly format?: RecordingFormat | "auto";
  /**
   * Reads a recording from the bytes of its file, for formats of one's own; by default they are read as `events.load` does.
   *
   * @param bytes - All of the file.
   * @param path - Its path.
   * @returns Its events, or a promise of them.
   */
  readonly read?: (bytes: Uint8Array, path: string) => EventColumns | EventLists | Promise<EventColumns | EventLists>;
  /**
   * How the names of recordings end, such as `.npy`; other files are passed over. By default as those of the format do, with
   * `auto` as those of any format, and with `read` all files are recordings.
   */
  readonly extension?: string;
}

const folderFields: Fields<FolderOptions> = {
  ...ownFields,
  ...choiceFields,
  format: "value",
  read: "function",
  extension: "value",
};

/**
 * A data set out of a folder that holds one folder a class. Recordings are read when they are asked for. Hidden files and
 * folders, and what lies deeper, are left out and counted (`ignored`).
 *
 * @param path - The folder, by its path or `file:` URL.
 * @param given - Sensor and duration; `format` to name that of the files, `read` for one of one's own; `classes` to name the
 *   folders and their order, by default all of them, sorted, `2` before `10`.
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
  const format = text(options.format ?? "auto", "format");
  const read = options.read ?? (await formatReader(format, choiceOf(options)));
  const extensions =
    options.extension === undefined
      ? options.read === undefined && extensionsOf(format)
      : [text(options.extension, "extension").toLowerCase()];
  const suits = (name: string) => !extensions || extensions.some((end) => name.toLowerCase().endsWith(end));
  const name = text(options.name ?? root, "name");
  const present = await listFolder(root);
  const folders = present.filter(({ name, isFolder }) => isFolder && !hidden(name)).map(({ name }) => name);
  const names = options.classes === undefined ? sortedNames(folders) : checkNames(options.classes);
  const ignored = new Ignored();
  for (const { name } of present) if (!names.includes(name)) ignored.add(join(root, name));
  const files: Array<{ readonly path: string; readonly label: string }> = [];
  for (const label of names) {
    const within = await listFolder(join(root, label));
    const recordings = within.filter(({ name, isFile }) => isFile && !hidden(name) && suits(name));
    for (const entry of within) if (!recordings.includes(entry)) ignored.add(join(root, label, entry.name));
    for (const name of sortedNames(recordings.map((file) => file.name))) {
      files.push({ path: join(root, label, name), label });
    }
  }
  const { length } = files;
  if (length === 0) {
    const others = ignored.count === 0 ? "none" : `none among ${ignored.count} others`;
    const ends = extensions ? `, which ends in ${extensions.join(", ")}` : "";
    throw unfit("format", root, `recordings as <class>/<recording>${ends}`, `${others}`);
  }
  const bear = files.map(({ label }) => label);
  const { classes, labels } = labelling(bear, names, (index) => files[index]?.path ?? root);
  return {
    name,
    classes,
    length,
    sensor,
    duration,
    ...ignored.fields,
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

async function formatReader(format: string, choice: BackendChoice): Promise<Reader> {
  const recordings = await selectRecordings(choice);
  return async (bytes, path) => {
    if (format === "auto" && startsAsHdf5(bytes)) return (await readHdf5(path)).events;
    return loadNow(recordings, bytes, format).events;
  };
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
