/** Which class is shown when: the file behind `decolle stream --targets`. */
import { faultAt, unfit } from "../errors.js";

/** A class that is shown for a while. */
export interface Shown {
  /** From when, in microseconds. */
  readonly start: number;
  /** Until when; not included. */
  readonly end: number;
  /** The class, from 0. */
  readonly class: number;
}

/**
 * Reads targets: JSON lines with `start`, `end` and `class`; or CSV in these columns; or the labels of DvsGesture, which say
 * in their first line that they are `class,startTime_usec,endTime_usec`, and count classes from 1.
 *
 * @param text - The file.
 * @param path - What messages call it.
 * @returns What is shown, in order of time.
 * @throws {@link DecolleError} `format` with the line; `time-order` where two overlap.
 */
export function parseTargets(text: string, path: string): Shown[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const numbered = lines.map((line, index) => [line, index + 1] as const).filter(([line]) => line !== "");
  const head = numbered[0]?.[0] ?? "";
  const gesture = /^class\s*,\s*start\w*\s*,\s*end\w*$/i.test(head);
  const plain = /^start\w*\s*,\s*end\w*\s*,\s*class$/i.test(head);
  const shown = numbered.slice(gesture || plain ? 1 : 0).map(([line, number]) => {
    const at = `${path}:${number}`;
    const found = line.startsWith("{") ? ofJson(line, at) : ofColumns(line, gesture);
    const whole = Object.values(found).every((value) => Number.isSafeInteger(value) && value >= 0);
    if (!whole || Object.keys(found).length !== 3 || !(found.start < found.end)) {
      throw unfit("format", at, "start, end and class, whole numbers, the end after the start", line.slice(0, 80));
    }
    return { ...found, at };
  });
  shown.sort((one, other) => one.start - other.start);
  for (const [place, { start, at }] of shown.entries()) {
    const before = shown[place - 1];
    if (before !== undefined && start < before.end) {
      throw unfit("time-order", at, `a start from ${before.end}, where the one before ends`, `${start}`);
    }
  }
  return shown.map(({ start, end, class: shownClass }) => ({ start, end, class: shownClass }));
}

function ofJson(line: string, at: string): Shown {
  try {
    const { start, end, class: shown } = JSON.parse(line) as Shown;
    return { start, end, class: shown };
  } catch (error) {
    throw faultAt("format", at, "expected JSON", { cause: error });
  }
}

function ofColumns(line: string, gesture: boolean): Shown {
  const columns = line.split(",").map((column) => (column.trim() === "" ? Number.NaN : Number(column)));
  const [one = Number.NaN, two = Number.NaN, three = Number.NaN] = columns.length === 3 ? columns : [];
  return gesture ? { class: one - 1, start: two, end: three } : { start: one, end: two, class: three };
}

/** What is shown at a time, and until when that stays so. */
export interface Now {
  /** The class; undefined for none. */
  readonly class: number | undefined;
  /** The next time at which it changes; infinite where it does not. */
  readonly until: number;
}

/**
 * A reader of targets along a stream, whose times never decrease.
 *
 * @param shown - What is shown, in order of time.
 * @returns What is shown at a time.
 */
export function targetsOver(shown: readonly Shown[]): (time: number) => Now {
  let place = 0;
  return (time) => {
    while ((shown[place]?.end ?? Number.POSITIVE_INFINITY) <= time) place++;
    const next = shown[place];
    if (next === undefined) return { class: undefined, until: Number.POSITIVE_INFINITY };
    return next.start > time ? { class: undefined, until: next.start } : { class: next.class, until: next.end };
  };
}
