/** One check for every way in: whether a network can take what a sensor gives. */
import { faultAt, unfit } from "../errors.js";
import type { NetworkSpecification, PlaneInput } from "../network/specification.js";
import { wholeNumber } from "../numbers.js";
import { isObject } from "../values/brands.js";
import { found } from "../values/found.js";
import { reading } from "../values/options.js";
import { hasUnits, inputsOf, type Source, type Units } from "./train.js";
import { checkTransform, type InputTransform, transformedPlane } from "./transform.js";

/** Channels of an event camera: its two polarities. */
const polarities = 2;

/** The plane of a network's input, a line being one of a single row; undefined where it has none. */
function planeOf({ input }: NetworkSpecification): PlaneInput | undefined {
  if ("units" in input) return undefined;
  if ("length" in input) return { channels: input.channels, height: 1, width: input.length };
  return input;
}

/**
 * The sensor that fills a network's input; units, where that is no plane.
 *
 * @param specification - The network.
 * @param transform - Cropping and downsampling between sensor and network.
 * @returns Width and height in pixels, or how many units.
 * @throws {@link DecolleError} `config` where there is a crop, or no plane and a transform: then the sensor must be named;
 *   those of {@link checkTransform}.
 */
export function defaultSensor(specification: NetworkSpecification, transform: InputTransform | undefined): Source {
  const plane = planeOf(specification);
  const { crop, downsample: block = 1 } = checkTransform(transform ?? {});
  const { input } = specification;
  if ("units" in input && crop === undefined && block === 1) return { units: input.units };
  if (plane === undefined || crop !== undefined) {
    throw faultAt("config", "input.sensor", "needed where events are cropped or the network's input is no plane");
  }
  return { width: plane.width * block, height: plane.height * block };
}

/**
 * Makes sure that a network takes the channels, rows and columns that events have after their transform. A network without
 * a plane takes as many units.
 *
 * @param specification - The network.
 * @param sensor - Size of the sensor in pixels, or how many units spike trains have.
 * @param transform - Cropping and downsampling in between; none for spike trains.
 * @param path - What messages call the sensor.
 * @throws {@link DecolleError} `shape` where they differ, naming both; `config` and `range` for what is no sensor, or a crop
 *   that leaves it.
 */
export function checkPlane(
  specification: NetworkSpecification,
  sensor: Source,
  transform: InputTransform | undefined,
  path: string,
): void {
  if (!isObject(sensor)) {
    throw unfit("config", path, "an object with width and height", found(sensor));
  }
  const source: Source = reading(path, () =>
    hasUnits(sensor) ? { units: sensor.units } : { width: sensor.width, height: sensor.height },
  );
  if (hasUnits(source)) {
    checkUnits(specification, source, transform, path);
    return;
  }
  wholeNumber(source.width, 1, `${path}.width`);
  wholeNumber(source.height, 1, `${path}.height`);
  const { width, height } = transformedPlane(source, transform);
  const plane = planeOf(specification);
  const units = "units" in specification.input ? specification.input.units : 0;
  const fits =
    plane === undefined
      ? polarities * width * height === units
      : plane.channels === polarities && plane.width === width && plane.height === height;
  if (fits) return;
  const expected = plane === undefined ? `${units}` : `${plane.channels}×${plane.height}×${plane.width}`;
  const given = `${polarities}×${height}×${width}`;
  throw faultAt(
    "shape",
    path,
    `the network takes ${expected} inputs (channels × rows × columns), the events give ${given}`,
  );
}

function checkUnits(
  specification: NetworkSpecification,
  { units }: Units,
  transform: InputTransform | undefined,
  path: string,
): void {
  wholeNumber(units, 1, `${path}.units`);
  const { crop, downsample = 1 } = checkTransform(transform ?? {});
  if (crop !== undefined || downsample !== 1) {
    throw faultAt("config", "transform", "expected none for spike trains, which have no pixels");
  }
  const inputs = inputsOf(specification);
  if (units !== inputs)
    throw faultAt("shape", path, `the network takes ${inputs} inputs, the trains have ${units} units`);
}
