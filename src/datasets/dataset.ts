/** Data sets: labelled recordings that can be asked for one by one, so that a set need not fit into memory. */
import type { EventColumns } from "../backend/contract.js";
import type { RecordedEvents, SpikeTrain, Units } from "../events/train.js";
import type { Sensor } from "../events/transform.js";

/** A recording and what it shows. */
export interface LabelledRecording<Events extends RecordedEvents = EventColumns> {
  /** Its events, or its spike train; times in microseconds and never decreasing. */
  readonly events: Events;
  /** Its class, from 0. */
  readonly label: number;
}

/** Labelled recordings of one sensor; or, as `Dataset<SpikeTrain>`, spike trains of so many units. */
export interface Dataset<Events extends RecordedEvents = EventColumns> {
  /** Name, such as `nmnist/train`. */
  readonly name: string;
  /** Names of the classes; a label is an index into them. */
  readonly classes: readonly string[];
  /** Number of recordings. */
  readonly length: number;
  /** Size of the sensor in pixels; for spike trains the number of units. */
  readonly sensor: Events extends SpikeTrain ? Units : Sensor;
  /** How long a recording usually is, in microseconds: the span a network sees unless told otherwise. */
  readonly duration: number;
  /** Files and folders found among the recordings that are none, hidden ones included, and were left out; 0 by default. */
  readonly ignored?: number;
  /** Class of every recording, where it is known without reading it; so that parts can be drawn class by class. */
  readonly labels?: ArrayLike<number>;
  /**
   * One recording; the same index always gives the same one. Its events are read as soon as it is there, before the next
   * one is asked for, so that the same arrays may be filled again and again. A data set that gives promises is asked for up to
   * 32 recordings at a time, unless two of them are found to lie in the same memory: then for one at a time.
   *
   * @param index - From 0 to `length` − 1.
   * @returns The recording, or a promise of it where it has to be read.
   */
  sample(index: number): LabelledRecording<Events> | Promise<LabelledRecording<Events>>;
}

/** A data set of events or of spike trains. */
export type AnyDataset = Dataset<RecordedEvents>;

/** A data set in its two parts; as `DatasetSplits<SpikeTrain>`, one of spike trains. */
export interface DatasetSplits<Events extends RecordedEvents = EventColumns> {
  /** Name, such as `nmnist`. */
  readonly name: string;
  /** To learn from. */
  readonly train: Dataset<Events>;
  /** To be judged by; never learned from. */
  readonly test: Dataset<Events>;
}
