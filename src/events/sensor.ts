/** What recordings come from, checked as callers give it. */
import { unfit } from "../errors.js";
import { wholeNumber } from "../numbers.js";
import { demanded, type Fields, reading, readOptions } from "../values/options.js";
import { hasUnits, type Source, type Units } from "./train.js";
import type { Sensor } from "./transform.js";

/** The largest side of a sensor: columns hold 16 bits. */
const largestSide = 2 ** 16;
const sensorFields: Fields<Sensor> = { width: "number", height: "number" };
const unitFields: Fields<Units> = { units: "number" };
/** Most units: their indices have 32 bits. */
const mostUnits = 2 ** 32 - 1;

/**
 * Checks a sensor.
 *
 * @param sensor - Its size in pixels, or how many units.
 * @returns A copy.
 * @throws {@link DecolleError} `config` where a side is no number, `range` outside 1 to 65,536.
 */
export function checkSensor<From extends Source>(sensor: From): From {
  if (reading("sensor", () => hasUnits(sensor))) {
    const { units } = readOptions(sensor as Units, unitFields, "units", "sensor");
    if (wholeNumber(units, 1, "sensor.units") <= mostUnits) return { units } as From;
    throw unfit("range", "sensor.units", `1 to ${mostUnits}`, `${units}`);
  }
  return checkPixels(sensor as Sensor) as From;
}

/**
 * Checks a sensor that has pixels.
 *
 * @param sensor - Its size.
 * @returns A copy.
 * @throws {@link DecolleError} `config` where a side is no number, `range` outside 1 to 65,536.
 */
export function checkPixels(sensor: Sensor): Sensor {
  const { width, height } = readOptions(demanded(sensor, "sensor"), sensorFields, "a sensor", "sensor");
  const side = (given: number, name: string) => {
    const value = wholeNumber(given, 1, name);
    if (value <= largestSide) return value;
    throw unfit("range", name, `1 to ${largestSide}`, `${value}`);
  };
  return { width: side(width, "sensor.width"), height: side(height, "sensor.height") };
}
