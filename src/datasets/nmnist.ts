/**
 * N-MNIST (Orchard et al. 2015) in its official layout: `Train/<digit>/<number>.bin` and `Test/<digit>/<number>.bin`,
 * 34×34 pixels, about 300 ms each. Node only.
 */
import { join } from "node:path";
import type { RecordingsBinding } from "../backend/recordings.js";
import { type BackendChoice, choiceFields, selectRecordings } from "../backend/select.js";
import { DecolleError, placedIn, unfit } from "../errors.js";
import { loadNow } from "../events/loading.js";
import { listFolder, readBytes } from "../files.js";
import { type FileUrl, pathOf } from "../paths.js";
import { found } from "../values/found.js";
import { type Fields, readOptions } from "../values/options.js";
import type { Dataset, DatasetSplits, LabelledRecording } from "./dataset.js";
import { Ignored } from "./listing.js";

/** Settings of reading N-MNIST. */
export interface NmnistOptions extends BackendChoice {
  /** Whether recordings are read when asked for (`lazy`, default) or all at once and kept (`eager`). */
  readonly decode?: "lazy" | "eager";
}

const nmnistFields: Fields<NmnistOptions> = { ...choiceFields, decode: "value" };
const digits = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"] as const;
const sensor = { width: 34, height: 34 } as const;

/** Three saccades of 100 ms each; recordings run on for some milliseconds. */
const duration = 300_000;

/** What lies in the folder of a split. */
interface Listing {
  readonly entries: readonly Entry[];
  /** Files and folders that are no recordings. */
  readonly ignored: Ignored;
}

/** A recording that has not been read. */
interface Entry {
  readonly path: string;
  readonly label: number;
}

/**
 * N-MNIST from a folder. Hidden files, such as those that macOS puts beside others (`._00261.bin`), and whatever else is no
 * `.bin` file are left out and counted.
 *
 * @param path - The folder that holds `Train` and `Test`, by its path or `file:` URL.
 * @param options - When to read, and the backend that decodes.
 * @returns Training and test set, sorted by digit, then by file name.
 * @throws {@link DecolleError} `io` where a folder is missing, `format` where it holds no recordings or, when read, a
 *   recording is damaged; each with the path.
 */
export async function nmnist(path: string | FileUrl, options: NmnistOptions = {}): Promise<DatasetSplits> {
  const { decode = "lazy", ...choice } = readOptions(options, nmnistFields, "nmnist");
  if (decode !== "lazy" && decode !== "eager") {
    throw unfit("config", "decode", '"lazy" or "eager"', found(decode));
  }
  const root = pathOf(path, "nmnist");
  const recordings = await selectRecordings(choice);
  const split = async (folder: string): Promise<Dataset> => {
    const name = `nmnist/${folder.toLowerCase()}`;
    const { entries, ignored } = await list(join(root, folder));
    const { length } = entries;
    const labels = Uint32Array.from(entries, ({ label }) => label);
    const read = (index: number) => readRecording(recordings, name, entries, index);
    const sample = decode === "eager" ? await readAll(length, read) : read;
    return { name, classes: digits, length, sensor, duration, ...ignored.fields, labels, sample };
  };
  return { name: "nmnist", train: await split("Train"), test: await split("Test") };
}

async function list(folder: string): Promise<Listing> {
  const entries: Entry[] = [];
  // Small extracts may lack a digit, so folders that are there are read and a folder without any digit is refused.
  const present = await listFolder(folder);
  const ignored = new Ignored();
  for (const { name, isFolder } of present) if (!isFolder || !isDigit(name)) ignored.add(join(folder, name));
  for (const [label, digit] of digits.entries()) {
    if (!present.some(({ name, isFolder }) => isFolder && name === digit)) continue;
    const listed = await listFolder(join(folder, digit));
    const files = listed.filter(({ name, isFile }) => isFile && name.endsWith(".bin") && !name.startsWith("."));
    for (const entry of listed) if (!files.includes(entry)) ignored.add(join(folder, digit, entry.name));
    for (const name of files.map((file) => file.name).sort()) entries.push({ path: join(folder, digit, name), label });
  }
  if (entries.length === 0) {
    const others = ignored.count === 0 ? "none" : `none among ${ignored.count} others`;
    throw unfit("format", folder, "recordings as <digit>/<number>.bin", `${others}`);
  }
  return { entries, ignored };
}

function isDigit(name: string): boolean {
  return (digits as readonly string[]).includes(name);
}

async function readRecording(
  recordings: RecordingsBinding,
  name: string,
  entries: readonly Entry[],
  index: number,
): Promise<LabelledRecording> {
  const entry = entries[index];
  if (entry === undefined) {
    throw unfit("range", name, `an index below ${entries.length}`, `${index}`);
  }
  const bytes = await readBytes(entry.path);
  try {
    return { events: loadNow(recordings, bytes, "nmnist").events, label: entry.label };
  } catch (error) {
    if (!DecolleError.is(error)) throw error;
    throw placedIn(error, entry.path);
  }
}

async function readAll(
  length: number,
  read: (index: number) => Promise<LabelledRecording>,
): Promise<Dataset["sample"]> {
  const recordings: LabelledRecording[] = [];
  for (let index = 0; index < length; index++) recordings.push(await read(index));
  return (index) => recordings[index] ?? read(index);
}
