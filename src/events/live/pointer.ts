/** Strokes of mouse, pen or finger as events: a bright spot follows the pointer before the simulated event camera. */
import type { EventColumns } from "../../backend/contract.js";
import type { SpotCameraHandle } from "../../backend/recordings.js";
import { selectRecordings } from "../../backend/select.js";
import { unfit } from "../../errors.js";
import { isObject } from "../../values/brands.js";
import { found } from "../../values/found.js";
import { type Fields, reading, readOptions } from "../../values/options.js";
import { joined } from "../columns.js";
import { noEvents } from "../train.js";
import { type PixelOptions, pixelFields, pixelsOf, sensorOf, within } from "./camera.js";
import { demandPage, whenHidden } from "./page.js";
import { Live, type LiveEvents, needed, type Sink } from "./pieces.js";

/** Where an element lies on the page, in its pixels. */
export interface ElementBox {
  /** From the page's left edge. */
  readonly left: number;
  /** From the page's upper edge. */
  readonly top: number;
  /** Its width. */
  readonly width: number;
  /** Its height. */
  readonly height: number;
}

/** What of an `HTMLElement` or an `SVGElement` tells it from other things. */
export interface ElementLike {
  /** Where it lies on the page. */
  getBoundingClientRect(): ElementBox;
}

/** Settings of `fromPointer`. */
export interface PointerOptions extends PixelOptions {
  /** Radius of the spot in pixels of the sensor, 0.5 to 64; a sixteenth of the sensor's shorter side by default. */
  readonly radius?: number;
  /** Log intensity of the spot over its surroundings, 0.05 to 3; 1.2 by default. */
  readonly contrast?: number;
  /** Whether there is a spot while a button or the finger is down, or whenever a pointer is over the element; `down` by default. */
  readonly when?: "down" | "over";
}

const work = "fromPointer";
const fields: Fields<PointerOptions> = { ...pixelFields, radius: "number", contrast: "number", when: "value" };

/** Milliseconds between two pieces: one frame of most screens. */
const interval = 16;

/** How late the browser may tell where the pointer was, in microseconds: two frames and a little more. */
const lag = 40_000;

/** A pointer that was told nothing of for so long has rested until then, in microseconds. */
const slowest = 25_000;

/** Places that wait to be looked at, at most: those of a quarter of a second of the fastest mice. */
const mostWaiting = 256;

/**
 * Strokes on an element of the page, in events. There is none while the pointer rests, nor where it is put down or lifted: the
 * spot is there at once, as the light is when eyes are opened.
 *
 * While it runs, touches draw on the element instead of scrolling the page (`touch-action: none`).
 *
 * @param element - The element; it is seen as a whole.
 * @param options - The sensor and its pixels, the spot, a signal.
 * @returns The events, a piece every 16 ms or so, also while there are none. It ends with the signal, or when iterating stops.
 * @throws {@link DecolleError} `unsupported` outside a page; `config`, `range` or `not-finite` for element or options. While
 *   iterating: `backend` where the module of recordings does not load; `memory`; `aborted`.
 */
export function fromPointer(element: ElementLike, options: PointerOptions = {}): LiveEvents {
  demandPage(work);
  const read = readOptions(options, fields, work);
  const sensor = sensorOf(read);
  const { when = "down", signal, contrast } = read;
  const radius = within(read.radius ?? Math.max(0.5, Math.min(sensor.width, sensor.height) / 16), [0.5, 64], "radius");
  within(contrast, [0.05, 3], "contrast");
  if (when !== "down" && when !== "over") throw unfit("config", "when", '"down" or "over"', found(when));
  const isElement = reading("element", () => isObject(element) && typeof element["addEventListener"] === "function");
  if (!isElement) throw unfit("config", "element", "an element of the page", found(element));
  const json = JSON.stringify({ ...pixelsOf(read), radius, contrast });
  return new Live<EventColumns>(work, sensor, signal, async (sink) => {
    const { SpotCamera } = await needed(selectRecordings({ backend: "wasm" }), signal, work);
    const stroke = new Stroke(new SpotCamera(json), sink);
    const stopListening = listen(element as unknown as HTMLElement, sensor, when, stroke);
    const timer = setInterval(() => stroke.tick(performance.now()), interval);
    return () => {
      clearInterval(timer);
      stopListening();
    };
  });
}

/** A place on the sensor and its time; undefined where there is no spot any more. */
interface Place {
  readonly x: number;
  readonly y: number;
  /** Whole microseconds. */
  readonly time: number;
}

/** What a pointer did, as events. */
class Stroke {
  readonly #camera: SpotCameraHandle;
  readonly #sink: Sink;
  readonly #origin = performance.now();
  /** Places since the last piece; undefined where the pointer was lifted. */
  #waiting: (Place | undefined)[] = [];
  #isDown = false;
  /** The end of the last move. */
  #moved = 0;
  /** The time that the last piece reached to. */
  #until = 0;

  constructor(camera: SpotCameraHandle, sink: Sink) {
    this.#camera = camera;
    this.#sink = sink;
    sink.origin = this.#origin;
  }

  /** The pointer is somewhere, by the page's clock in milliseconds. */
  at(x: number, y: number, milliseconds: number): void {
    if (this.#waiting.length >= mostWaiting) {
      // Straight on to the newest place: of a way that nobody had time for, its end is what counts.
      this.#waiting.pop();
      this.#sink.dropped++;
    }
    this.#waiting.push({ x, y, time: Math.max(0, Math.round((milliseconds - this.#origin) * 1000)) });
  }

  /** There is no spot any more. */
  lift(): void {
    if (this.#waiting.at(-1) !== undefined || this.#waiting.length === 0) this.#waiting.push(undefined);
  }

  /** Gives the next piece, unless whoever iterates has not taken those before. */
  tick(milliseconds: number): void {
    if (!this.#sink.room) return;
    const now = Math.round((milliseconds - this.#origin) * 1000);
    try {
      const moves = this.#waiting.flatMap((place) => this.#follow(place));
      this.#waiting = [];
      this.#until = Math.max(this.#until, this.#moved, now - lag);
      this.#sink.put(joined(moves, noEvents()), this.#until);
    } catch (error) {
      this.#sink.end(error as Error);
    }
  }

  #follow(place: Place | undefined): EventColumns[] {
    if (place === undefined) {
      this.#isDown = false;
      return [];
    }
    this.#sink.taken++;
    const { x, y, time } = place;
    if (!this.#isDown) {
      this.#isDown = true;
      this.#camera.put(x, y);
      return [];
    }
    const base = Math.max(this.#until, this.#moved);
    const to = Math.max(time, base + 1);
    const events = this.#camera.moveTo(x, y, Math.max(base, to - slowest), to);
    this.#moved = to;
    return [events];
  }
}

/** Listens to an element. */
function listen(
  element: HTMLElement,
  sensor: { readonly width: number; readonly height: number },
  when: "down" | "over",
  stroke: Stroke,
): () => void {
  const listening = new AbortController();
  const { signal } = listening;
  let pointer: number | undefined;
  const follow = (event: PointerEvent) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    if (width === 0 || height === 0) return;
    const told = event.type === "pointermove" ? (event.getCoalescedEvents?.() ?? []) : [];
    for (const { clientX, clientY, timeStamp } of told.length > 0 ? told : [event]) {
      const [x, y] = [((clientX - left) / width) * sensor.width, ((clientY - top) / height) * sensor.height];
      stroke.at(x, y, timeStamp);
    }
  };
  const begin = (event: PointerEvent) => {
    if (!event.isPrimary || pointer !== undefined) return;
    pointer = event.pointerId;
    follow(event);
  };
  const end = (event: PointerEvent) => {
    if (event.pointerId !== pointer) return;
    pointer = undefined;
    stroke.lift();
  };
  const move = (event: PointerEvent) => {
    if (event.pointerId === pointer) follow(event);
    else if (when === "over") begin(event);
  };
  const down = (event: PointerEvent) => {
    begin(event);
    capture(element, event);
  };
  element.addEventListener("pointermove", move, { signal });
  element.addEventListener("pointercancel", end, { signal });
  if (when === "down") {
    element.addEventListener("pointerdown", down, { signal });
    element.addEventListener("pointerup", end, { signal });
  } else element.addEventListener("pointerleave", end, { signal });
  const shownAgain = whenHidden(() => {
    pointer = undefined;
    stroke.lift();
  });
  const { touchAction } = element.style;
  element.style.touchAction = "none";
  return () => {
    element.style.touchAction = touchAction;
    shownAgain();
    listening.abort();
  };
}

/** A stroke that leaves the element goes on beside it. */
function capture(element: HTMLElement, { pointerId }: PointerEvent): void {
  // A pointer that a script has made up, or that is gone already, cannot be held.
  if (element.isConnected && !element.hasPointerCapture(pointerId)) {
    try {
      element.setPointerCapture(pointerId);
    } catch (error) {
      if ((error as DOMException).name !== "NotFoundError") throw error;
    }
  }
}
