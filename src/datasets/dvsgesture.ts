/**
 * DvsGesture (Amir et al. 2017): eleven gestures of 29 people under three lights before a DVS128. In the layout of the official
 * archive, recordings with a table of trials each; or cut and sorted into folders, as other frameworks leave them. Node only.
 */
import { basename, join } from "node:path";
import { type BackendChoice, choiceFields, choiceOf } from "../backend/select.js";
import { DecolleError, unfit } from "../errors.js";
import { listFolder, readBytes } from "../files.js";
import { type FileUrl, pathOf } from "../paths.js";
import { found } from "../values/found.js";
import { type Fields, readOptions } from "../values/options.js";
import { CutRecording, defaultCache } from "./cuts.js";
import type { Dataset, DatasetSplits } from "./dataset.js";
import { datasetOf } from "./file-set.js";
import { openGestureCopies } from "./gesture-copies.js";
import { readTrials, type Trials } from "./labels.js";
import { few, folderWith, Ignored } from "./listing.js";

/** Settings of reading DvsGesture. */
export interface DvsGestureOptions extends BackendChoice {
  /**
   * The folder that keeps cut trials, so that the long recordings are read once; `false` to keep none. By default
   * that which the environment variable `DECOLLE_CACHE` names, else `decolle` in the user's folder for caches. All trials together
   * take as much as the recordings.
   */
  readonly cache?: string | false;
}

const gestureFields: Fields<DvsGestureOptions> = { ...choiceFields, cache: "value" };

/** What all copies have in common; names are those of `gesture_mapping.csv`. */
export const gestures = {
  classes: [
    "hand_clapping",
    "right_hand_wave",
    "left_hand_wave",
    "right_arm_clockwise",
    "right_arm_counter_clockwise",
    "left_arm_clockwise",
    "left_arm_counter_clockwise",
    "arm_roll",
    "air_drums",
    "air_guitar",
    "other_gestures",
  ],
  sensor: { width: 128, height: 128 },
  // Trials last some six seconds; the paper's networks see half a second in training, 1.8 s in the test.
  duration: 1_800_000,
} as const;

const lists = { train: "trials_to_train.txt", test: "trials_to_test.txt" } as const;

/** What belongs to the official archive besides recordings and labels. */
const others: readonly string[] = [
  ...Object.values(lists),
  "gesture_mapping.csv",
  "errata.txt",
  "README.txt",
  "LICENSE.txt",
];

/** A trial of a recording. */
interface Entry {
  readonly path: string;
  readonly label: number;
  readonly recording: CutRecording;
  readonly index: number;
}

/**
 * DvsGesture from a folder.
 *
 * @param path - The folder that holds `trials_to_train.txt`, or a folder that holds `DvsGesture`, by its path or `file:` URL; or
 *   one that holds cut trials, as `ibmGestureTrain/<user>/<class>.npy` or `train/<class>/<trial>`.
 * @param given - Where cut trials are kept; the backend that decodes.
 * @returns Training and test set, sorted by recording, then as in its table. What is missing is in the remarks.
 * @throws {@link DecolleError} `config` for an option; `io` where a folder or list is missing; `format` or `range` for a list or
 *   table that is damaged, or where there is no recording at all. When a trial is asked for: what is wrong with its recording,
 *   or `io` where trials cannot be kept.
 */
export async function dvsgesture(path: string | FileUrl, given: DvsGestureOptions = {}): Promise<DatasetSplits> {
  const options = readOptions(given, gestureFields, "dvsgesture");
  const { cache = join(defaultCache(), "dvsgesture") } = options;
  if (cache !== false && (typeof cache !== "string" || cache === "")) {
    throw unfit("config", "cache", "a folder or false", found(cache));
  }
  const root = await folderWith(pathOf(path, "dvsgesture"), ["DvsGesture"], lists.train);
  const names = (await listFolder(root)).map(({ name }) => name);
  if (!names.includes(lists.train)) return openGestureCopies(root, choiceOf(options));
  return new Archive(root, names, cache, choiceOf(options)).open();
}

/** The official archive, unpacked. */
class Archive {
  readonly #root: string;
  readonly #names: readonly string[];
  readonly #cache: string | false;
  readonly #choice: BackendChoice;
  /** Recordings that are named in a list, opened once, should both name one. */
  readonly #opened = new Map<string, { readonly recording: CutRecording; readonly table: Trials }>();
  readonly #remarks: string[] = [];

  constructor(root: string, names: readonly string[], cache: string | false, choice: BackendChoice) {
    this.#root = root;
    this.#names = names;
    this.#cache = cache;
    this.#choice = choice;
  }

  async open(): Promise<DatasetSplits> {
    const named = { train: await this.#list("train"), test: await this.#list("test") };
    const ignored = new Ignored();
    const known = new Set([...named.train, ...named.test].flatMap((name) => [name, labelsOf(name)]).concat(others));
    for (const name of this.#names) if (!known.has(name)) ignored.add(join(this.#root, name));
    const train = await this.#part("train", named.train, ignored);
    const test = await this.#part("test", named.test, new Ignored());
    const both = named.train.filter((name) => named.test.includes(name));
    if (both.length > 0) {
      this.#remarks.push(
        `${few(both)} ${both.length === 1 ? "is" : "are"} named in both lists: the test is not one of what was not learned from`,
      );
    }
    return { name: "dvsgesture", train, test, remarks: this.#remarks };
  }

  async #list(part: "train" | "test"): Promise<string[]> {
    const text = new TextDecoder().decode(await readBytes(join(this.#root, lists[part])));
    const names = text.split(/\s+/).filter((name) => name !== "");
    const foreign = names.find((name) => basename(name) !== name || !name.endsWith(".aedat"));
    if (foreign === undefined) return Array.from(new Set(names));
    throw unfit(
      "format",
      join(this.#root, lists[part]),
      "names of recordings such as user01_led.aedat",
      found(foreign),
    );
  }

  async #part(part: "train" | "test", named: readonly string[], ignored: Ignored): Promise<Dataset> {
    const complete = (name: string) => this.#names.includes(name) && this.#names.includes(labelsOf(name));
    const there = named.filter(complete);
    this.#note(lists[part], named);
    const entries: Entry[] = [];
    for (const name of there) {
      const { recording, table } = await this.#recording(name);
      const path = join(this.#root, name);
      entries.push(...table.trials.map(({ label }, index) => ({ path, label, recording, index })));
    }
    if (entries.length === 0) {
      const expected = `trials of the recordings in ${lists[part]}`;
      throw unfit("format", this.#root, expected, `none of ${named.length} recordings with labels`);
    }
    return datasetOf({ name: `dvsgesture/${part}`, ...gestures }, entries, ignored, async (entry, span) => {
      const events = await entry.recording.trial(entry.index, span);
      if (events.t.length > 0) return events;
      throw new DecolleError("format", `${entry.path}: expected events in trial ${entry.index}, found none`);
    });
  }

  /** Says what of a list is missing. */
  #note(list: string, named: readonly string[]): void {
    const say = (missing: readonly string[], what: string) => {
      if (missing.length === 0) return;
      this.#remarks.push(`${missing.length} of ${named.length} ${what} of ${list} are missing: ${few(missing)}`);
    };
    const lacks = (name: string) => !this.#names.includes(name);
    say(named.filter(lacks), "recordings");
    say(
      named
        .filter((name) => !lacks(name))
        .map(labelsOf)
        .filter(lacks),
      "tables of labels",
    );
  }

  async #recording(name: string): Promise<{ readonly recording: CutRecording; readonly table: Trials }> {
    const known = this.#opened.get(name);
    if (known !== undefined) return known;
    const path = join(this.#root, name);
    const table = await readTrials(join(this.#root, labelsOf(name)), gestures.classes.length);
    const file = { path, order: "sort", choice: this.#choice } as const;
    const made = { recording: new CutRecording(file, table, gestures.sensor, this.#cache), table };
    this.#opened.set(name, made);
    return made;
  }
}

function labelsOf(recording: string): string {
  return recording.replace(/\.aedat$/, "_labels.csv");
}
