/** The page's side of the Worker in which the simulated event camera looks at frames. */
import type { EventColumns } from "../../backend/contract.js";
import { DecolleError, faultAt } from "../../errors.js";
import { messageOf } from "../../values/brands.js";
import type { Asked, Told } from "./camera-worker.js";

/** What is heard of the camera. */
export interface Heard {
  /** The events up to a frame. */
  events(columns: EventColumns, time: number): void;
  /** It cannot go on. */
  failed(error: DecolleError): void;
}

/** A simulated event camera in a Worker, which looks at one frame at a time. */
export class WorkerCamera {
  readonly #worker: Worker;
  readonly #heard: Heard;
  #looking = false;

  private constructor(worker: Worker, heard: Heard) {
    this.#worker = worker;
    this.#heard = heard;
  }

  /**
   * Starts a Worker and makes the camera in it.
   *
   * @param json - The camera's options.
   * @param heard - What is told of events and failures.
   * @returns The camera, and how one waits for it: rejects with {@link DecolleError} `backend` where the Worker does not
   *   start, or the module does not load in it.
   */
  static start(json: string, heard: Heard): { camera: WorkerCamera; ready: Promise<void> } {
    let worker: Worker;
    try {
      worker = new Worker(new URL("./camera-worker.js", import.meta.url), { type: "module", name: "decolle camera" });
    } catch (error) {
      throw notStarted(messageOf(error), error);
    }
    const camera = new WorkerCamera(worker, heard);
    const ready = new Promise<void>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<Told>) => {
        if ("ready" in data) {
          worker.onmessage = ({ data }: MessageEvent<Told>) => camera.#hear(data);
          worker.onerror = ({ message }) => heard.failed(notStarted(message, undefined));
          resolve();
        } else reject(errorIn(data));
      };
      // Where the script is missing or forbidden, the event has no message.
      worker.onerror = ({ message }) => reject(notStarted(message || "its script could not be loaded", undefined));
    });
    camera.#post({ camera: json }, []);
    return { camera, ready };
  }

  /** Whether it may be shown a frame. */
  get free(): boolean {
    return !this.#looking;
  }

  /**
   * Shows a frame; `events` is heard once it has been looked at.
   *
   * @param pixels - Four bytes each; they are transferred.
   * @param time - When it was taken, in whole microseconds.
   * @param goesOn - Whether it goes on from the frame before.
   */
  show(pixels: Uint8ClampedArray<ArrayBuffer>, time: number, goesOn: boolean): void {
    this.#looking = true;
    this.#post({ pixels, time, goesOn }, [pixels.buffer]);
  }

  /** Ends the Worker. */
  end(): void {
    this.#worker.onmessage = null;
    this.#worker.onerror = null;
    this.#worker.terminate();
  }

  #post(asked: Asked, transferred: Transferable[]): void {
    this.#worker.postMessage(asked, transferred);
  }

  #hear(told: Told): void {
    this.#looking = false;
    if ("events" in told) this.#heard.events(told.events, told.time);
    else this.#heard.failed(errorIn(told));
  }
}

function errorIn(told: Told): DecolleError {
  if ("code" in told) return new DecolleError(told.code, told.message, told.details);
  return notStarted("it answers what it was not asked", undefined);
}

function notStarted(why: string, cause: unknown): DecolleError {
  return faultAt("backend", "camera", `the Worker of the simulated camera failed: ${why}`, { cause });
}
