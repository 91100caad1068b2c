/** Event cameras that a browser or Node reaches by USB or a serial port: their bytes as events, while they come. */
import type { EventColumns } from "../../backend/contract.js";
import { type BackendChoice, choiceFields } from "../../backend/select.js";
import { unfit } from "../../errors.js";
import type { AbortSignalLike } from "../../values/brands.js";
import { demanded, type Fields, readOptions, text } from "../../values/options.js";
import type { RecordingFormat } from "../formats.js";
import { checkReading, Reader, type TimeOrder } from "../reading.js";
import { checkPixels } from "../sensor.js";
import { piecesOf, type RecordingSource } from "../source.js";
import type { Sensor } from "../transform.js";
import type { EventPiece, LiveEvents } from "./pieces.js";

/** A device that sends events, whatever it is connected by. */
export interface EventDevice {
  /**
   * Begins to read.
   *
   * @returns The bytes as they come: a `ReadableStream`, or what can be iterated over. Whoever stops iterating cancels it.
   */
  read(): RecordingSource;
  /** The format that the bytes are of; its header may be missing. */
  readonly format: RecordingFormat;
  /** Size of the sensor in pixels. */
  readonly sensor: Sensor;
}

/** Settings of `fromDevice`. */
export interface DeviceOptions extends BackendChoice {
  /** What becomes of times that go backwards; `drop` by default: a camera that was reset goes on. */
  readonly order?: TimeOrder;
  /** Ends the source. */
  readonly signal?: AbortSignalLike;
}

const work = "fromDevice";
const fields: Fields<DeviceOptions> = { ...choiceFields, order: "value", signal: "signal" };
const deviceFields: Fields<EventDevice> = { read: "function", format: "value", sensor: "value" };

/**
 * The events of a device.
 *
 * @param device - What reads its bytes, their format, and its sensor.
 * @param options - The order of times, a signal, and the backend that decodes.
 * @returns The events as they come, in the device's own times; each piece holds what its bytes said.
 * @throws {@link DecolleError} `config`, `range` or `not-finite` for device or options. While iterating: as `events.read`; `range`
 *   for an event outside the sensor; or what the device throws.
 */
export function fromDevice(device: EventDevice, options: DeviceOptions = {}): LiveEvents {
  const { read, format, sensor } = deviceOf(device);
  const given = readOptions(options, fields, work);
  checkReading({ ...given, format }, work);
  return new DeviceEvents(sensor, given.signal, (signal) => {
    const pieces = (heard: AbortSignalLike | undefined) => piecesOf(read(), heard, work);
    return new Reader(checkReading({ order: "drop", ...given, format, signal }, work), pieces);
  });
}

function deviceOf(device: EventDevice): EventDevice {
  const { read, format, sensor } = readOptions(demanded(device, "device"), deviceFields, work, "device");
  return {
    read: demanded(read, "device.read"),
    format: text(demanded(format, "device.format"), "device.format") as RecordingFormat,
    sensor: checkPixels(sensor),
  };
}

/** The events of a device. Unlike those of a file they can be left while the next are waited for. */
class DeviceEvents implements LiveEvents {
  readonly sensor: Sensor;
  readonly #signal: AbortSignalLike | undefined;
  readonly #begin: (signal: AbortSignalLike) => Reader;
  #reader: Reader | undefined;
  #taken = 0;

  constructor(sensor: Sensor, signal: AbortSignalLike | undefined, begin: (signal: AbortSignalLike) => Reader) {
    this.sensor = sensor;
    this.#signal = signal;
    this.#begin = begin;
  }

  get taken(): number {
    return this.#taken;
  }

  get dropped(): number {
    return this.#reader?.dropped ?? 0;
  }

  [Symbol.asyncIterator](): AsyncIterator<EventPiece, undefined> {
    if (this.#reader !== undefined) throw unfit("busy", work, "a source that is iterated over once", "a second time");
    const stop = new AbortController();
    const abort = () => stop.abort(this.#signal?.reason);
    this.#signal?.addEventListener("abort", abort);
    if (this.#signal?.aborted) abort();
    this.#reader = this.#begin(stop.signal);
    const blocks = this.#reader[Symbol.asyncIterator]();
    let left = false;
    const end = () => {
      this.#signal?.removeEventListener("abort", abort);
      return { done: true, value: undefined } as const;
    };
    return {
      next: async () => {
        try {
          const step = await blocks.next();
          return step.done ? end() : { done: false, value: this.#piece(step.value) };
        } catch (error) {
          end();
          if (left) return end();
          throw error;
        }
      },
      return: async () => {
        left = true;
        stop.abort();
        await blocks.return();
        return end();
      },
    };
  }

  #piece({ x, y, p, t }: EventColumns): EventPiece {
    const { width, height } = this.sensor;
    checkInside(x, width, "x");
    checkInside(y, height, "y");
    this.#taken++;
    return { x, y, p, t, until: t.at(-1) ?? 0 };
  }
}

/** Refuses a pixel that the sensor has not. */
function checkInside(column: Uint16Array, side: number, name: string): void {
  const index = column.findIndex((value) => value >= side);
  if (index < 0) return;
  throw unfit("range", `${name}[${index}]`, `below ${side}, the side of the device's sensor`, `${column[index]}`);
}
