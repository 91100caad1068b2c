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

/** What a recording is asked for. */
export interface SampleOptions {
  /**
   * Epoch of the training that shows it, from 1; absent where it is shown in no training, as in evaluation. Data sets that
   * vary their recordings at random do so from epoch to epoch.
   */
  readonly epoch?: number;
  /**
   * How much of the recording is looked at, in microseconds from its first event; events after that may be left out. All of it
   * where absent.
   */
  readonly span?: number;
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
  /** Paths of these, at most the first twenty. */
  readonly ignoredPaths?: readonly string[];
  /** Class of every recording, where it is known without reading it; so that parts can be drawn class by class. */
  readonly labels?: ArrayLike<number>;
  /**
   * One recording; the same index and epoch always give the same one. Its events are read as soon as it is there, before the next
   * one is asked for, so that the same arrays may be filled again and again. A data set that gives promises is asked for up to
   * 32 recordings at a time, unless two of them are found to lie in the same memory: then for one at a time.
   *
   * @param index - From 0 to `length` − 1.
   * @param options - What for; most data sets have no use for it.
   * @returns The recording, or a promise of it where it has to be read.
   */
  sample(index: number, options?: SampleOptions): LabelledRecording<Events> | Promise<LabelledRecording<Events>>;
}

/** A data set of events or of spike trains. */
export type AnyDataset = Dataset<RecordedEvents>;

/** A data set in its two parts. */
export interface DatasetSplits<Events extends RecordedEvents = EventColumns> {
  /** Name, such as `nmnist`. */
  readonly name: string;
  /** To learn from. */
  readonly train: Dataset<Events>;
  /** To be judged by; never learned from. */
  readonly test: Dataset<Events>;
  /** To judge by while learning, where the set has such a part. */
  readonly validation?: Dataset<Events>;
  /**
   * What its user should know of it, a sentence each: which files are missing, what lies in both parts, how parts were drawn where
   * the set has none of its own.
   */
  readonly remarks?: readonly string[];
}

/** A data set of events or of spike trains in its two parts. */
export type AnySplits = DatasetSplits<RecordedEvents>;
