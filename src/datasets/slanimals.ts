/**
 * SL-Animals-DVS (Vasudevan et al. 2020): nineteen signs of 59 people before a DVS128; recordings in AEDAT 3.1 of one person each,
 * and tables that say from which event to which each sign lasts. There are no official parts; people are kept apart. Node only.
 */
import { join } from "node:path";
import { type BackendChoice, choiceFields, choiceOf } from "../backend/select.js";
import { unfit } from "../errors.js";
import { listFolder } from "../files.js";
import { finiteNumber, wholeNumber } from "../numbers.js";
import { type FileUrl, pathOf } from "../paths.js";
import { found } from "../values/found.js";
import { type Fields, readOptions } from "../values/options.js";
import { CutRecording, defaultCache } from "./cuts.js";
import type { Dataset, DatasetSplits } from "./dataset.js";
import { datasetOf } from "./file-set.js";
import { readTrials } from "./labels.js";
import { few, filesIn, Ignored } from "./listing.js";

/** Settings of reading SL-Animals-DVS. */
export interface SlAnimalsOptions extends BackendChoice {
  /** As of DvsGesture. */
  readonly cache?: string | false;
  /** Of how many people the signs are the test: every `1 / test`-th in the order of names; 0.25 by default. */
  readonly test?: number;
}

const animalFields: Fields<SlAnimalsOptions> = { ...choiceFields, cache: "value", test: "number" };

const animals = {
  classes: [
    "cat",
    "dog",
    "camel",
    "cow",
    "sheep",
    "goat",
    "wolf",
    "squirrel",
    "mouse",
    "dolphin",
    "shark",
    "lion",
    "monkey",
    "snake",
    "spider",
    "butterfly",
    "bird",
    "duck",
    "zebra",
  ],
  sensor: { width: 128, height: 128 },
  duration: 1_500_000,
} as const;

/** People in the archive. */
const people = 59;

interface Entry {
  readonly path: string;
  readonly label: number;
  readonly recording: CutRecording;
  readonly index: number;
}

/**
 * SL-Animals-DVS from a folder.
 *
 * @param path - The folder that holds `allusers_aedat` with recordings and a folder `tags…` with as many tables; or one that holds
 *   both side by side; by its path or `file:` URL.
 * @param given - Where cut signs are kept; how many people are the test; the backend that decodes.
 * @returns Training and test set, sorted by recording, then as in its table.
 * @throws {@link DecolleError} `config` or `range` for an option; `io`, `format` where the folder is not as expected.
 */
export async function slanimals(path: string | FileUrl, given: SlAnimalsOptions = {}): Promise<DatasetSplits> {
  const options = readOptions(given, animalFields, "slanimals");
  const { cache = join(defaultCache(), "sl-animals-dvs"), test = 0.25 } = options;
  if (cache !== false && (typeof cache !== "string" || cache === "")) {
    throw unfit("config", "cache", "a folder or false", found(cache));
  }
  if (finiteNumber(test, 0, "test") === 0 || test > 0.5)
    throw unfit("range", "test", "above 0, at most 0.5", `${test}`);
  const root = pathOf(path, "slanimals");
  const names = (await listFolder(root)).filter(({ isFolder }) => isFolder).map(({ name }) => name);
  const folder = (begin: string) =>
    join(
      root,
      names
        .filter((name) => name.startsWith(begin))
        .sort()
        .at(-1) ?? "",
    );
  const ignored = new Ignored();
  const recordings = await filesIn(folder("allusers_aedat"), (name) => name.endsWith(".aedat"), ignored);
  const tables = await filesIn(folder("tags"), (name) => name.endsWith(".csv"), new Ignored());
  const complete = recordings.filter((name) => tables.includes(tableOf(name)));
  const lone = recordings.filter((name) => !complete.includes(name));
  const every = wholeNumber(Math.round(1 / test), 2, "test");
  const parts: Readonly<Record<"train" | "test", Entry[]>> = { train: [], test: [] };
  for (const [place, name] of complete.entries()) {
    const own = join(folder("allusers_aedat"), name);
    const table = await readTrials(join(folder("tags"), tableOf(name)), animals.classes.length);
    const recording = new CutRecording({ path: own, choice: choiceOf(options) }, table, animals.sensor, cache);
    const part = place % every === every - 1 ? parts.test : parts.train;
    part.push(...table.trials.map(({ label }, index) => ({ path: own, label, recording, index })));
  }
  const make = (name: "train" | "test", left: Ignored): Dataset => {
    if (parts[name].length === 0)
      throw unfit("format", root, `recordings with tables for the part ${name}`, `${complete.length}`);
    const set = { name: `sl-animals-dvs/${name}`, ...animals };
    return datasetOf(set, parts[name], left, ({ recording, index }, span) => recording.trial(index, span));
  };
  const remarks = [`sl-animals-dvs has no parts of its own: every ${every}th person is kept for the test`];
  if (lone.length > 0) remarks.push(`${lone.length} of ${recordings.length} recordings have no table: ${few(lone)}`);
  if (complete.length < people) remarks.push(`${complete.length} of ${people} people are there`);
  return { name: "sl-animals-dvs", train: make("train", ignored), test: make("test", new Ignored()), remarks };
}

function tableOf(recording: string): string {
  return recording.replace(/\.aedat$/, ".csv");
}
