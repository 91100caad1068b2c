/** Recordings that tonic has cached: HDF5 files of one recording and its class each. Node only; needs the npm package `h5wasm`. */
import { join } from "node:path";
import type { EventColumns } from "../backend/contract.js";
import { unfit } from "../errors.js";
import { readHdf5 } from "../events/hdf5-events.js";
import { columnsOf } from "../events/lists.js";
import { checkSensor } from "../events/sensor.js";
import { wholeNumber } from "../numbers.js";
import { type FileUrl, pathOf } from "../paths.js";
import { demanded, readOptions, text } from "../values/options.js";
import type { Dataset } from "./dataset.js";
import { filesIn, Ignored } from "./listing.js";
import { checkNames, type OwnDataset, ownFields } from "./own.js";

/** What the files of a cache do not say. */
export interface TonicCacheOptions extends OwnDataset {
  /** Names of the classes, in the order of their numbers. */
  readonly classes: readonly string[];
  /** How long a recording usually is, in whole microseconds, at least 1. */
  readonly duration: number;
}

/**
 * A data set out of a folder of tonic's cache: `0_0.hdf5`, `1_0.hdf5`, …; of several copies of a recording the first is taken.
 *
 * @param path - The folder, by its path or `file:` URL.
 * @param given - Sensor, classes, duration.
 * @returns The data set, in the order of its numbers. Classes are not known before recordings are read.
 * @throws {@link DecolleError} `config` or `range` for an option; `io` or `format` where the folder is not as expected. When a
 *   recording is asked for: `unsupported` where `h5wasm` is not installed, `format` or what is wrong with its events.
 */
export async function toniccache(path: string | FileUrl, given: TonicCacheOptions): Promise<Dataset> {
  const options = readOptions(demanded(given, "options"), ownFields as never, "toniccache") as TonicCacheOptions;
  const sensor = checkSensor(options.sensor);
  const classes = checkNames(options.classes);
  const duration = wholeNumber(options.duration, 1, "duration");
  const root = pathOf(path, "toniccache");
  const name = text(options.name ?? root, "name");
  const ignored = new Ignored();
  const files = await filesIn(root, (file) => /^\d+_0\.hdf5$/.test(file), ignored);
  const { length } = files;
  if (length === 0) throw unfit("format", root, "recordings as 0_0.hdf5", `none among ${ignored.count} others`);
  return {
    name,
    classes,
    length,
    sensor,
    duration,
    ...ignored.fields,
    sample: async (index) => {
      const file = files[index];
      if (file === undefined) throw unfit("range", name, `an index from 0 to ${length - 1}`, `${index}`);
      const place = join(root, file);
      const { events, label } = await readHdf5(place);
      if (label === undefined) throw unfit("format", place, "a class as target/0", "none");
      return { events: columnsOf(events, sensor, place) as EventColumns, label };
    },
  };
}
