/** What is in a recording, gathered block after block in constant memory. */
import type { EventColumns } from "../backend/contract.js";
import type { BackwardsEvent } from "../events/reading.js";
import type { Sensor } from "../events/transform.js";
import { Plane } from "./plane.js";
import { halve, TimeBins } from "./time-bins.js";

/** A pixel that gives far more events than its neighbours do. */
export interface HotPixel {
  readonly x: number;
  readonly y: number;
  /** Its events. */
  readonly events: number;
  /** Its events per second. */
  readonly rate: number;
}

/** Events over time. */
export interface Rate {
  /** Where the first bin starts, in microseconds. */
  readonly start: number;
  /** Width of a bin in microseconds. */
  readonly width: number;
  /** Events that brightened and that darkened, a bin each. */
  readonly on: readonly number[];
  readonly off: readonly number[];
}

/** What a recording holds. */
export interface Summary {
  readonly events: number;
  readonly on: number;
  readonly off: number;
  /** Time of the first and of the last event in microseconds; absent without events. */
  readonly first?: number;
  readonly last?: number;
  /** From the first to the last event, in microseconds. */
  readonly duration: number;
  /** The least and the greatest column and row with an event; absent without events. */
  readonly columns?: readonly [number, number];
  readonly rows?: readonly [number, number];
  readonly rate: Rate;
  /** Pixels with an event, those of `hotPixels` among them. */
  readonly activePixels: number;
  /** Pixels with more than {@link hotness} times the events that nine in ten of those with any have at most, hottest first. */
  readonly hotPixels: readonly HotPixel[];
  /** How many such pixels there are in all. */
  readonly hot: number;
  /** Events that were left out since their time went backwards, and the first of them. */
  readonly dropped: number;
  readonly firstDropped?: BackwardsEvent;
  /** Events without a time. */
  readonly untimed: number;
}

/** By how much a pixel stands out that is called hot. */
export const hotness = 10;
/** Most hot pixels that are listed. */
const listed = 8;
/** Bins of the rate, halved now and then. */
const bins = 128;

/** Gathers what is in a recording. */
export class Statistics {
  readonly plane: Plane;
  readonly #on = new Float64Array(bins);
  readonly #off = new Float64Array(bins);
  readonly #time = new TimeBins(bins, 100, (used) => {
    halve(this.#on, used);
    halve(this.#off, used);
  });
  #first: number | undefined;
  #last = 0;
  #columns: [number, number] = [Number.POSITIVE_INFINITY, 0];
  #rows: [number, number] = [Number.POSITIVE_INFINITY, 0];

  /**
   * Begins.
   *
   * @param sensor - Size of the sensor, where it is known.
   */
  constructor(sensor: Sensor | undefined) {
    this.plane = new Plane(sensor?.width ?? 64, sensor?.height ?? 64);
  }

  /**
   * Takes a block of events, in order of time.
   *
   * @param block - The events.
   */
  add({ x, y, p, t }: EventColumns): void {
    this.plane.add(x, y, p);
    this.#first ??= t[0];
    this.#last = t.at(-1) ?? this.#last;
    spread(this.#columns, x);
    spread(this.#rows, y);
    for (let event = 0; event < t.length; event++) {
      const bin = this.#time.binOf(t[event] as number);
      const counts = p[event] === 0 ? this.#off : this.#on;
      counts[bin] = (counts[bin] as number) + 1;
    }
  }

  /**
   * What was gathered.
   *
   * @param left - Events that the reader left out.
   * @returns The summary.
   */
  summary(left: {
    readonly dropped: number;
    readonly firstDropped?: BackwardsEvent | undefined;
    readonly untimed: number;
  }): Summary {
    const { used, start = 0, width } = this.#time;
    const [on, off] = [this.#on, this.#off].map((counts) => Array.from(counts.subarray(0, used))) as [
      number[],
      number[],
    ];
    const sum = (counts: readonly number[]) => counts.reduce((all, one) => all + one, 0);
    const first = this.#first;
    const duration = first === undefined ? 0 : this.#last - first;
    const { dropped, firstDropped, untimed } = left;
    return {
      events: sum(on) + sum(off),
      on: sum(on),
      off: sum(off),
      ...(first !== undefined && { first, last: this.#last, columns: this.#columns, rows: this.#rows }),
      duration,
      rate: { start, width, on, off },
      ...this.#pixels(duration),
      dropped,
      ...(firstDropped !== undefined && { firstDropped }),
      untimed,
    };
  }

  #pixels(duration: number): Pick<Summary, "activePixels" | "hotPixels" | "hot"> {
    const { on, off, width } = this.plane;
    const counts = on.map((count, place) => count + (off[place] as number));
    const active = counts.filter((count) => count > 0).sort();
    const usual = active[Math.floor(0.9 * (active.length - 1))] ?? 0;
    const hot: HotPixel[] = [];
    for (const [place, events] of counts.entries()) {
      if (events <= hotness * usual) continue;
      const rate = duration === 0 ? 0 : (events / duration) * 1e6;
      hot.push({ x: place % width, y: Math.floor(place / width), events, rate });
    }
    hot.sort((one, other) => other.events - one.events);
    return { activePixels: active.length, hotPixels: hot.slice(0, listed), hot: hot.length };
  }
}

/** Widens a range so that it holds all values. */
function spread(range: [number, number], values: Uint16Array): void {
  let [least, most] = range;
  for (let place = 0; place < values.length; place++) {
    const value = values[place] as number;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  range[0] = least;
  range[1] = most;
}
