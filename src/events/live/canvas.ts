/** A canvas of the page as events. */
import type { EventColumns } from "../../backend/contract.js";
import { unfit } from "../../errors.js";
import { isObject } from "../../values/brands.js";
import { found } from "../../values/found.js";
import { type Fields, reading, readOptions } from "../../values/options.js";
import { cameraJson, sensorOf, within } from "./camera.js";
import { FrameClock } from "./clock.js";
import { demandPage } from "./page.js";
import { type PageCameraOptions, pageCameraFields, startCamera } from "./page-camera.js";
import { Live, type LiveEvents } from "./pieces.js";

/** What of an `HTMLCanvasElement` or an `OffscreenCanvas` tells it from other things. */
export interface CanvasLike {
  /** Its width in pixels. */
  readonly width: number;
  /** Its height in pixels. */
  readonly height: number;
}

/** Settings of `fromCanvas`. */
export interface CanvasOptions extends PageCameraOptions {
  /** How often it is looked at, in frames per second, 1 to 240, though no oftener than the page is drawn; 60 by default. */
  readonly frameRate?: number;
}

const work = "fromCanvas";
const fields: Fields<CanvasOptions> = { ...pageCameraFields, frameRate: "number" };

/**
 * A canvas before the simulated event camera.
 *
 * @param canvas - The canvas, whatever draws on it. One of WebGL is seen as it was drawn in the same animation frame, in
 *   callbacks that were requested before; or at any time, with `preserveDrawingBuffer`.
 * @param options - How often it is looked at; the sensor and its pixels, whether to mirror, a signal.
 * @returns The events up to each frame.
 * @throws {@link DecolleError} `unsupported` outside a page; `config`, `range` or `not-finite` for canvas or options. While
 *   iterating: `io` where its pixels may not be read; `backend` where the Worker does not start; `memory`; `aborted`.
 */
export function fromCanvas(canvas: CanvasLike, options: CanvasOptions = {}): LiveEvents {
  demandPage(work);
  const { frameRate = 60, ...read } = readOptions(options, fields, work);
  within(frameRate, [1, 240], "frameRate");
  cameraJson(read);
  const isCanvas = reading("canvas", () => isObject(canvas) && typeof canvas["getContext"] === "function");
  if (!isCanvas) throw unfit("config", "canvas", "a canvas", found(canvas));
  return new Live<EventColumns>(work, sensorOf(read), read.signal, async (sink) => {
    const camera = await startCamera(read, sink, work);
    const clock = new FrameClock();
    // Half a frame of the page early, or every second one would be missed by a hair.
    const least = 1000 / frameRate - 4;
    let last = Number.NEGATIVE_INFINITY;
    const onTick = (now: number) => {
      request = requestAnimationFrame(onTick);
      if (now - last < least || canvas.width === 0 || canvas.height === 0) return;
      last = now;
      const moment = clock.tell(now);
      sink.origin ??= now;
      if (moment !== undefined) camera.look(canvas, canvas.width, canvas.height, moment);
    };
    let request = requestAnimationFrame(onTick);
    return () => {
      cancelAnimationFrame(request);
      camera.end();
    };
  });
}
