/** What happens to the pixels of a recording before a network sees them: cropping, then summing over blocks. */
import { DecolleError } from "../errors.js";

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

/**
 * The plane that is left of a sensor after a transform.
 *
 * @param sensor - Size of the sensor in pixels.
 * @param transform - Cropping and downsampling.
 * @returns Width and height in (summed) pixels; a rest smaller than a block is cut off.
 * @throws {@link DecolleError} `range` where the crop leaves the sensor or the block is larger than the crop.
 */
export function transformedPlane(sensor: Sensor, transform: InputTransform = {}): Sensor {
  const crop = transform.crop ?? { left: 0, top: 0, ...sensor };
  const block = transform.downsample ?? 1;
  for (const [name, value, least] of [
    ["crop.left", crop.left, 0],
    ["crop.top", crop.top, 0],
    ["crop.width", crop.width, 1],
    ["crop.height", crop.height, 1],
    ["downsample", block, 1],
  ] as const) {
    if (!Number.isInteger(value) || value < least) {
      throw new DecolleError("range", `transform.${name}: expected a whole number from ${least}, found ${value}`);
    }
  }
  if (crop.left + crop.width > sensor.width || crop.top + crop.height > sensor.height) {
    const found = `${crop.width}×${crop.height} at (${crop.left}, ${crop.top})`;
    throw new DecolleError("range", `transform.crop: ${found} leaves the ${sensor.width}×${sensor.height} sensor`);
  }
  const plane = { width: Math.floor(crop.width / block), height: Math.floor(crop.height / block) };
  if (plane.width === 0 || plane.height === 0) {
    const found = `${crop.width}×${crop.height}`;
    throw new DecolleError("range", `transform.downsample: ${block} is larger than the ${found} pixels that are left`);
  }
  return plane;
}
