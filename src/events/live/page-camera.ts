/** What a page shows before the simulated event camera in its Worker: what `fromVideo` and `fromCanvas` share. */

import type { Fields } from "../../values/options.js";
import { type CameraOptions, cameraFields, cameraJson, sensorOf } from "./camera.js";
import type { Moment } from "./clock.js";
import { Sampler, whenHidden } from "./page.js";
import { needed, type Sink } from "./pieces.js";
import { WorkerCamera } from "./worker-camera.js";

/** Settings of a simulated camera before what a page shows. */
export interface PageCameraOptions extends CameraOptions {
  /** Whether left and right change places, as in a mirror; not by default. */
  readonly mirror?: boolean;
}

/** The fields of {@link PageCameraOptions}. */
export const pageCameraFields: Fields<PageCameraOptions> = { ...cameraFields, mirror: "boolean" };

/** A simulated camera at work. */
export interface PageCamera {
  /**
   * Looks at a frame, unless it still looks at the one before, or whoever iterates has not taken what it saw.
   *
   * @param image - What to look at.
   * @param width - Its width in pixels.
   * @param height - Its height in pixels.
   * @param moment - When it was so.
   */
  look(image: unknown, width: number, height: number, moment: Moment): void;
  /** Ends the camera. */
  end(): void;
}

/**
 * Starts a camera.
 *
 * @param options - How it sees; read and checked.
 * @param sink - Where its events go.
 * @param work - What messages call the source.
 * @returns The camera, which is ready.
 * @throws {@link DecolleError} `backend` where its Worker does not start; `unsupported`; `aborted`.
 */
export async function startCamera(options: PageCameraOptions, sink: Sink, work: string): Promise<PageCamera> {
  const sampler = new Sampler(sensorOf(options), options.mirror ?? false, work);
  const { camera, ready } = WorkerCamera.start(cameraJson(options), {
    events: (columns, time) => sink.put(columns, time),
    failed: (error) => sink.end(error),
  });
  let goesOn = true;
  try {
    await needed(Promise.race([ready, sink.closed]), options.signal, work);
  } catch (error) {
    camera.end();
    throw error;
  }
  // What moved while nobody could see it must not come as one great jump.
  const shownAgain = whenHidden(() => {
    goesOn = false;
  });
  return {
    look(image, width, height, moment) {
      goesOn &&= moment.goesOn;
      if (!camera.free || !sink.room) {
        sink.dropped++;
        return;
      }
      try {
        camera.show(sampler.take(image as CanvasImageSource, width, height), moment.time, goesOn);
        sink.taken++;
        goesOn = true;
      } catch (error) {
        sink.end(error as Error);
      }
    },
    end() {
      shownAgain();
      camera.end();
    },
  };
}
