/** Parts of a data set: recordings by index, and parts drawn at random. Nothing is read, nothing is copied. */
import { askBackend, type BackendChoice, choiceFields, choiceOf } from "../backend/select.js";
import { faultAt, unfit } from "../errors.js";
import type { RecordedEvents } from "../events/train.js";
import { throwIfAborted, unlessAborted } from "../network/abort.js";
import { checkDataset } from "../network/recordings.js";
import { finiteNumber, wholeNumber } from "../numbers.js";
import { numbers } from "../values/arrays.js";
import { type AbortSignalLike, isObject } from "../values/brands.js";
import { found } from "../values/found.js";
import { type Fields, reading, readOptions } from "../values/options.js";
import type { AnyDataset, Dataset } from "./dataset.js";

/** Settings of drawing parts. */
export interface SplitOptions extends BackendChoice {
  /** Seed of the drawing, a whole number from 0; 1 by default. Every backend draws the same. */
  readonly seed?: number;
  /**
   * Whether every part gets its share of every class: `true` reads all recordings once where their classes are not known
   * otherwise, `false` draws without a look at them. By default classes are looked at where the data set has `labels`.
   */
  readonly stratify?: boolean;
  /** Ends the reading with an `aborted` error, where recordings are read. */
  readonly signal?: AbortSignalLike;
}

const splitFields: Fields<SplitOptions> = {
  ...choiceFields,
  seed: "number",
  stratify: "boolean",
  signal: "signal",
};

/**
 * Some recordings of a data set, in an order of one's own.
 *
 * @param dataset - The data set.
 * @param indices - Which recordings, at least one; each a whole number below its length.
 * @param name - Name of the part; by default that of the data set with the number of recordings.
 * @returns A data set that asks the other one for its recordings.
 * @throws {@link DecolleError} `range` for an index that is not there, `shape` for no index at all.
 */
export function subset<Events extends RecordedEvents>(
  dataset: Dataset<Events>,
  indices: ArrayLike<number>,
  name?: string,
): Dataset<Events> {
  checkDataset(dataset);
  const given = reading("indices", () => numbers(indices, "indices"));
  const { length } = given;
  if (length === 0) throw unfit("shape", "indices", "at least one", "none");
  const chosen = Float64Array.from(given, (index, place) => {
    if (Number.isInteger(index) && index >= 0 && index < dataset.length) return index;
    throw unfit("range", `indices[${place}]`, `0 to ${dataset.length - 1}`, `${index}`);
  });
  const { classes, sensor, duration, labels } = dataset;
  const own = name ?? `${dataset.name}[${length} of ${dataset.length}]`;
  return {
    name: own,
    classes,
    length,
    sensor,
    duration,
    ...(labels && { labels: Uint32Array.from(chosen, (index) => labels[index] ?? 0) }),
    sample: (place, options) => {
      const index = chosen[place];
      if (index !== undefined) return dataset.sample(index, options);
      throw unfit("range", own, `an index from 0 to ${length - 1}`, `${place}`);
    },
  };
}

/**
 * Draws parts of a data set that share no recording, such as one to learn from and one to judge by while learning:
 * `split(data, { train: 0.9, validation: 0.1 })`.
 *
 * @param dataset - The data set; none of its recordings is read, unless classes have to be found out.
 * @param parts - The share of each part by its name, above 0, all together at most 1. A part has as many recordings as its
 *   share says, rounded up or down; recordings that no share asks for are in no part.
 * @param given - Seed; whether parts are drawn class by class.
 * @returns The parts by their names, recordings in the order of the data set. Their `name` says which share of what they
 *   are, and by which seed, so that a training does not go on with other recordings than it began with.
 * @throws {@link DecolleError} `config`, `range` or `not-finite` with the name of the part or option, or `range` where a part
 *   would get no recording; or what reading a recording throws.
 */
export async function split<Part extends string, Events extends RecordedEvents>(
  dataset: Dataset<Events>,
  parts: Readonly<Record<Part, number>>,
  given: SplitOptions = {},
): Promise<Record<Part, Dataset<Events>>> {
  const options = readOptions(given, splitFields, "split");
  checkDataset(dataset);
  const shares = reading("parts", () => checkShares(parts));
  const seed = wholeNumber(options.seed ?? 1, 0, "seed");
  const order = inClasses(await drawn(options, seed, dataset.length), await labelsOf(dataset, options));
  const indices = deal(order, shares);
  const made = shares.map(([name, share], place): [string, Dataset<Events>] => {
    const own = Uint32Array.from(indices[place] ?? []).sort();
    if (own.length === 0) {
      throw faultAt("range", name, `${share} of ${dataset.length} recordings is none; expected a larger share`);
    }
    return [name, subset(dataset, own, `${dataset.name}[${name} ${share}, seed ${seed}]`)];
  });
  return Object.fromEntries(made) as Record<Part, Dataset<Events>>;
}

function checkShares(parts: Readonly<Record<string, number>>): Array<[string, number]> {
  if (!isObject(parts) || Array.isArray(parts)) {
    const expected = "shares by name, such as { train: 0.9, validation: 0.1 }";
    throw unfit("config", "parts", expected, found(parts));
  }
  const shares = Object.entries(parts);
  if (shares.length === 0) throw unfit("config", "parts", "at least one", "none");
  for (const [name, share] of shares) {
    if (finiteNumber(share, 0, name) === 0 || share > 1) {
      throw unfit("range", name, "a share above 0, at most 1", `${share}`);
    }
  }
  const sum = shares.reduce((total, [, share]) => total + share, 0);
  // Shares such as 0.7, 0.2 and 0.1 add up to one but for rounding.
  if (sum > 1 + 1e-9) throw unfit("range", "parts", "shares of at most 1 together", `${sum}`);
  return shares;
}

async function labelsOf(
  dataset: AnyDataset,
  { stratify, signal }: SplitOptions,
): Promise<ArrayLike<number> | undefined> {
  if (stratify === false) return undefined;
  const { labels, length } = dataset;
  if (labels !== undefined && labels.length !== length) {
    throw unfit("shape", `${dataset.name}.labels`, `${length} entries`, `${labels.length}`);
  }
  if (labels !== undefined || stratify === undefined) return labels;
  const found = new Uint32Array(length);
  for (let index = 0; index < length; index++) {
    throwIfAborted(signal, "split");
    found[index] = (await unlessAborted(dataset.sample(index), signal, "split")).label;
  }
  return found;
}

function drawn(options: SplitOptions, seed: number, length: number): Promise<Uint32Array> {
  return askBackend(choiceOf(options), (binding) =>
    length === 0 ? new Uint32Array(0) : binding.permutation(seed, "split", length),
  );
}

/** The same order, the recordings of each class side by side. */
function inClasses(order: Uint32Array, labels: ArrayLike<number> | undefined): readonly number[] {
  const places = Array.from(order);
  return labels === undefined ? places : places.sort((a, b) => (labels[a] ?? 0) - (labels[b] ?? 0));
}

/**
 * Deals recordings out, one after the other, to the part that is furthest behind its share. So every stretch of the order,
 * and with it every class, is shared out evenly, and the whole to the recording.
 */
function deal(order: readonly number[], shares: ReadonlyArray<readonly [string, number]>): number[][] {
  const rest = 1 - shares.reduce((total, [, share]) => total + share, 0);
  // What is left over is a part of its own, which nobody gets; smaller than rounding, it is none.
  const all = [...shares.map(([, share]) => share), ...(rest > 1e-9 ? [rest] : [])];
  const dealt = all.map((): number[] => []);
  for (const [place, index] of order.entries()) {
    let furthest = 0;
    let most = Number.NEGATIVE_INFINITY;
    for (const [part, share] of all.entries()) {
      const behind = share * (place + 1) - (dealt[part]?.length ?? 0);
      if (behind > most + 1e-9) [furthest, most] = [part, behind];
    }
    dealt[furthest]?.push(index);
  }
  return dealt;
}
