/** How the simulated event camera sees: its options, checked, and as the core reads them. */
import { unfit } from "../../errors.js";
import { wholeNumber } from "../../numbers.js";
import type { AbortSignalLike } from "../../values/brands.js";
import type { Fields } from "../../values/options.js";
import { checkPixels } from "../sensor.js";
import type { Sensor } from "../transform.js";

/** Settings of a simulated camera's pixels, after v2e (Hu, Liu, Delbruck 2021). */
export interface PixelOptions {
  /** Size of the sensor in pixels, 8 to 512 each way; 64×64 by default. */
  readonly sensor?: Sensor;
  /** Seed of what differs from pixel to pixel, and of noise, a whole number from 0; 1 by default. */
  readonly seed?: number;
  /** Change of the log intensity that makes an event, 0.05 to 2; 0.2 by default. */
  readonly threshold?: number;
  /** Standard deviation of the thresholds from pixel to pixel, 0 to half the threshold; 0.15 of the threshold by default. */
  readonly thresholdMismatch?: number;
  /** Microseconds for which a pixel stays silent after an event, 0 to 1,000,000; 500 by default. */
  readonly refractory?: number;
  /** Noise events per pixel and second, 0 to 100, either polarity alike; none by default. */
  readonly noiseRate?: number;
  /** Events per pixel and second that a still scene makes by leaks, 0 to 10, all brightening; none by default. */
  readonly leakRate?: number;
  /** Ends the source. */
  readonly signal?: AbortSignalLike;
}

/** Settings of a simulated camera that looks at frames. */
export interface CameraOptions extends PixelOptions {
  /**
   * Luminance from which on the intensity is logarithmic, as a share of white, 1/255 to 1; 20/255 by default. Below it is
   * linear, so that the noise of the dark makes few events.
   */
  readonly toe?: number;
  /**
   * Microseconds between two frames, 1,000 to 10,000,000, from which on the later one makes no events, for the camera looked
   * away meanwhile; 500,000 by default.
   */
  readonly gap?: number;
}

/** The fields of {@link PixelOptions}. */
export const pixelFields: Fields<PixelOptions> = {
  sensor: "value",
  seed: "number",
  threshold: "number",
  thresholdMismatch: "number",
  refractory: "number",
  noiseRate: "number",
  leakRate: "number",
  signal: "signal",
};

/** The fields of {@link CameraOptions}. */
export const cameraFields: Fields<CameraOptions> = { ...pixelFields, toe: "number", gap: "number" };

/** What is usual of {@link PixelOptions}. */
const usual = { sensor: { width: 64, height: 64 }, seed: 1, threshold: 0.2, mismatch: 0.15 } as const;

/** Smallest and largest side of a simulated sensor. */
const sides = [8, 512] as const;

/**
 * The sensor that options ask for.
 *
 * @param options - Options that have been read.
 * @returns Its size.
 * @throws {@link DecolleError} `config`, `range` or `not-finite`, for `sensor.width` or `sensor.height`.
 */
export function sensorOf({ sensor = usual.sensor }: PixelOptions): Sensor {
  const { width, height } = checkPixels(sensor);
  within(width, sides, "sensor.width");
  within(height, sides, "sensor.height");
  return { width, height };
}

/**
 * Checks a number that may be left out.
 *
 * @param value - What was given; finite, where it is a number.
 * @param range - Least and most.
 * @param path - What messages call it.
 * @returns It.
 * @throws {@link DecolleError} `range`.
 */
export function within<Value extends number | undefined>(
  value: Value,
  [least, most]: readonly [number, number],
  path: string,
): Value {
  if (value === undefined || (value >= least && value <= most)) return value;
  throw unfit("range", path, `${least} to ${most}`, `${value}`);
}

/**
 * Pixels as the core reads them.
 *
 * @param options - Options that have been read.
 * @returns The fields that the events crate's `FrameOptions` and `SpotOptions` share.
 * @throws {@link DecolleError} `range` with the option, and as {@link sensorOf}.
 */
export function pixelsOf(options: PixelOptions): object {
  const { width, height } = sensorOf(options);
  const { refractory, noiseRate, leakRate } = options;
  const threshold = within(options.threshold ?? usual.threshold, [0.05, 2], "threshold");
  const mismatch = options.thresholdMismatch ?? usual.mismatch * threshold;
  const thresholdMismatch = within(mismatch, [0, threshold / 2], "thresholdMismatch");
  if (refractory !== undefined) within(wholeNumber(refractory, 0, "refractory"), [0, 1_000_000], "refractory");
  within(noiseRate, [0, 100], "noiseRate");
  within(leakRate, [0, 10], "leakRate");
  const seed = wholeNumber(options.seed ?? usual.seed, 0, "seed");
  return { seed, width, height, sensor: { threshold, thresholdMismatch, refractory, noiseRate, leakRate } };
}

/**
 * A camera for frames as the core reads it.
 *
 * @param options - Options that have been read.
 * @returns JSON of the events crate's `FrameOptions`.
 * @throws {@link DecolleError} As {@link pixelsOf}.
 */
export function cameraJson(options: CameraOptions): string {
  const { toe, gap } = options;
  within(toe, [1 / 255, 1], "toe");
  if (gap !== undefined) within(wholeNumber(gap, 1000, "gap"), [1000, 10_000_000], "gap");
  return JSON.stringify({ ...pixelsOf(options), toe, gap });
}
