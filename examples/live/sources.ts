/** Where events come from: each source is an endless sequence of blocks on the plane that the network sees. */
import { wrap } from "comlink";
import { bisectLeft } from "d3-array";
import { type EventColumns, events, type LiveEvents, type Sensor } from "decolle";
import type { Gestures } from "./gestures-worker.js";
import { side } from "./network.js";

/** Events of a stretch of time, in microseconds. */
export interface Block {
  readonly events: EventColumns;
  readonly from: number;
  readonly until: number;
  /** The class that is shown, where the source knows. */
  readonly label: number | null;
}

/** A source: what asks for blocks until `signal` aborts. */
export type Source = (signal: AbortSignal) => AsyncIterable<Block>;

/** Milliseconds of a block of what does not come in blocks of its own. */
const pace = 20;

/** Gestures of one kind that are shown one after the other. */
const alike = 4;

/** What the drawn gestures are called. */
export const drawn = ["Swinging", "Circling", "Growing"] as const;

let worker: Worker | undefined;

/**
 * The gestures that the package draws, at the speed of the clock.
 *
 * @param wanted - Asked before each gesture: which one to show; null for any.
 * @returns The source.
 */
export function gestures(wanted: () => number | null): Source {
  return async function* (signal) {
    worker ??= new Worker(new URL("./gestures-worker.ts", import.meta.url), { type: "module" });
    const camera = wrap<Gestures>(worker);
    const clock = new Clock();
    let [time, label] = [0, 0];
    for (let count = 0; !signal.aborted; count++) {
      if (count % alike === 0) label = Math.floor(Math.random() * drawn.length);
      label = wanted() ?? label;
      const { events, duration } = await camera.next(label);
      for (let from = 0; from < duration && !signal.aborted; from += pace * 1000) {
        // Someone holds another button.
        if (from > 0 && (wanted() ?? label) !== label) break;
        const until = Math.min(duration, from + pace * 1000);
        const start = time;
        time += until - from;
        await clock.wait(pace);
        yield { events: part(events, from, until, start - from), from: start, until: time, label };
      }
    }
  };
}

/** The plane that the network sees, as the sensor of a simulated event camera. */
const sensor = { width: side, height: side };

/**
 * What a webcam sees, through a simulated event camera.
 *
 * @returns The source; the webcam is let go with it.
 * @throws DecolleError `io` in words, where there is no camera or it may not be used.
 */
export async function camera(): Promise<Source> {
  const stream = await events.openCamera({ facingMode: "user" });
  return (signal) => {
    signal.addEventListener("abort", () => {
      for (const track of stream.getTracks()) track.stop();
    });
    return blocks(events.fromVideo(stream, { sensor, mirror: true, signal }));
  };
}

/**
 * What a pointer draws.
 *
 * @param element - On which.
 * @returns The source.
 */
export function pointer(element: HTMLElement): Source {
  return (signal) => blocks(events.fromPointer(element, { sensor, radius: 3, signal }));
}

/** Live events as blocks. */
async function* blocks(live: LiveEvents): AsyncGenerator<Block> {
  let from = 0;
  for await (const { until, ...columns } of live) {
    yield { events: columns, from, until, label: null };
    from = until;
  }
}

/**
 * A recording, again and again, at the speed of the clock.
 *
 * @param file - In any format that is read.
 * @returns The source; it throws what is wrong with the file.
 */
export async function recording(file: File): Promise<Source> {
  const { events: all, sensor } = await events.load(file);
  const first = all.t[0];
  if (first === undefined) throw new Error("The recording has no events.");
  const fitted = squared(all, sensor ?? extent(all));
  const end = (all.t.at(-1) ?? first) + 1;
  return async function* (signal) {
    const clock = new Clock();
    let time = 0;
    while (!signal.aborted) {
      for (let from = first; from < end && !signal.aborted; from += pace * 1000) {
        const until = Math.min(end, from + pace * 1000);
        const start = time;
        time += until - from;
        await clock.wait((until - from) / 1000);
        yield { events: part(fitted, from, until, start - from), from: start, until: time, label: null };
      }
    }
  };
}

/** Waits for moments that are so many milliseconds apart; where the page was asleep, it does not make up for them. */
class Clock {
  #due = performance.now();

  async wait(milliseconds: number): Promise<void> {
    const now = performance.now();
    this.#due = Math.max(this.#due, now - 100) + milliseconds;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, this.#due - now)));
  }
}

/** The events from one time on and before another, moved in time. */
function part({ x, y, p, t }: EventColumns, from: number, until: number, shift: number): EventColumns {
  const [first, last] = [bisectLeft(t, from), bisectLeft(t, until)];
  return {
    x: x.slice(first, last),
    y: y.slice(first, last),
    p: p.slice(first, last),
    t: t.slice(first, last).map((time) => time + shift),
  };
}

function extent({ x, y }: EventColumns): Sensor {
  const largest = (values: Uint16Array) => values.reduce((most, value) => Math.max(most, value), 0);
  return { width: largest(x) + 1, height: largest(y) + 1 };
}

/** The middle square of a sensor, summed over blocks to the network's plane. */
function squared(columns: EventColumns, { width, height }: Sensor): EventColumns {
  const square = Math.min(width, height);
  const [left, top] = [Math.floor((width - square) / 2), Math.floor((height - square) / 2)];
  const inside = (value: number, from: number) => value >= from && value < from + square;
  const kept = Array.from(columns.t.keys()).filter(
    (event) => inside(columns.x[event] ?? 0, left) && inside(columns.y[event] ?? 0, top),
  );
  const scaled = (value: number, from: number) => Math.floor(((value - from) * side) / square);
  return {
    x: Uint16Array.from(kept, (event) => scaled(columns.x[event] ?? 0, left)),
    y: Uint16Array.from(kept, (event) => scaled(columns.y[event] ?? 0, top)),
    p: Uint8Array.from(kept, (event) => columns.p[event] ?? 0),
    t: Float64Array.from(kept, (event) => columns.t[event] ?? 0),
  };
}
