/**
 * Recordings in few bytes: an event in 16 bits where sensor and rate of events allow it, else in 32. Times are kept in whole steps
 * from the first event on.
 *
 * A word holds, from its highest bit down, the steps since the event before, polarity, row and column. Words of 32 bits have 9, 1, 11
 * and 11 bits for them; in those of 16 bits row and column take as many as the recording needs, and the steps what is left. There the
 * greatest number of steps is no event: so many steps pass, and the next word goes on.
 */
import type { EventColumns } from "../backend/contract.js";
import { unfit } from "../errors.js";

/** A recording, packed. */
export interface PackedRecording {
  /** Its words, those of 16 bits two in each, the first in the lower half. */
  readonly words: Uint32Array;
  /** Bits of columns, and 256 times those of rows, in words of 16 bits; 0 for words of 32. */
  readonly layout: number;
}

/** The widths of a word: of all of it, of columns, of rows, and of steps. */
interface Widths {
  readonly columns: number;
  readonly rows: number;
  readonly steps: number;
}

const wide: Widths = { columns: 11, rows: 11, steps: 9 };
const longestGap = 2 ** wide.steps - 1;
/** Fewest bits for steps in 16: three steps, and the word that is no event. */
const fewestSteps = 2;

/** The widths that a layout stands for; undefined where it is none. */
function widthsOf(layout: number): Widths | undefined {
  if (layout === 0) return wide;
  const [columns, rows] = [layout % 256, Math.floor(layout / 256)];
  const steps = 15 - columns - rows;
  return columns < 1 || rows < 1 || steps < fewestSteps ? undefined : { columns, rows, steps };
}

/**
 * Whether a number is the layout of a packed recording.
 *
 * @param layout - The number.
 * @returns Whether it is.
 */
export function isLayout(layout: number): boolean {
  return widthsOf(layout) !== undefined;
}

/**
 * Packs a recording. Gaps of more than 511 steps between two events are kept as 511.
 *
 * @param events - Its events.
 * @param timeStep - Microseconds of a step.
 * @returns The recording; no words where there are no events.
 * @throws {@link DecolleError} `range` for rows and columns from 2048 on, `time-order`.
 */
export function packRecording(events: EventColumns, timeStep: number): PackedRecording {
  const { x, y, t } = events;
  const count = t.length;
  const bound = 2 ** wide.columns;
  const gaps = new Uint16Array(count);
  let [columns, rows] = [0, 0];
  const step = (event: number) => Math.floor(((t[event] ?? 0) - (t[0] ?? 0)) / timeStep);
  for (let event = 0; event < count; event++) {
    const [column, row, time, before] = [x[event] ?? 0, y[event] ?? 0, t[event] ?? 0, t[Math.max(0, event - 1)] ?? 0];
    if (column >= bound || row >= bound) {
      const [name, found] = column >= bound ? ["x", column] : ["y", row];
      throw unfit("range", `events.${name}[${event}]`, `below ${bound}`, `${found}`);
    }
    if (!(time >= before && Number.isFinite(time))) {
      throw unfit("time-order", `events.t[${event}]`, `at least ${before}`, `${time}`);
    }
    gaps[event] = Math.min(longestGap, step(event) - step(Math.max(0, event - 1)));
    [columns, rows] = [Math.max(columns, column), Math.max(rows, row)];
  }
  const bits = (greatest: number) => Math.max(1, 32 - Math.clz32(greatest));
  const layout = bits(columns) + 256 * bits(rows);
  const narrow = widthsOf(layout);
  if (narrow !== undefined) {
    const most = 2 ** narrow.steps - 1;
    const halves = gaps.reduce((sum, gap) => sum + 1 + Math.floor(gap / most), 0);
    if (Math.ceil(halves / 2) < count) return { words: packHalves(events, gaps, narrow, halves), layout };
  }
  const word = (event: number) => wordOf(events, event, gaps[event] ?? 0, wide);
  return { words: Uint32Array.from({ length: count }, (_, event) => word(event)), layout: 0 };
}

/** Words of 16 bits. What fills up the last pair are steps after the last event. */
function packHalves(events: EventColumns, gaps: Uint16Array, widths: Widths, halves: number): Uint32Array {
  const most = 2 ** widths.steps - 1;
  const passing = most * 2 ** (widths.columns + widths.rows + 1);
  const words = new Uint32Array(Math.ceil(halves / 2));
  let place = 0;
  const put = (half: number) => {
    const at = place >>> 1;
    words[at] = ((words[at] ?? 0) | (half << (16 * (place % 2)))) >>> 0;
    place++;
  };
  for (let event = 0; event < gaps.length; event++) {
    let gap = gaps[event] ?? 0;
    for (; gap >= most; gap -= most) put(passing);
    put(wordOf(events, event, gap, widths));
  }
  if (place % 2 === 1) put(passing);
  return words;
}

function wordOf({ x, y, p }: EventColumns, event: number, gap: number, { columns, rows }: Widths): number {
  const polarity = Math.min(1, p[event] ?? 0);
  return (((gap * 2 + polarity) * 2 ** rows + (y[event] ?? 0)) * 2 ** columns + (x[event] ?? 0)) >>> 0;
}

/**
 * The events of a packed recording.
 *
 * @param packed - The recording, whose layout is one.
 * @param timeStep - Microseconds of a step.
 * @returns Its events; times in microseconds, whole steps, the first at 0.
 */
export function unpackRecording({ words, layout }: PackedRecording, timeStep: number): EventColumns {
  const { columns, rows, steps } = widthsOf(layout) ?? wide;
  const narrow = layout !== 0;
  const parts = narrow ? 2 * words.length : words.length;
  const most = narrow ? 2 ** steps - 1 : Number.POSITIVE_INFINITY;
  const part = (place: number) => {
    if (!narrow) return words[place] ?? 0;
    return ((words[place >>> 1] ?? 0) >>> (16 * (place % 2))) & 0xffff;
  };
  const gapOf = (word: number) => word >>> (columns + rows + 1);
  let count = 0;
  for (let place = 0; place < parts; place++) if (gapOf(part(place)) < most) count++;
  const events = {
    x: new Uint16Array(count),
    y: new Uint16Array(count),
    p: new Uint8Array(count),
    t: new Float64Array(count),
  };
  let [event, time] = [0, 0];
  for (let place = 0; place < parts; place++) {
    const word = part(place);
    const gap = gapOf(word);
    time += gap * timeStep;
    if (gap >= most) continue;
    events.x[event] = word % 2 ** columns;
    events.y[event] = (word >>> columns) % 2 ** rows;
    events.p[event] = (word >>> (columns + rows)) & 1;
    events.t[event] = time;
    event++;
  }
  return events;
}
