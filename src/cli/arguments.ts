/** Reading the command line's values; what cannot be read is bad usage. */
import { InvalidArgumentError, Option } from "commander";
import type { BackendChoice } from "../backend/select.js";
import { type DatasetSpec, parseDatasetSpec } from "../datasets/spec.js";
import { DecolleError } from "../errors.js";
import { recordingFormats } from "../events/formats.js";
import type { Sensor } from "../events/transform.js";
import { presets } from "../presets/index.js";
import { meant } from "../values/nearest.js";

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
 * A reader of names; one that there is not is refused with the one that was likely meant.
 *
 * @param names - The names there are.
 * @returns A parser for commander.
 */
export function nameArgument<Name extends string>(names: readonly Name[]): (text: string) => Name {
  return (text) => {
    const name = names.find((known) => known === text);
    if (name !== undefined) return name;
    throw new InvalidArgumentError(`expected one of ${names.join(", ")}${meant(text, names)}`);
  };
}

/**
 * An option that takes one of several names, which help and completion list.
 *
 * @param flags - Such as `--split <part>`.
 * @param description - What it is for.
 * @param names - The names there are.
 * @returns The option.
 */
export function nameOption(flags: string, description: string, names: readonly string[]): Option {
  return new Option(flags, description).choices(names).argParser(nameArgument(names));
}

/**
 * The option that names a preset.
 *
 * @param description - What it is for.
 * @returns The option.
 */
export function presetOption(description: string): Option {
  return nameOption("--preset <name>", description, Object.keys(presets));
}

/**
 * The option that names the build.
 *
 * @returns The option.
 */
export function backendOption(): Option {
  return nameOption("--backend <kind>", "build that computes (default: auto)", ["auto", "native", "wasm"]);
}

/**
 * The option that names the format of recordings that are read.
 *
 * @returns The option.
 */
export function formatOption(): Option {
  return nameOption("--format <name>", "format of the recordings (default: what they say)", formats);
}

/**
 * The option that names the format of a recording that is written.
 *
 * @returns The option.
 */
export function writtenFormatOption(): Option {
  return nameOption("--to <name>", "format to write (default: as OUT ends)", writtenFormats);
}

const formats = recordingFormats.map(({ name }) => name);
const writtenFormats = recordingFormats.filter(({ written }) => written).map(({ name }) => name);

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
 * Reads a number of threads.
 *
 * @param text - `auto` or a whole number from 1.
 * @returns The choice.
 */
export function threadsArgument(text: string): NonNullable<BackendChoice["threads"]> {
  return text === "auto" ? text : wholeArgument(1)(text);
}
