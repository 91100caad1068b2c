/** What happens to the pixels of a recording before a network sees them: cropping, then summing over blocks. */
import { faultAt, unfit } from "../errors.js";
import { wholeNumber } from "../numbers.js";
import { type Fields, readOptions } from "../values/options.js";

/** Width and height of a sensor in pixels. */
export interface Sensor {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/** A rectangle of pixels. */
export interface Crop extends Sensor {
  /** First column. */
  readonly left: number;
  /** First row. */
  readonly top: number;
}

/** Cropping and downsampling of events. */
export interface InputTransform {
  /** The part of the sensor that is kept; all of it by default. */
  readonly crop?: Crop;
  /** Events are summed over blocks of this many pixels a side, at least 1; 1 (no change) by default. */
  readonly downsample?: number;
}

const transformFields: Fields<InputTransform> = { crop: "value", downsample: "number" };
const cropFields: Fields<Crop> = { left: "number", top: "number", width: "number", height: "number" };

/** Largest side of a sensor, and with it the largest block: columns of events hold 16 bits. */
const largestSide = 2 ** 16;

/**
 * Checks cropping and downsampling, whatever the sensor.
 *
 * @param transform - What was given.
 * @returns It, as nothing but what it says.
 * @throws {@link DecolleError} `config` for a missing, unknown or ill-typed field, `not-finite` or `range` for its value; all
 *   with its path.
 */
export function checkTransform(transform: InputTransform): InputTransform {
  const { crop, downsample } = readOptions(transform, transformFields, "a transform", "transform");
  if (downsample !== undefined) side(downsample, 1, "transform.downsample");
  if (crop === undefined) return downsample === undefined ? {} : { downsample };
  const { left, top, width, height } = readOptions(crop, cropFields, "a crop", "transform.crop");
  side(left, 0, "transform.crop.left");
  side(top, 0, "transform.crop.top");
  side(width, 1, "transform.crop.width");
  side(height, 1, "transform.crop.height");
  return { crop: { left, top, width, height }, ...(downsample !== undefined && { downsample }) };
}

function side(value: number, least: number, name: string): void {
  if (wholeNumber(value, least, name) > largestSide) {
    throw unfit("range", name, `${least} to ${largestSide}`, `${value}`);
  }
}

/**
 * The plane that is left of a sensor after a transform.
 *
 * @param sensor - Size of the sensor in pixels.
 * @param transform - Cropping and downsampling.
 * @returns Width and height in (summed) pixels; a rest smaller than a block is cut off.
 * @throws {@link DecolleError} `range` where the crop leaves the sensor or the block is larger than the crop; those of
 *   {@link checkTransform}.
 */
export function transformedPlane(sensor: Sensor, transform: InputTransform = {}): Sensor {
  side(sensor.width, 1, "sensor.width");
  side(sensor.height, 1, "sensor.height");
  const checked = checkTransform(transform);
  const crop = checked.crop ?? { left: 0, top: 0, ...sensor };
  const block = checked.downsample ?? 1;
  if (crop.left + crop.width > sensor.width || crop.top + crop.height > sensor.height) {
    const found = `${crop.width}×${crop.height} at (${crop.left}, ${crop.top})`;
    throw faultAt("range", "transform.crop", `${found} leaves the ${sensor.width}×${sensor.height} sensor`);
  }
  const plane = { width: Math.floor(crop.width / block), height: Math.floor(crop.height / block) };
  if (plane.width === 0 || plane.height === 0) {
    const found = `${crop.width}×${crop.height}`;
    throw faultAt("range", "transform.downsample", `${block} is larger than the ${found} pixels that are left`);
  }
  return plane;
}
