/**
 * POKER-DVS (Serrano-Gotarredona & Linares-Barranco 2015): pips of cards that are browsed before a DVS128, cut to some 32×32
 * pixels and 16 ms each, so that a network for them needs time steps below a millisecond. Node only.
 */
import { join } from "node:path";
import { type BackendChoice, choiceFields, choiceOf } from "../backend/select.js";
import { unfit } from "../errors.js";
import { listFolder, readBytes } from "../files.js";
import { wholeNumber } from "../numbers.js";
import { type FileUrl, pathOf } from "../paths.js";
import { type Fields, readOptions } from "../values/options.js";
import type { DatasetSplits } from "./dataset.js";
import { datasetOf, reader } from "./file-set.js";
import { type FileEntry, few, filesIn, Ignored } from "./listing.js";

/** Settings of reading POKER-DVS. */
export interface PokerDvsOptions extends BackendChoice {
  /** Number of the published split, from 1: that of `split-1.txt` by default. */
  readonly split?: number;
}

const pokerFields: Fields<PokerDvsOptions> = { ...choiceFields, split: "number" };

const suits = ["cl", "di", "he", "sp"] as const;
const poker = {
  classes: ["clubs", "diamonds", "hearts", "spades"],
  // Cut to 32×32, but for a few events in ten thousand.
  sensor: { width: 35, height: 35 },
  duration: 16_000,
} as const;

/** A line of a split: a recording, and whether it is to learn from. */
interface Line {
  readonly name: string;
  readonly label: number;
  readonly test: boolean;
}

/**
 * POKER-DVS from a folder.
 *
 * @param path - The folder that holds `pips` and `split-1.txt`, by its path or `file:` URL.
 * @param given - Which split; the backend that decodes.
 * @returns Training and test set, in the order of the split's names. What is missing is in the remarks.
 * @throws {@link DecolleError} `range` for an option; `io` where folder or split are missing; `format` for a split that is
 *   damaged, or names no recording that is there.
 */
export async function pokerdvs(path: string | FileUrl, given: PokerDvsOptions = {}): Promise<DatasetSplits> {
  const options = readOptions(given, pokerFields, "pokerdvs");
  const number = wholeNumber(options.split ?? 1, 1, "split");
  const root = pathOf(path, "pokerdvs");
  const list = join(root, `split-${number}.txt`);
  const lines = readSplit(new TextDecoder().decode(await readBytes(list)), list);
  const ignored = new Ignored();
  for (const { name } of await listFolder(root)) {
    if (name !== "pips" && !/^split-\d+\.txt$/.test(name)) ignored.add(join(root, name));
  }
  const pips = join(root, "pips");
  const files = new Map<string, string>();
  const stems = new Set(lines.map(({ name }) => name));
  for (const file of await filesIn(pips, (name) => stems.has(stemOf(name)), ignored)) files.set(stemOf(file), file);
  const missing = lines.filter(({ name }) => !files.has(name)).map(({ name }) => name);
  const read = reader("aedat2-dvs128", choiceOf(options));
  const part = (name: "train" | "test", own: Ignored) => {
    const entries = lines.flatMap(({ name: stem, label, test }): FileEntry[] => {
      const file = files.get(stem);
      return file === undefined || test !== (name === "test") ? [] : [{ path: join(pips, file), label }];
    });
    entries.sort((one, other) => one.label - other.label || (one.path < other.path ? -1 : 1));
    if (entries.length === 0) throw unfit("format", pips, `recordings of ${list} for the part ${name}`, "none");
    return datasetOf({ name: `poker-dvs/${name}`, ...poker }, entries, own, read);
  };
  const absent = `${missing.length} of ${lines.length} recordings of split-${number}.txt are missing: ${few(missing)}`;
  return {
    name: "poker-dvs",
    train: part("train", ignored),
    test: part("test", new Ignored()),
    remarks: missing.length === 0 ? [] : [absent],
  };
}

/** Splits name recordings as other copies do, `cl_60_td.dat` for `cl_60.aedat`. */
function stemOf(name: string): string {
  return name.replace(/\.\w+$/, "").replace(/_td$/, "");
}

/** Lines of `file class number part`, where a part of 2 is the test; comments, and a first line that says how many. */
function readSplit(text: string, path: string): Line[] {
  const lines: Line[] = [];
  for (const [index, line] of text.split(/\r\n|\n/).entries()) {
    if (line.startsWith("%") || line.trim() === "" || /^\s*\d+\s*$/.test(line)) continue;
    const [name = "", suit = "", , part = ""] = line.trim().split(/\s+/);
    const label = suits.indexOf(suit as (typeof suits)[number]);
    if (label === -1 || !/^[012]$/.test(part)) {
      throw unfit(
        "format",
        `${path}, line ${index + 1}`,
        "file, class, number of the class and 0, 1 or 2",
        JSON.stringify(line),
      );
    }
    lines.push({ name: stemOf(name), label, test: part === "2" });
  }
  return lines;
}
