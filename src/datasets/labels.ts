/** Tables of labels beside recordings: which class is shown from where to where. Node only. */
import { unfit } from "../errors.js";
import { readBytes } from "../files.js";

/** A part of a recording that shows one class. */
export interface Trial {
  /** Its class, from 0. */
  readonly label: number;
  /** Where it starts: a time in microseconds, or the index of an event. */
  readonly start: number;
  /** Where it ends, included. */
  readonly end: number;
}

/** The trials of a recording. */
export interface Trials {
  /** Whether starts and ends are times in microseconds, or indices of events. */
  readonly by: "time" | "event";
  /** The trials, in the order of the table. */
  readonly trials: readonly Trial[];
}

const heads = { "class,startTime_usec,endTime_usec": "time", "class,startTime_ev,endTime_ev": "event" } as const;

/**
 * Reads a table such as `class,startTime_usec,endTime_usec` (DvsGesture) or `class,startTime_ev,endTime_ev` (SL-Animals).
 *
 * @param path - The table.
 * @param classes - How many classes there are; the table counts them from 1.
 * @returns The trials.
 * @throws {@link DecolleError} `io`; `format` or `range` with path and line.
 */
export async function readTrials(path: string, classes: number): Promise<Trials> {
  const lines = new TextDecoder().decode(await readBytes(path)).split(/\r\n|\r|\n/);
  const head = (lines[0] ?? "").trim().replaceAll(" ", "");
  const by = Object.hasOwn(heads, head) ? heads[head as keyof typeof heads] : undefined;
  if (by === undefined) throw unfit("format", `${path}, line 1`, Object.keys(heads).join(" or "), JSON.stringify(head));
  const trials: Trial[] = [];
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line.trim() === "") continue;
    trials.push(readTrial(line, classes, `${path}, line ${index + 1}`));
  }
  return { by, trials };
}

function readTrial(line: string, classes: number, place: string): Trial {
  const numbers = line.split(",").map((cell) => (cell.trim() === "" ? Number.NaN : Number(cell)));
  const [label = Number.NaN, start = Number.NaN, end = Number.NaN] = numbers;
  if (numbers.length !== 3 || !numbers.every((number) => Number.isSafeInteger(number))) {
    throw unfit("format", place, "three whole numbers: class, start, end", JSON.stringify(line));
  }
  if (label < 1 || label > classes) throw unfit("range", place, `a class from 1 to ${classes}`, `${label}`);
  if (start < 0 || end < start) throw unfit("range", place, "a start from 0, and an end not before it", line);
  return { label: label - 1, start, end };
}
