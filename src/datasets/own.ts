/** Recordings of one's own: what callers may give, and the classes that become of it. */
import type { EventColumns } from "../backend/contract.js";
import { faultAt, unfit } from "../errors.js";
import type { EventLists, TrainLists } from "../events/lists.js";
import type { Source, SpikeTrain } from "../events/train.js";
import type { Sensor } from "../events/transform.js";
import { wholeNumber } from "../numbers.js";
import { list } from "../values/arrays.js";
import { found } from "../values/found.js";
import { type Fields, reading, text } from "../values/options.js";

/** A spike train of one's own, and what it shows. */
export interface OwnTrain {
  /** Its spikes. */
  readonly events: SpikeTrain | TrainLists;
  /** Its class: a number from 0, or the name of the class. */
  readonly label: number | string;
}

/** A recording of one's own, and what it shows. */
export interface OwnRecording {
  /** Its events. */
  readonly events: EventColumns | EventLists;
  /** Its class: a number from 0, or the name of the class. */
  readonly label: number | string;
}

/** What recordings of one's own have in common; as `OwnDataset<Units>`, what spike trains have. */
export interface OwnDataset<From extends Source = Sensor> {
  /** Size of the sensor in pixels, 1 to 65,536 a side; for spike trains the number of units. */
  readonly sensor: From;
  /**
   * Names of the classes, in the order of their numbers. By default the names that the recordings bear, sorted; where they
   * bear numbers, these as text, from `0` to the greatest.
   */
  readonly classes?: readonly string[];
  /** Name of the data set, for messages; `own` by default. */
  readonly name?: string;
  /**
   * How long a recording usually is, in whole microseconds, at least 1: the span a network sees unless told otherwise. By
   * default as long as the longest one, from its first event to its last.
   */
  readonly duration?: number;
}

/** The fields of {@link OwnDataset}. */
export const ownFields: Fields<OwnDataset<Source>> = {
  sensor: "value",
  classes: "value",
  name: "value",
  duration: "number",
};

/** Classes by name, and the class of each recording. */
export interface Labelling {
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** Class of every recording, an index into the names. */
  readonly labels: Uint32Array;
}

/**
 * Numbers the classes.
 *
 * @param given - What each recording bears: a number, or the name of a class.
 * @param classes - Names of the classes in order; undefined to take them from the recordings.
 * @param path - What messages call recording `index`.
 * @returns Names and numbers.
 * @throws {@link DecolleError} `range` for a class that is not there, `config` where numbers and names are mixed without
 *   `classes`, or for what is neither.
 */
export function labelling(
  given: ReadonlyArray<number | string>,
  classes: readonly string[] | undefined,
  path: (index: number) => string,
): Labelling {
  const names = classes === undefined ? namesIn(given, path) : checkNames(classes);
  const numbers = new Map(names.map((name, number) => [name, number]));
  const labels = Uint32Array.from(given, (label, index) => {
    const number = typeof label === "string" ? numbers.get(label) : label;
    if (typeof number === "number" && Number.isInteger(number) && number >= 0 && number < names.length) return number;
    if (typeof label === "number") {
      throw unfit("range", `${path(index)}`, `a class below ${names.length}`, `${label}`);
    }
    if (typeof label !== "string") {
      throw unfit("config", `${path(index)}`, "a number or a name", found(label));
    }
    throw unfit("range", `${path(index)}`, `one of ${names.join(", ")}`, found(label));
  });
  return { classes: names, labels };
}

/**
 * Checks names of classes.
 *
 * @param classes - The names.
 * @returns A copy.
 * @throws {@link DecolleError} `config` for what is no list of names, or has one twice.
 */
export function checkNames(classes: readonly string[]): string[] {
  return reading("classes", () => {
    const names = Array.from(list(classes, "classes"));
    const first = new Map<string, number>();
    for (const [index, name] of names.entries()) {
      const before = first.get(text(name, `classes[${index}]`));
      if (before !== undefined) {
        throw faultAt("config", `classes[${index}]`, `${found(name)} is already classes[${before}]`);
      }
      first.set(name, index);
    }
    return names;
  });
}

function namesIn(given: ReadonlyArray<number | string>, path: (index: number) => string): string[] {
  const kind = typeof given[0];
  const other = given.findIndex((label) => typeof label !== kind);
  if (other !== -1) {
    const found = `a ${typeof given[other]}, where recording 0 has a ${kind}`;
    throw unfit("config", `${path(other)}`, "one kind of label", `${found}`);
  }
  if (kind === "string") return sortedNames(new Set(given as readonly string[]));
  const most = (given as readonly number[]).reduce(
    (greatest, label, index) => Math.max(greatest, wholeNumber(label, 0, path(index))),
    0,
  );
  if (most >= mostClasses) throw unfit("range", "classes", `at most ${mostClasses}`, `${most + 1}`);
  return Array.from({ length: most + 1 }, (_, number) => `${number}`);
}

/** Most classes that numbers alone may name, so that one wrong label does not take all memory. */
const mostClasses = 65_536;

/**
 * Sorts names so that `2` comes before `10`, and the same on every machine.
 *
 * @param names - Names of classes.
 * @returns The names in order.
 */
export function sortedNames(names: Iterable<string>): string[] {
  const { compare } = new Intl.Collator("en", { numeric: true });
  return Array.from(names).sort((a, b) => compare(a, b) || (a < b ? -1 : 1));
}
