/**
 * DvsGesture as other frameworks leave it, one file a trial:
 *
 * | layout | who makes it | files |
 * |---|---|---|
 * | `ibmGestureTrain/<user>/<class>.npy`, `ibmGestureTest/…` | tonic | arrays of x, y, polarity and time in milliseconds; classes from 0 |
 * | `train/<class>/<trial>`, `test/…` | SpikingJelly (`events_np`) and many by hand | any format; classes by number from 0 or by name |
 */
import { join } from "node:path";
import type { BackendChoice } from "../backend/select.js";
import { unfit } from "../errors.js";
import { extensionsOf } from "../events/formats.js";
import { listFolder } from "../files.js";
import type { Dataset, DatasetSplits } from "./dataset.js";
import { gestures } from "./dvsgesture.js";
import { datasetOf, reader } from "./file-set.js";
import { type FileEntry, filesByClass, filesIn, foldersIn, folderWith, Ignored } from "./listing.js";

const tonic = { train: "ibmGestureTrain", test: "ibmGestureTest" } as const;
const plain = { train: "train", test: "test" } as const;

/**
 * Opens a copy.
 *
 * @param path - The folder.
 * @param choice - The backend that decodes.
 * @returns Training and test set.
 * @throws {@link DecolleError} `io`; `format` where the folder has none of the layouts, or one without recordings.
 */
export async function openGestureCopies(path: string, choice: BackendChoice): Promise<DatasetSplits> {
  const root = await folderWith(path, ["DVSGesture", "DvsGesture"], tonic.train);
  if ((await listFolder(root)).some(({ name }) => name === tonic.train)) return tonicCopy(root, choice);
  const sorted = await folderWith(path, ["events_np", "DVSGesture", "DvsGesture"], plain.train);
  if ((await listFolder(sorted)).some(({ name }) => name === plain.train)) return sortedCopy(sorted, choice);
  throw unfit("format", path, "trials_to_train.txt, ibmGestureTrain or train", "none of them");
}

async function tonicCopy(root: string, choice: BackendChoice): Promise<DatasetSplits> {
  // Later ones are arrays of records, which say themselves what they hold.
  const read = reader("npy-xypt-ms", choice);
  const part = async (name: "train" | "test"): Promise<Dataset> => {
    const ignored = new Ignored();
    const folder = join(root, tonic[name]);
    const entries: FileEntry[] = [];
    for (const user of await foldersIn(folder, ignored)) {
      const trials = await filesIn(join(folder, user), (file) => labelOf(file) !== undefined, ignored);
      entries.push(...trials.map((file) => ({ path: join(folder, user, file), label: labelOf(file) ?? 0 })));
    }
    if (entries.length === 0) throw unfit("format", folder, "trials as <user>/<class>.npy", "none");
    return datasetOf({ name: `dvsgesture/${name}`, ...gestures }, entries, ignored, read);
  };
  return { name: "dvsgesture", train: await part("train"), test: await part("test") };
}

function labelOf(file: string): number | undefined {
  const label = /^(\d{1,2})\.npy$/.exec(file)?.[1];
  return label !== undefined && Number(label) < gestures.classes.length ? Number(label) : undefined;
}

async function sortedCopy(root: string, choice: BackendChoice): Promise<DatasetSplits> {
  const ends = extensionsOf("auto");
  const accepts = (name: string) => ends.some((end) => name.toLowerCase().endsWith(end));
  const read = reader("auto", choice);
  const numbers = gestures.classes.map((_, label) => `${label}`);
  const part = async (name: "train" | "test"): Promise<Dataset> => {
    const ignored = new Ignored();
    const folder = join(root, plain[name]);
    const present = await foldersIn(folder, new Ignored());
    const named = present.some((own) => (gestures.classes as readonly string[]).includes(own));
    const entries = await filesByClass(folder, named ? gestures.classes : numbers, accepts, ignored);
    return datasetOf({ name: `dvsgesture/${name}`, ...gestures }, entries, ignored, read);
  };
  return { name: "dvsgesture", train: await part("train"), test: await part("test") };
}
