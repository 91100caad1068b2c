/** What transforms of recordings there are, each with its options; `crates/events/src/transform` checks and applies them. */

/** A number, or an interval from which one is drawn for each recording: the smaller end first. */
export type Drawn = number | readonly [lowest: number, highest: number];

/** Keeps a rectangle in the middle of the sensor, whose first pixel becomes (0, 0). */
export interface CenterCrop {
  /** Says which one this is. */
  readonly type: "centerCrop";
  /** Columns that are kept, 1 to the sensor's. */
  readonly width: number;
  /** Rows that are kept, 1 to the sensor's. */
  readonly height: number;
}

/** Keeps the events of a stretch of time; their times stay as they are. */
export interface CropTime {
  /** Says which one this is. */
  readonly type: "cropTime";
  /** Where it begins, in whole microseconds since the first event, at least 0; 0 by default. */
  readonly min?: number;
  /** Where it ends: the first microsecond that is no part of it, more than `min`; by default it ends with the recording. */
  readonly max?: number;
}

/**
 * Drops events that stand alone: those without an event before them at one of the four pixels beside theirs. Events that are
 * dropped themselves support others, too.
 */
export interface Denoise {
  /** Says which one this is. */
  readonly type: "denoise";
  /** How long an event supports those beside it, in whole microseconds, at least 1; 10,000 by default. */
  readonly filterTime?: number;
}

/** Joins blocks of pixels into one, and rounds times down. Columns and rows that do not make a whole block are cut off. */
export interface Downsample {
  /** Says which one this is. */
  readonly type: "downsample";
  /** Side of the blocks in pixels, at least 1; 1 by default. */
  readonly space?: number;
  /** Times become whole multiples of so many microseconds, at least 1; 1 by default. */
  readonly time?: number;
}

/** Drops events at random, each by itself. */
export interface DropEvent {
  /** Says which one this is. */
  readonly type: "dropEvent";
  /** How likely each event is to be dropped, 0 to 1. */
  readonly probability: Drawn;
}

/** Drops the events of a rectangle at a random place (Gu et al. 2021, "EventDrop"). */
export interface DropEventByArea {
  /** Says which one this is. */
  readonly type: "dropEventByArea";
  /** Sides of the rectangle as a share of the sensor's, 0 to 1; 0.2 by default. */
  readonly share?: number;
}

/** Drops the events of a stretch at a random time (Gu et al. 2021, "EventDrop"). */
export interface DropEventByTime {
  /** Says which one this is. */
  readonly type: "dropEventByTime";
  /** Length of the stretch as a share of the recording's, 0 to 1; 0.2 by default. */
  readonly share?: number;
}

/** Makes every polarity 0. */
export interface MergePolarities {
  /** Says which one this is. */
  readonly type: "mergePolarities";
}

/** Keeps a rectangle at a random place of the sensor, whose first pixel becomes (0, 0). */
export interface RandomCrop {
  /** Says which one this is. */
  readonly type: "randomCrop";
  /** Columns that are kept, 1 to the sensor's. */
  readonly width: number;
  /** Rows that are kept, 1 to the sensor's. */
  readonly height: number;
}

/** Mirrors recordings left to right at random, each as a whole. */
export interface RandomFlipLR {
  /** Says which one this is. */
  readonly type: "randomFlipLR";
  /** How likely a recording is to be mirrored, 0 to 1; 0.5 by default. */
  readonly probability?: number;
}

/** Exchanges polarities at random, each by itself. */
export interface RandomFlipPolarity {
  /** Says which one this is. */
  readonly type: "randomFlipPolarity";
  /** How likely the polarity of each event is to be exchanged, 0 to 1; 0.5 by default. */
  readonly probability?: number;
}

/** Mirrors recordings top to bottom at random, each as a whole. */
export interface RandomFlipUD {
  /** Says which one this is. */
  readonly type: "randomFlipUD";
  /** How likely a recording is to be mirrored, 0 to 1; 0.5 by default. */
  readonly probability?: number;
}

/** Drops events that come too soon after the last event of their pixel that was kept, of either polarity. */
export interface RefractoryPeriod {
  /** Says which one this is. */
  readonly type: "refractoryPeriod";
  /** How long a pixel rests, in whole microseconds, at least 1. */
  readonly delta: number;
}

/** Moves the pixel of each event by normally distributed numbers of columns and rows, rounded to whole pixels. */
export interface SpatialJitter {
  /** Says which one this is. */
  readonly type: "spatialJitter";
  /** Variance of the columns in pixels squared, at least 0; 1 by default. */
  readonly varX?: number;
  /** Variance of the rows in pixels squared, at least 0; 1 by default. */
  readonly varY?: number;
  /** Covariance of both, within ±√(varX · varY); 0 by default. */
  readonly sigmaXy?: number;
  /** What becomes of events that leave the sensor: `drop`, by default, or `clip` to put them at its border. */
  readonly outliers?: "drop" | "clip";
}

/** Moves the time of each event by a normally distributed number of microseconds, and brings the events into order again. */
export interface TimeJitter {
  /** Says which one this is. */
  readonly type: "timeJitter";
  /** Standard deviation in microseconds, 0 to 1,000,000,000; 1 by default. */
  readonly std?: number;
}

/** Stretches time, counted from the first event, and moves it. */
export interface TimeSkew {
  /** Says which one this is. */
  readonly type: "timeSkew";
  /** By what time since the first event is multiplied, 0.000001 to 1,000,000. */
  readonly coefficient: Drawn;
  /** Microseconds that are added; 0 by default. */
  readonly offset?: Drawn;
}

/** Adds events at random pixels, of random polarity, at random times between the first event and the last. */
export interface UniformNoise {
  /** Says which one this is. */
  readonly type: "uniformNoise";
  /** How many are added to each recording that has events, 0 to 16,777,216. */
  readonly count: number;
}

/** A transform of recordings. */
export type RecordingTransform =
  | CenterCrop
  | CropTime
  | Denoise
  | Downsample
  | DropEvent
  | DropEventByArea
  | DropEventByTime
  | MergePolarities
  | RandomCrop
  | RandomFlipLR
  | RandomFlipPolarity
  | RandomFlipUD
  | RefractoryPeriod
  | SpatialJitter
  | TimeJitter
  | TimeSkew
  | UniformNoise;
