/**
 * N-Caltech101 (Orchard et al. 2015): the pictures of Caltech101 seen by an event camera in three saccades, a folder a class, in the
 * files of N-MNIST; pictures have different sizes, up to 240×180. There are no official parts. Node only.
 */
import { choiceOf } from "../backend/select.js";
import { type FileUrl, pathOf } from "../paths.js";
import { readOptions } from "../values/options.js";
import type { DatasetSplits } from "./dataset.js";
import { datasetOf, drawnParts, type PartsOptions, partsFields, reader } from "./file-set.js";
import { filesByClass, foldersIn, folderWith, Ignored } from "./listing.js";

/** The archive has 100 classes and a background. */
const official = 101;

/**
 * N-Caltech101 from a folder.
 *
 * @param path - The folder `Caltech101` that holds a folder a class, or the one around it, by its path or `file:` URL.
 * @param given - How the parts are drawn; the backend that decodes.
 * @returns Training and test set, sorted by class, then by file name.
 * @throws {@link DecolleError} `range` for an option; `io` or `format` where the folder is not as expected.
 */
export async function ncaltech101(path: string | FileUrl, given: PartsOptions = {}): Promise<DatasetSplits> {
  const options = readOptions(given, partsFields, "ncaltech101");
  const root = await folderWith(pathOf(path, "ncaltech101"), ["Caltech101", "N-Caltech101"], "accordion");
  const ignored = new Ignored();
  const classes = await foldersIn(root, new Ignored());
  const entries = await filesByClass(root, classes, (name) => name.endsWith(".bin"), ignored);
  const set = { name: "ncaltech101", classes, sensor: { width: 240, height: 180 }, duration: 300_000 };
  const whole = datasetOf(set, entries, ignored, reader("ncaltech101", choiceOf(options)));
  const drawn = await drawnParts(whole, options);
  if (classes.length === official) return drawn;
  return { ...drawn, remarks: [...(drawn.remarks ?? []), `${classes.length} of ${official} classes are there`] };
}
