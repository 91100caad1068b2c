/** Frames from anywhere before the simulated event camera, on the thread that asks. */
import type { FrameCameraHandle } from "../../backend/recordings.js";
import { type BackendChoice, choiceFields, choiceOf, selectRecordings } from "../../backend/select.js";
import { DecolleError, movedTo, unfit } from "../../errors.js";
import { heeding, throwIfAborted, unlessAborted } from "../../network/abort.js";
import { finiteNumber } from "../../numbers.js";
import { isObject, isTypedArray } from "../../values/brands.js";
import { found } from "../../values/found.js";
import { type Fields, reading, readOptions } from "../../values/options.js";
import type { Sensor } from "../transform.js";
import { type CameraOptions, cameraFields, cameraJson, sensorOf } from "./camera.js";
import type { EventPiece, LiveEvents } from "./pieces.js";

/** A grey frame. */
export interface Frame {
  /** Luminance row by row: bytes from 0 to 255, or numbers from 0 to 1; as many as the sensor has pixels. */
  readonly luminance: Uint8Array | Float32Array;
  /** When it was taken, in whole microseconds, after the frame before. */
  readonly time: number;
}

/** Settings of a simulated camera before frames. */
export interface FramesOptions extends CameraOptions, BackendChoice {}

const framesFields: Fields<FramesOptions> = { ...cameraFields, ...choiceFields };

/** What frames come from. */
export type FrameSource = AsyncIterable<Frame> | Iterable<Frame>;

/**
 * Frames before the simulated event camera.
 *
 * @param frames - Frames, one after the other.
 * @param options - The sensor, its pixels, a signal, and the backend that simulates; every backend gives the same events.
 * @returns The events up to each frame, in the frames' own times.
 * @throws {@link DecolleError} `config`, `range` or `not-finite` for an option. While iterating: those for frames, such as
 *   `frames[3].luminance`, `shape` for another number of pixels, `time-order` for a time that does not go on; `memory`;
 *   `aborted`; or what `frames` throws.
 */
export function fromFrames(frames: FrameSource, options: FramesOptions = {}): LiveEvents {
  const read = readOptions(options, framesFields, "fromFrames");
  return new FrameEvents(frames, read, sensorOf(read), cameraJson(read));
}

/** The events of frames. */
class FrameEvents implements LiveEvents {
  readonly sensor: Sensor;
  readonly dropped = 0;
  readonly #frames: FrameSource;
  readonly #options: FramesOptions;
  readonly #json: string;
  #taken = 0;
  #begun = false;

  constructor(frames: FrameSource, options: FramesOptions, sensor: Sensor, json: string) {
    this.#frames = frames;
    this.#options = options;
    this.sensor = sensor;
    this.#json = json;
  }

  get taken(): number {
    return this.#taken;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EventPiece, undefined> {
    if (this.#begun) throw unfit("busy", "fromFrames", "a source that is iterated over once", "a second time");
    this.#begun = true;
    const { signal } = this.#options;
    throwIfAborted(signal, "fromFrames");
    const recordings = await unlessAborted(selectRecordings(choiceOf(this.#options)), signal, "fromFrames");
    const camera = new recordings.FrameCamera(this.#json);
    for await (const frame of heeding<unknown>(iteratorOf(this.#frames), signal, "fromFrames")) {
      const { columns, time } = exposed(camera, frame, `frames[${this.#taken}]`);
      this.#taken++;
      const { x, y, p, t } = columns;
      yield { x, y, p, t, until: time };
    }
    return undefined;
  }
}

/** The events up to a frame. */
function exposed(camera: FrameCameraHandle, frame: unknown, path: string) {
  const { luminance, time } = reading(path, () => {
    if (!isObject(frame)) throw unfit("config", path, "an object with luminance and time", found(frame));
    return { luminance: frame["luminance"], time: frame["time"] };
  });
  const at = finiteNumber(time as number, -Number.MAX_SAFE_INTEGER, `${path}.time`);
  try {
    if (isTypedArray(luminance, "Uint8Array")) return { columns: camera.expose(luminance, at), time: at };
    if (isTypedArray(luminance, "Float32Array")) return { columns: camera.exposeFloat(luminance, at), time: at };
  } catch (error) {
    throw DecolleError.is(error) && error.path !== undefined ? movedTo(error, "", `${path}.`) : error;
  }
  throw unfit("config", `${path}.luminance`, "a Uint8Array or a Float32Array", found(luminance));
}

function iteratorOf(frames: unknown): AsyncIterator<unknown> | Iterator<unknown> {
  return reading("frames", () => {
    if (isObject(frames)) {
      for (const way of [Symbol.asyncIterator, Symbol.iterator]) {
        const make = frames[way];
        if (typeof make === "function" && !ArrayBuffer.isView(frames)) {
          return make.call(frames) as AsyncIterator<unknown>;
        }
      }
    }
    throw unfit("config", "frames", "an iterable of frames", found(frames));
  });
}
