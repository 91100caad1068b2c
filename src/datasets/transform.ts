/** Data sets whose recordings are transformed when they are asked for. */
import { type BackendChoice, choiceFields, choiceOf, selectRecordings } from "../backend/select.js";
import { unfit } from "../errors.js";
import { checkSensor } from "../events/sensor.js";
import { type RecordedEvents, readRecorded, type Source } from "../events/train.js";
import { Change, checkTransforms } from "../events/transforms/apply.js";
import type { RecordingTransform } from "../events/transforms/kinds.js";
import { isPromiseLike } from "../network/abort.js";
import { checkDataset } from "../network/recordings.js";
import { wholeNumber } from "../numbers.js";
import { isObject } from "../values/brands.js";
import { found } from "../values/found.js";
import { type Fields, reading, readOptions } from "../values/options.js";
import type { Dataset, LabelledRecording } from "./dataset.js";

/** Settings of transforming a data set. */
export interface TransformedOptions extends BackendChoice {
  /** Seed of all that is drawn, a whole number from 0; 1 by default. */
  readonly seed?: number;
}

const fields: Fields<TransformedOptions> = { ...choiceFields, seed: "number" };

/**
 * A data set whose recordings are transformed when they are asked for.
 *
 * What is drawn follows from the seed, the number of the recording, and the epoch of the training it is shown in; without an
 * epoch, as evaluation and prediction ask, it is the same every time.
 *
 * @param dataset - The data set; nothing of it is read.
 * @param transforms - Transforms, applied one after the other.
 * @param given - The seed, and the backend that transforms.
 * @returns The data set, with sensor and duration as they are after the transforms. Its `name` says which they are, and the
 *   seed, so that a training does not go on with others than it began with.
 * @throws {@link DecolleError} `config`, `range` or `not-finite` for an option, such as `transforms[1].filterTime`. When a
 *   recording is asked for: for what is wrong with its events, or what reading it throws.
 */
export async function transform<Events extends RecordedEvents>(
  dataset: Dataset<Events>,
  transforms: readonly RecordingTransform[],
  given: TransformedOptions = {},
): Promise<Dataset<Events>> {
  const options = readOptions(given, fields, "transform");
  checkDataset(dataset);
  const checked = checkTransforms(transforms);
  const seed = wholeNumber(options.seed ?? 1, 0, "seed");
  const before = checkSensor<Source>(dataset.sensor);
  const change = new Change(await selectRecordings(choiceOf(options)), before, dataset.duration, checked, seed);
  const { name, classes, length, labels, ignored, ignoredPaths } = reading("dataset", () => ({
    name: dataset.name,
    classes: dataset.classes,
    length: dataset.length,
    labels: dataset.labels,
    ignored: dataset.ignored,
    ignoredPaths: dataset.ignoredPaths,
  }));
  const transformed = (recording: LabelledRecording<Events>, index: number, epoch: number) => {
    const path = `${name}[${index}]`;
    if (!isObject(recording)) throw unfit("config", path, "an object with events and label", found(recording));
    const { events, label } = recording;
    const columns = readRecorded(events, before, `${path}.events`);
    return { events: change.apply(columns, { epoch, index }, `${path}.events`) as Events, label };
  };
  return {
    name: `${name}[${[...checked.map(described), `seed ${seed}`].join("; ")}]`,
    classes,
    length,
    sensor: change.sensor as Dataset<Events>["sensor"],
    duration: change.duration,
    ...(labels && { labels }),
    ...(ignored !== undefined && { ignored }),
    ...(ignoredPaths && { ignoredPaths }),
    sample: (index, asked) => {
      const epoch = asked?.epoch ?? 0;
      // Whole recordings: what a transform leaves of the end would differ with how much of one is looked at.
      const answer = asked?.epoch === undefined ? dataset.sample(index) : dataset.sample(index, { epoch });
      if (!isPromiseLike(answer)) return transformed(answer as LabelledRecording<Events>, index, epoch);
      return Promise.resolve(answer).then((recording) => transformed(recording, index, epoch));
    },
  };
}

/** A transform in a few words: `denoise filterTime 5000`. */
function described({ type, ...options }: RecordingTransform): string {
  const told = Object.entries(options).map(
    ([name, value]) => `${name} ${Array.isArray(value) ? value.join("–") : value}`,
  );
  return [type, ...told].join(" ");
}
