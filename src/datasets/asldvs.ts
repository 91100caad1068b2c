/**
 * ASL-DVS (Bi et al. 2019): 24 letters of American Sign Language before a DAVIS240C, some 100 ms each, a folder a letter, in MATLAB
 * files. There are no official parts. Node only.
 */
import type { EventColumns } from "../backend/contract.js";
import { unfit } from "../errors.js";
import { columnsOf } from "../events/lists.js";
import { readBytes } from "../files.js";
import { type FileUrl, pathOf } from "../paths.js";
import { readOptions } from "../values/options.js";
import type { DatasetSplits } from "./dataset.js";
import { datasetOf, drawnParts, type PartsOptions, partsFields } from "./file-set.js";
import { type FileEntry, filesByClass, folderWith, Ignored } from "./listing.js";
import { readMat } from "./mat.js";

const asl = {
  name: "asl-dvs",
  // All letters but j and z, which move.
  classes: Array.from("abcdefghiklmnopqrstuvwxy"),
  sensor: { width: 240, height: 180 },
  duration: 100_000,
} as const;

/** Recordings of each letter in the archive. */
const each = 4200;

/**
 * ASL-DVS from a folder.
 *
 * @param path - The folder that holds a folder a letter, as `a/a_0001.mat`, or the folder around it, by its path or `file:` URL.
 * @param given - How the parts are drawn.
 * @returns Training and test set, sorted by letter, then by file name; pixels as they are stored. What is missing is in the
 *   remarks.
 * @throws {@link DecolleError} `range` for an option; `io` or `format` where the folder is not as expected. When a recording is
 *   asked for: `format` for a file that is damaged or lacks `ts`, `x`, `y` or `pol`; what is wrong with its events.
 */
export async function asldvs(path: string | FileUrl, given: PartsOptions = {}): Promise<DatasetSplits> {
  const options = readOptions(given, partsFields, "asldvs");
  const root = await folderWith(pathOf(path, "asldvs"), ["ICCV2019_DVS_dataset", "ASLDVS"], "a");
  const ignored = new Ignored();
  const entries = await filesByClass(root, asl.classes, (name) => name.endsWith(".mat"), ignored);
  const whole = datasetOf(asl, entries, ignored, readRecording);
  const drawn = await drawnParts(whole, options);
  const all = each * asl.classes.length;
  if (entries.length >= all) return drawn;
  return { ...drawn, remarks: [...(drawn.remarks ?? []), `${entries.length} of ${all} recordings are there`] };
}

async function readRecording({ path }: FileEntry): Promise<EventColumns> {
  const arrays = readMat(await readBytes(path), path);
  const column = (name: string): Float64Array => {
    const found = arrays.get(name);
    if (found !== undefined) return found;
    throw unfit("format", path, `an array ${name}`, Array.from(arrays.keys()).join(", ") || "none");
  };
  const events = { x: column("x"), y: column("y"), p: column("pol"), t: column("ts") };
  return columnsOf(events, asl.sensor, path) as EventColumns;
}
