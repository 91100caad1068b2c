/**
 * The interface of recordings, which both bindings implement: `crates/node` (the native addon, which holds the engine, too) and
 * `crates/web-events` (a WebAssembly module of its own). What crosses this border is told in `contract.ts`.
 */

import type { EventColumns } from "./contract.js";

/** Reads one file, piece by piece, in constant memory. After a fault nothing more can be read. */
export interface ReaderHandle {
  /** Takes the next bytes of the file, which are copied; `next` must have used up those before: `busy` otherwise. */
  give(bytes: Uint8Array): void;
  /** Says that there are no more bytes. */
  finish(): void;
  /** The next events, at most some 8,192; none where it needs more bytes or, after `finish`, where there are no more. */
  next(): EventColumns;
  /** JSON: what is known of the file so far, see `src/events/reading.ts`. */
  describe(): string;
  /** Gives the reader up; other calls then throw `disposed`. A second call does nothing. */
  dispose(): void;
}

/** Makes readers. */
export interface ReaderConstructor {
  /**
   * Begins to read.
   *
   * @param format - Name of the format; `auto` for that which the first bytes are recognised by.
   * @param order - What becomes of times that go backwards: `refuse`, `sort` or `drop`.
   * @param sortWithin - Events that `sort` holds at most.
   * @param partial - Whether a damaged file is read up to there.
   */
  new (format: string, order: string, sortWithin: number, partial: boolean): ReaderHandle;
}

/** Writes one file, piece by piece. After a fault nothing more can be written. */
export interface EncoderHandle {
  /** The bytes of the next events, after the header where they are the first. */
  put(x: Uint16Array, y: Uint16Array, p: Uint8Array, t: Float64Array): Uint8Array;
  /** The bytes that follow the last event. */
  end(): Uint8Array;
  /** Gives the encoder up; other calls then throw `disposed`. A second call does nothing. */
  dispose(): void;
}

/** Makes encoders. */
export interface EncoderConstructor {
  /**
   * Begins to write.
   *
   * @param format - Name of the format.
   * @param sensor - Width and height in pixels; empty where they are not known.
   * @param events - How many events will come; below 0 where that is not known.
   */
  new (format: string, sensor: Uint32Array, events: number): EncoderHandle;
}

/** A recording of the synthetic event camera. */
export interface SyntheticRecording {
  /** The events, from 0 to the duration. */
  events: EventColumns;
  /** Index of the gesture in `syntheticClasses`. */
  class: number;
}

/** A piece of the synthetic event camera's endless stream. */
export interface SyntheticPiece {
  /** The events, from `start` to `end`. */
  events: EventColumns;
  /** Index of the gesture shown longest in the piece, the earlier on ties. */
  class: number;
  /** Where the piece starts, in microseconds. */
  start: number;
  /** Where it ends, in microseconds; the next piece starts there. */
  end: number;
}

/** A synthetic event camera that never ends. */
export interface SyntheticCameraHandle {
  /** The events of the next `duration` microseconds, 1 to 60,000,000. */
  next(duration: number): SyntheticPiece;
  /** Where the next piece starts, in microseconds. */
  time(): number;
}

/** Makes synthetic event cameras. */
export interface SyntheticCameraConstructor {
  /** Builds the camera; the options are those of `synthesize`. */
  new (optionsJson: string): SyntheticCameraHandle;
}

/** A simulated event camera that looks at frames, one after the other. */
export interface FrameCameraHandle {
  /** The events up to a frame: luminance from 0 to 255 row by row, and its time in whole microseconds. */
  expose(luminance: Uint8Array, time: number): EventColumns;
  /** The same of luminance from 0 to 1. */
  exposeFloat(luminance: Float32Array, time: number): EventColumns;
  /** Forgets the last frame: the next makes no events. */
  settle(): void;
}

/** Makes such cameras. */
export interface FrameCameraConstructor {
  /** Builds the camera; the options are those of the events crate's `FrameOptions`. */
  new (optionsJson: string): FrameCameraHandle;
}

/** A simulated event camera that watches a spot move. */
export interface SpotCameraHandle {
  /** Puts the spot somewhere, in pixels of the sensor, without an event. */
  put(x: number, y: number): void;
  /** The events of a move from where the spot is, from one time to another, in whole microseconds. */
  moveTo(x: number, y: number, from: number, to: number): EventColumns;
}

/** Makes such cameras. */
export interface SpotCameraConstructor {
  /** Builds the camera; the options are those of the events crate's `SpotOptions`. */
  new (optionsJson: string): SpotCameraHandle;
}

/** A cochlea that listens. */
export interface CochleaHandle {
  /** The spikes of the next samples, of which 1 is full scale; times are microseconds since the first. */
  hear(samples: Float32Array): TrainColumns;
  /** Lets samples go by that nobody heard: time goes on, what rang is forgotten. */
  skip(samples: number): void;
}

/** Makes such cochleas. */
export interface CochleaConstructor {
  /** Builds the cochlea; the options are those of the events crate's `CochleaOptions`. */
  new (optionsJson: string): CochleaHandle;
}

/** A recording after its transforms. */
export interface TransformedRecording {
  /** Its events. */
  events: EventColumns;
  /** Width of the sensor in pixels. */
  width: number;
  /** Height of the sensor in pixels. */
  height: number;
  /** How long such recordings usually are, in microseconds. */
  duration: number;
}

/** Events per cell and time step, see `SampleSpikes`. */
export interface BinnedRecording {
  /** Where the list of each step starts, and the end of the last. */
  offsets: Uint32Array;
  /** Cells with events. */
  indices: Uint32Array;
  /** Number of events in each. */
  counts: Float32Array;
  /** Events outside the crop or the time steps. */
  dropped: number;
}

/** A spike train as columns of equal length. */
export interface TrainColumns {
  /** Time in whole microseconds, never decreasing. */
  t: Float64Array;
  /** Which unit, from 0. */
  unit: Uint32Array;
}

/** What a binding offers of recordings. */
export interface RecordingsBinding {
  /** JSON: the formats, see `src/events/formats.ts`. */
  formats(): string;
  /** Reading. */
  Reader: ReaderConstructor;
  /** Writing. */
  Encoder: EncoderConstructor;
  /** Names of the synthetic gestures, in the order of their classes. */
  syntheticClasses(): string[];
  /** Makes a synthetic recording; the options are those of the events crate's `SyntheticOptions`. */
  synthesize(optionsJson: string): SyntheticRecording;
  /** The spike train of an image, pixel by pixel a unit; the options are those of the events crate's `RateCoding`. */
  rateCoded(image: Uint8Array, optionsJson: string): TrainColumns;
  /** A recording of an image through three saccades; the options are those of `synthesize`, the image six pixels smaller. */
  saccades(image: Uint8Array, optionsJson: string): EventColumns;
  /** Endless synthetic recordings. */
  SyntheticCamera: SyntheticCameraConstructor;
  /** Frames before a simulated camera. */
  FrameCamera: FrameCameraConstructor;
  /** A spot before a simulated camera. */
  SpotCamera: SpotCameraConstructor;
  /** Sound as spikes. */
  Cochlea: CochleaConstructor;
  /** Transforms a recording; the options are those of the events crate's `TransformRequest`. */
  transform(optionsJson: string, x: Uint16Array, y: Uint16Array, p: Uint8Array, t: Float64Array): TransformedRecording;
  /**
   * Slices of a recording with these times by the events crate's `Slicing`, four numbers each: its first event, the one after
   * its last, where it begins and where it ends in microseconds.
   */
  slice(slicingJson: string, t: Float64Array): Float64Array;
  /** Bins a recording by the events crate's `Binning`. */
  bin(binningJson: string, x: Uint16Array, y: Uint16Array, p: Uint8Array, t: Float64Array): BinnedRecording;
}
