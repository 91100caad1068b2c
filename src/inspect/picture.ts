/** Pictures of recordings: PNG of all of one, GIF of its course. Where pixels brightened they are orange, where they darkened blue. */
import { encode } from "fast-png";
import gifenc from "gifenc";
import type { EventColumns } from "../backend/contract.js";
import type { Plane } from "./plane.js";
import type { Summary } from "./statistics.js";

/** Shades of either polarity; both together fill a palette of 256 colours. */
const shades = 16;
/** Colours of no event, of many that brightened, of many that darkened. */
const [dark, orange, blue] = [
  [18, 20, 26],
  [255, 168, 38],
  [64, 156, 255],
] as const;
/** Small sensors are drawn larger, up to this many pixels a side; animations of large ones smaller. */
const enlarged = 512;
const largestFrame = 640;
/** Most frames, the shortest piece of a recording that one shows, in microseconds, and how long it is shown, in milliseconds. */
const frames = { most: 100, shortest: 10_000, shown: 50 } as const;

/** All mixtures of the two colours over the dark one: entry `16 · brighter + darker`. */
const palette: number[][] = Array.from({ length: shades * shades }, (_, entry) => {
  const [on, off] = [Math.floor(entry / shades), entry % shades].map((shade) => shade / (shades - 1)) as [
    number,
    number,
  ];
  return dark
    .map((value, channel) =>
      Math.min(255, Math.round(value + on * ((orange[channel] ?? 0) - value) + off * ((blue[channel] ?? 0) - value))),
    )
    .map((value) => Math.max(0, value));
});

/** A picture of indices into the palette. */
interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Counts by polarity, row by row. */
interface Counts {
  readonly width: number;
  readonly height: number;
  readonly on: ArrayLike<number>;
  readonly off: ArrayLike<number>;
}

/** The part of a plane that is drawn. */
export interface Frame {
  /** Columns, from 0. */
  readonly width: number;
  /** Rows, from 0. */
  readonly height: number;
}

/**
 * Draws all events of a recording in one picture: the more there are on a pixel, the brighter it is.
 *
 * @param plane - Events by pixel.
 * @param frame - Size of the sensor.
 * @returns A PNG.
 */
export function png(plane: Plane, frame: Frame): Uint8Array {
  const picture = drawn(cropped(plane, frame), strong(plane));
  return encode({ ...picture, channels: 1, depth: 8, palette });
}

/** Draws the course of a recording. */
export class Animation {
  readonly #frame: Frame;
  readonly #block: number;
  readonly #counts: { width: number; height: number; on: Uint32Array; off: Uint32Array };
  readonly #strong: number;
  readonly #start: number;
  readonly #gif = gifenc.GIFEncoder();
  #written = 0;
  /** Microseconds of the recording that a frame shows. */
  readonly step: number;

  /**
   * Begins to draw.
   *
   * @param summary - What the recording holds.
   * @param plane - Its events by pixel.
   * @param frame - Size of the sensor.
   */
  constructor(summary: Summary, plane: Plane, frame: Frame) {
    const { duration, first = 0 } = summary;
    this.step = Math.max(frames.shortest, Math.ceil((duration + 1) / frames.most));
    this.#start = first;
    this.#frame = frame;
    this.#block = Math.ceil(Math.max(frame.width, frame.height) / largestFrame);
    const [width, height] = [Math.ceil(frame.width / this.#block), Math.ceil(frame.height / this.#block)];
    this.#counts = { width, height, on: new Uint32Array(width * height), off: new Uint32Array(width * height) };
    // A frame shows its share of what strong pixels have in all, but one event is not yet the strongest.
    this.#strong = Math.max(3, (3 * strong(plane) * this.step) / (duration + 1));
  }

  /**
   * Takes a block of events, in order of time.
   *
   * @param block - The events.
   */
  add({ x, y, p, t }: EventColumns): void {
    const { width, on, off } = this.#counts;
    for (let event = 0; event < t.length; event++) {
      const due = Math.floor(((t[event] as number) - this.#start) / this.step);
      while (this.#written < due) this.#write();
      if ((x[event] as number) >= this.#frame.width || (y[event] as number) >= this.#frame.height) continue;
      const column = Math.floor((x[event] as number) / this.#block);
      const place = Math.floor((y[event] as number) / this.#block) * width + column;
      const counts = p[event] === 0 ? off : on;
      counts[place] = (counts[place] as number) + 1;
    }
  }

  /**
   * Ends the animation.
   *
   * @returns A GIF.
   */
  end(): Uint8Array {
    this.#write();
    this.#gif.finish();
    return this.#gif.bytes();
  }

  #write(): void {
    const { data, width, height } = drawn(this.#counts, this.#strong);
    this.#gif.writeFrame(data, width, height, { delay: frames.shown, ...(this.#written === 0 && { palette }) });
    this.#counts.on.fill(0);
    this.#counts.off.fill(0);
    this.#written++;
  }
}

/** How many events those pixels have that all but one in a hundred of those with any have at most. */
function strong({ on, off }: Plane): number {
  const counts = on.map((count, place) => Math.max(count, off[place] as number));
  const active = counts.filter((count) => count > 0).sort();
  return active[Math.floor(0.99 * (active.length - 1))] ?? 1;
}

/** The counts of a part of a plane; what is beyond the plane has none. */
function cropped(plane: Plane, { width, height }: Frame): Counts {
  if (plane.width === width && plane.height === height) return plane;
  const part = (counts: Uint32Array) => {
    const cut = new Uint32Array(width * height);
    for (let row = 0; row < Math.min(height, plane.height); row++) {
      const start = row * plane.width;
      cut.set(counts.subarray(start, start + Math.min(width, plane.width)), row * width);
    }
    return cut;
  };
  return { width, height, on: part(plane.on), off: part(plane.off) };
}

/** Counts as shades; a pixel with as many events as `most` is the brightest. */
function drawn({ width, height, on, off }: Counts, most: number): Picture {
  const scale = Math.max(1, Math.floor(enlarged / Math.max(width, height)));
  // A square root, so that pixels with few events are seen beside those with many.
  const shade = (count: number) => Math.ceil((shades - 1) * Math.sqrt(Math.min(1, count / most)));
  const data = new Uint8Array(width * height * scale * scale);
  for (let row = 0; row < height; row++) {
    const line = row * scale * width * scale;
    for (let column = 0; column < width; column++) {
      const place = row * width + column;
      const entry = shades * shade(on[place] as number) + shade(off[place] as number);
      data.fill(entry, line + column * scale, line + (column + 1) * scale);
    }
    for (let copy = 1; copy < scale; copy++) data.copyWithin(line + copy * width * scale, line, line + width * scale);
  }
  return { width: width * scale, height: height * scale, data };
}
