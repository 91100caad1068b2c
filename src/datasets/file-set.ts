/** Data sets out of recordings that lie in files of their own. Node only. */
import type { EventColumns } from "../backend/contract.js";
import { type BackendChoice, choiceFields, choiceOf } from "../backend/select.js";
import { unfit } from "../errors.js";
import type { RecordingFormat } from "../events/formats.js";
import type { Sensor } from "../events/transform.js";
import { finiteNumber, wholeNumber } from "../numbers.js";
import type { Fields } from "../values/options.js";
import type { Dataset, DatasetSplits } from "./dataset.js";
import type { FileEntry, Ignored } from "./listing.js";
import { readPart } from "./pieces.js";
import { split } from "./split.js";

/** What the recordings of a set have in common. */
export interface FileSet {
  /** Name of the data set. */
  readonly name: string;
  /** Names of its classes. */
  readonly classes: readonly string[];
  /** Size of the sensor. */
  readonly sensor: Sensor;
  /** How long a recording usually is, in microseconds. */
  readonly duration: number;
}

/**
 * A data set that reads a file when it is asked for.
 *
 * @param set - What its recordings have in common.
 * @param entries - The files.
 * @param ignored - Files and folders that are none of them.
 * @param read - Reads one.
 * @returns The data set; its labels are known.
 */
export function datasetOf<Entry extends FileEntry>(
  set: FileSet,
  entries: readonly Entry[],
  ignored: Ignored,
  read: (entry: Entry, span: number | undefined) => Promise<EventColumns>,
): Dataset {
  const { length } = entries;
  return {
    ...set,
    length,
    ...ignored.fields,
    labels: Uint32Array.from(entries, ({ label }) => label),
    sample: async (index, { span } = {}) => {
      const entry = entries[index];
      if (entry === undefined) throw unfit("range", set.name, `an index from 0 to ${length - 1}`, `${index}`);
      return { events: await read(entry, span), label: entry.label };
    },
  };
}

/**
 * Reads files of a format.
 *
 * @param format - The format; `auto` for what each file says.
 * @param choice - The backend that decodes.
 * @returns What reads one.
 */
export function reader(
  format: RecordingFormat | "auto",
  choice: BackendChoice,
): (entry: FileEntry, span: number | undefined) => Promise<EventColumns> {
  return ({ path }, span) => readPart({ path, format, choice }, undefined, span);
}

/** Settings of a data set that has no parts of its own. */
export interface PartsOptions extends BackendChoice {
  /** Share of each class that is kept for the test, above 0 and below 1; 0.1 by default. */
  readonly test?: number;
  /** Seed of the drawing; 1 by default. */
  readonly seed?: number;
}

/** The fields of {@link PartsOptions}. */
export const partsFields: Fields<PartsOptions> = { ...choiceFields, test: "number", seed: "number" };

/**
 * Draws the parts of a data set that has none of its own, class by class.
 *
 * @param whole - All recordings.
 * @param options - Share and seed.
 * @returns The parts, and a remark on how they were drawn.
 * @throws {@link DecolleError} `range`, `not-finite` for an option.
 */
export async function drawnParts(whole: Dataset, options: PartsOptions): Promise<DatasetSplits> {
  const { test = 0.1, seed = 1 } = options;
  if (finiteNumber(test, 0, "test") === 0 || test >= 1) throw unfit("range", "test", "above 0 and below 1", `${test}`);
  wholeNumber(seed, 0, "seed");
  const parts = await split(whole, { train: 1 - test, test }, { seed, stratify: true, ...choiceOf(options) });
  const remark = `${whole.name} has no parts of its own: ${100 * test} % of each class are drawn for the test, seed ${seed}`;
  // Counted once, not in both parts.
  const { ignored = 0, ignoredPaths = [] } = whole;
  return { name: whole.name, train: { ...parts.train, ignored, ignoredPaths }, test: parts.test, remarks: [remark] };
}
