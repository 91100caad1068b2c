/** A folder of recordings of any format, one folder a class, of which nothing else is known: `folder:PATH`. Node only. */
import { join } from "node:path";
import { type BackendChoice, choiceFields, choiceOf } from "../backend/select.js";
import { unfit } from "../errors.js";
import { events as files } from "../events/files.js";
import { extensionsOf } from "../events/formats.js";
import type { Sensor } from "../events/transform.js";
import { listFolder } from "../files.js";
import { type FileUrl, pathOf } from "../paths.js";
import { readOptions } from "../values/options.js";
import type { DatasetSplits } from "./dataset.js";
import { datasetOf, drawnParts, reader } from "./file-set.js";
import { type FileEntry, filesByClass, foldersIn, Ignored } from "./listing.js";

/**
 * Opens a folder that holds `<class>/<recording>`, or `train/<class>/<recording>` and `test/<class>/<recording>`. Every
 * recording is read once when it is opened: the sensor is the smallest that all of them fit on and that their files name, the
 * duration that of the longest one.
 *
 * @param path - The folder, by its path or `file:` URL.
 * @param given - The backend that decodes.
 * @returns Training and test set; where there are no such parts, 10 % of each class are drawn for the test, by seed 1. The classes
 *   are the folders to learn from, sorted, `2` before `10`.
 * @throws {@link DecolleError} `io` where a folder or file cannot be read; `format` where there are no recordings, or one is
 *   damaged, with its path; `unsupported` for HDF5 where `h5wasm` is not installed.
 */
export async function classFolders(path: string | FileUrl, given: BackendChoice = {}): Promise<DatasetSplits> {
  const root = pathOf(path, "folder");
  const choice = choiceOf(readOptions(given, choiceFields, "folder"));
  const read = reader("auto", choice);
  const present = (await listFolder(root)).filter(({ isFolder }) => isFolder).map(({ name }) => name);
  const [own, other] = ["train", "test"].map((part) => present.find((name) => name.toLowerCase() === part));
  if (own === undefined || other === undefined) {
    const classes = await classesIn(root);
    const { entries, ignored } = await listed(root, classes);
    const whole = { name: root, classes, ...(await measured(entries, choice)) };
    return drawnParts(datasetOf(whole, entries, ignored, read), choice);
  }
  const classes = await classesIn(join(root, own));
  const train = await listed(join(root, own), classes);
  const test = await listed(join(root, other), classes);
  for (const name of present) if (name !== own && name !== other) train.ignored.add(join(root, name));
  const known = { classes, ...(await measured([...train.entries, ...test.entries], choice)) };
  return {
    name: root,
    train: datasetOf({ name: `${root}/train`, ...known }, train.entries, train.ignored, read),
    test: datasetOf({ name: `${root}/test`, ...known }, test.entries, test.ignored, read),
  };
}

async function classesIn(folder: string): Promise<string[]> {
  const classes = await foldersIn(folder, new Ignored());
  if (classes.length > 0) return classes;
  throw unfit("format", folder, "recordings as <class>/<recording>", "no folder");
}

interface Listed {
  readonly entries: readonly FileEntry[];
  readonly ignored: Ignored;
}

async function listed(folder: string, classes: readonly string[]): Promise<Listed> {
  const ends = extensionsOf("auto");
  const ignored = new Ignored();
  const accepts = (name: string) => ends.some((end) => name.toLowerCase().endsWith(end));
  return { entries: await filesByClass(folder, classes, accepts, ignored), ignored };
}

/** What the recordings themselves say of their sensor and how long they last. */
async function measured(
  entries: readonly FileEntry[],
  choice: BackendChoice,
): Promise<{ readonly sensor: Sensor; readonly duration: number }> {
  let [width, height, duration] = [1, 1, 1];
  for (const { path } of entries) {
    const recording = files.read(path, choice);
    let first: number | undefined;
    let last = 0;
    for await (const { x, y, t } of recording) {
      first ??= t[0] ?? 0;
      last = t.at(-1) ?? last;
      // Plain loops: there are millions of events.
      for (const column of x) if (column >= width) width = column + 1;
      for (const row of y) if (row >= height) height = row + 1;
    }
    width = Math.max(width, recording.sensor?.width ?? 1);
    height = Math.max(height, recording.sensor?.height ?? 1);
    duration = Math.max(duration, last - (first ?? 0) + 1);
  }
  return { sensor: { width, height }, duration };
}
