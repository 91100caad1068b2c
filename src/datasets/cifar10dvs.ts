/**
 * CIFAR10-DVS (Li et al. 2017): 10,000 pictures of CIFAR-10 moved before a DVS128, a folder a class, in AEDAT 2.0. There are no
 * official parts. Node only.
 */
import { join } from "node:path";
import { choiceOf } from "../backend/select.js";
import { type FileUrl, pathOf } from "../paths.js";
import { readOptions } from "../values/options.js";
import type { DatasetSplits } from "./dataset.js";
import { datasetOf, drawnParts, type PartsOptions, partsFields, reader } from "./file-set.js";
import { type FileEntry, filesByClass, folderWith, Ignored } from "./listing.js";

const cifar = {
  name: "cifar10-dvs",
  classes: ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
  sensor: { width: 128, height: 128 },
  duration: 1_300_000,
} as const;

/** Recordings of each class in the archive. */
const each = 1000;

/**
 * CIFAR10-DVS from a folder.
 *
 * @param path - The folder that holds a folder a class, as `airplane/cifar10_airplane_0.aedat`, by its path or `file:` URL. Files
 *   in AEDAT 4, as tonic serves them, are read as well.
 * @param given - How the parts are drawn; the backend that decodes.
 * @returns Training and test set, sorted by class, then by file name. What is missing is in the remarks.
 * @throws {@link DecolleError} `range` for an option; `io` or `format` where the folder is not as expected.
 */
export async function cifar10dvs(path: string | FileUrl, given: PartsOptions = {}): Promise<DatasetSplits> {
  const options = readOptions(given, partsFields, "cifar10dvs");
  const root = await folderWith(pathOf(path, "cifar10dvs"), ["CIFAR10DVS", "CIFAR10-DVS"], "airplane");
  const ignored = new Ignored();
  const entries = await filesByClass(root, cifar.classes, (name) => /\.aedat4?$/.test(name), ignored);
  const [second, fourth] = [reader("aedat2-dvs128", choiceOf(options)), reader("aedat4", choiceOf(options))];
  const read = (entry: FileEntry, span: number | undefined) =>
    (entry.path.endsWith("4") ? fourth : second)(entry, span);
  const whole = datasetOf(cifar, entries, ignored, read);
  const drawn = await drawnParts(whole, options);
  const missing = cifar.classes.flatMap((name, label) => {
    const there = entries.filter((entry) => entry.label === label).length;
    return there < each ? [`${join(root, name)} has ${there} of ${each} recordings`] : [];
  });
  return { ...drawn, remarks: [...(drawn.remarks ?? []), ...missing] };
}
