/** Reading the command line's values; what cannot be read is bad usage. */
import { InvalidArgumentError } from "commander";
import type { BackendChoice } from "../backend/select.js";
import { type DatasetSpec, parseDatasetSpec } from "../datasets/spec.js";
import { DecolleError } from "../errors.js";
import { type FileFormat, type RecordingFormat, recordingFormats, type WrittenFormat } from "../events/formats.js";
import type { Sensor } from "../events/transform.js";
import { preset } from "../presets/index.js";

/**
 * Turns a refused value into bad usage.
 *
 * @param read - Reads the value.
 * @returns What it gives.
 */
export function usage<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (DecolleError.is(error)) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

/**
 * A reader of whole numbers.
 *
 * @param least - Smallest number allowed.
 * @returns A parser for commander.
 */
export function wholeArgument(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`expected a whole number from ${least}`);
    }
    return value;
  };
}

/**
 * Reads a learning rate.
 *
 * @param text - A number above 0 and below 10⁶.
 * @returns The rate.
 */
export function learningRateArgument(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value > 0 && value < 1e6)) {
    throw new InvalidArgumentError("expected a number above 0 and below 1e6");
  }
  return value;
}

/**
 * Reads a seed.
 *
 * @param text - A whole number from 0 to 2⁵³ − 1.
 * @returns The seed.
 */
export function seedArgument(text: string): number {
  return wholeArgument(0)(text);
}

/**
 * Reads the name of a preset.
 *
 * @param text - The name.
 * @returns The name, of a preset that exists.
 */
export function presetArgument(text: string): string {
  return usage(() => preset(text)).name;
}

/**
 * Reads what names a data set.
 *
 * @param text - Such as `nmnist:PATH`.
 * @returns Kind and path.
 */
export function dataArgument(text: string): DatasetSpec {
  return usage(() => parseDatasetSpec(text));
}

/**
 * Reads the name of a format of recordings.
 *
 * @param text - The name.
 * @returns The name, of a format that there is.
 */
export function formatArgument(text: string): RecordingFormat {
  return named(recordingFormats, text);
}

/**
 * Reads the name of a format in which recordings are written.
 *
 * @param text - The name.
 * @returns The name, of a format that is written.
 */
export function writtenFormatArgument(text: string): WrittenFormat {
  return named(
    recordingFormats.filter((format) => format.written),
    text,
  ) as WrittenFormat;
}

function named(formats: readonly FileFormat<RecordingFormat>[], text: string): RecordingFormat {
  const format = formats.find(({ name }) => name === text);
  if (format !== undefined) return format.name;
  throw new InvalidArgumentError(`expected one of ${formats.map(({ name }) => name).join(", ")}`);
}

/**
 * Reads the size of a sensor.
 *
 * @param text - Such as `640x480`.
 * @returns Its width and height.
 */
export function sensorArgument(text: string): Sensor {
  const [, width, height] = /^([1-9]\d{0,4})[x×]([1-9]\d{0,4})$/.exec(text) ?? [];
  const sensor = { width: Number(width), height: Number(height) };
  if (sensor.width <= 65_536 && sensor.height <= 65_536) return sensor;
  throw new InvalidArgumentError("expected width and height in pixels, such as 640x480");
}

/**
 * Reads the choice of a backend.
 *
 * @param text - `auto`, `native` or `wasm`.
 * @returns The choice.
 */
export function backendArgument(text: string): NonNullable<BackendChoice["backend"]> {
  if (text === "auto" || text === "native" || text === "wasm") return text;
  throw new InvalidArgumentError("expected auto, native or wasm");
}

/**
 * Reads a number of threads.
 *
 * @param text - `auto` or a whole number from 1.
 * @returns The choice.
 */
export function threadsArgument(text: string): NonNullable<BackendChoice["threads"]> {
  return text === "auto" ? text : wholeArgument(1)(text);
}
