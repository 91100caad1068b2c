/** What is done with recordings, by one name: `events.read`, `events.load`, `events.write`, `events.encode`, `events.transform`, … */
import type { EventColumns } from "../backend/contract.js";
import type { BackendChoice } from "../backend/select.js";
import type { FileBytes } from "../values/file-bytes.js";
import { type CanvasLike, type CanvasOptions, fromCanvas } from "./live/canvas.js";
import { type DeviceOptions, type EventDevice, fromDevice } from "./live/device.js";
import { type FrameSource, type FramesOptions, fromFrames } from "./live/frames.js";
import type { AudioBufferLike, AudioStreamLike, MicrophoneOptions } from "./live/microphone.js";
import { openCamera, type WebcamOptions, type WebcamStream } from "./live/open-camera.js";
import type { LiveEvents, LiveSpikes } from "./live/pieces.js";
import { type ElementLike, fromPointer, type PointerOptions } from "./live/pointer.js";
import { fromVideo, type MediaStreamLike, type VideoLike, type VideoOptions } from "./live/video.js";
import { type LoadedRecording, load } from "./loading.js";
import { fromFile, type NamedBlob } from "./named.js";
import { type ReadOptions, type RecordingReader, read } from "./reading.js";
import { type Slice, type Slicing, slice } from "./slicing.js";
import type { RecordingSource } from "./source.js";
import { type RecordingSpikes, type ToSpikesOptions, toSpikes } from "./spikes.js";
import type { RecordedEvents } from "./train.js";
import { type SourcedRecording, type TransformOptions, transform } from "./transforms/apply.js";
import type { RecordingTransform } from "./transforms/kinds.js";
import { type Blocks, encode, type WriteOptions, write } from "./writing.js";

/** Recordings from bytes, and bytes from recordings. */
export interface Events<From = RecordingSource> {
  /**
   * Reads a recording block after block, in constant memory however long it is.
   *
   * @param source - Its bytes, all at once or piece by piece.
   * @param options - The format, what becomes of damage and of times that go backwards, a signal, and the backend that
   *   decodes.
   * @returns What gives blocks of at most some 8,192 events, to be iterated over once, and what is known of the recording
   *   from its first block on.
   * @throws {@link DecolleError} `config`, `range` or `not-finite` for an option. While iterating: `unsupported` for an
   *   unknown format, `format` where the bytes say none or are damaged, `range` or `time-order` for an event, each with the
   *   offset of the byte; `config` for what is no source; `aborted`; `backend`; or what the source throws.
   */
  read(source: From, options?: ReadOptions): RecordingReader;
  /**
   * Reads a whole recording into memory.
   *
   * @param source - Its bytes, all at once or piece by piece.
   * @param options - As of `read`.
   * @returns The events, and what is known of the recording.
   * @throws {@link DecolleError} As `read`.
   */
  load(source: From, options?: ReadOptions): Promise<LoadedRecording>;
  /**
   * Writes a recording block after block, in constant memory however long it is.
   *
   * @param blocks - Its events, times never decreasing, such as `read` gives them.
   * @param options - The format; the sensor and the number of events, where the format holds them; a signal, and the backend
   *   that encodes.
   * @returns The bytes of the file, piece by piece.
   * @throws {@link DecolleError} While iterating: `unsupported` for a format that is not written, or cannot be without what is
   *   missing; `config` or `shape` for what are no columns; `range`, `not-finite` or `time-order` for an event, with its
   *   index; `aborted`; or what `blocks` throws.
   */
  write(blocks: Blocks, options: WriteOptions): AsyncIterable<FileBytes>;
  /**
   * Writes a whole recording.
   *
   * @param events - Its events, times never decreasing.
   * @param options - As of `write`; the number of events is known.
   * @returns The bytes of the file.
   * @throws {@link DecolleError} As `write`.
   */
  encode(events: EventColumns, options: WriteOptions): Promise<FileBytes>;
  /**
   * Transforms a recording.
   *
   * @param recording - Its events, or its spike train, and what they come from; they are not changed.
   * @param transforms - Transforms, applied one after the other.
   * @param options - Which random numbers they draw, and the backend that applies them; every backend gives the same bits.
   * @returns The recording afterwards, with what it comes from then.
   * @throws {@link DecolleError} `config`, `range` or `not-finite` for an option, such as `transforms[1].filterTime`; for an
   *   event, such as `recording.events.x[17]`, those and `shape` and `time-order`; `memory`.
   */
  transform<Recorded extends RecordedEvents>(
    recording: SourcedRecording<Recorded>,
    transforms: readonly RecordingTransform[],
    options?: TransformOptions,
  ): Promise<SourcedRecording<Recorded>>;
  /**
   * Slices a recording: several out of one.
   *
   * @param events - Its events or its spike train, times never decreasing.
   * @param slicing - How.
   * @param choice - The backend that finds where slices begin.
   * @returns The slices in order. Their columns lie in the memory of the whole.
   * @throws {@link DecolleError} `config`, `range` or `not-finite` for an option, such as `slicing.window`, `range` for more
   *   than 2²⁰ slices; for an event, such as `events.t[17]`, those, `shape` and `time-order`.
   */
  slice<Recorded extends RecordedEvents>(
    events: Recorded,
    slicing: Slicing,
    choice?: BackendChoice,
  ): Promise<Slice<Recorded>[]>;
  /**
   * Counts the events of a recording per cell and time step, as a network does that takes recordings.
   *
   * @param recording - Its events and the sensor.
   * @param options - Time steps; crop and blocks; the backend that counts.
   * @returns Sparse lists, a sample of an input `{ spikes }`.
   * @throws {@link DecolleError} `config`, `range` or `not-finite` for an option; for an event, such as
   *   `recording.events.x[17]`, those and `shape` and `time-order`; `memory`.
   */
  toSpikes(recording: SourcedRecording, options: ToSpikesOptions): Promise<RecordingSpikes>;
  /**
   * Reads a recording that was dropped on a page or chosen there: as `read` does, but that faults name the file.
   *
   * @param file - The file, or a Blob.
   * @param options - As of `read`.
   * @returns What gives blocks of events.
   * @throws {@link DecolleError} As `read`; `config` for what is no file.
   */
  fromFile(file: NamedBlob, options?: ReadOptions): RecordingReader;
  /**
   * Frames before the simulated event camera, anywhere.
   *
   * @param frames - Grey frames, one after the other.
   * @param options - The sensor, its pixels, a signal, and the backend that simulates; every backend gives the same events.
   * @returns The events up to each frame, in the frames' own times.
   * @throws {@link DecolleError} `config`, `range` or `not-finite` for an option. While iterating: those for frames, such as
   *   `frames[3].luminance`, `shape` for another number of pixels, `time-order` for a time that does not go on; `memory`;
   *   `aborted`; or what `frames` throws.
   */
  fromFrames(frames: FrameSource, options?: FramesOptions): LiveEvents;
  /**
   * A video or a webcam before the simulated event camera, in a page. The camera runs in a Worker that is started for it.
   *
   * @param source - A video element of the page, or a stream that has pictures, such as `openCamera` gives.
   * @param options - The sensor and its pixels, whether to mirror, a signal.
   * @returns The events up to each frame. It ends with the video, or when the stream's tracks are stopped.
   * @throws {@link DecolleError} `unsupported` outside a page; `config`, `range` or `not-finite` for source or options. While
   *   iterating: `io` where the camera goes away, the video cannot be played, or its pixels may not be read; `backend` where
   *   the Worker does not start; `memory`; `aborted`.
   */
  fromVideo(source: VideoLike | MediaStreamLike, options?: VideoOptions): LiveEvents;
  /**
   * Asks the user for a webcam, without its sound.
   *
   * @param options - What kind of camera is wanted; the browser takes the nearest.
   * @returns Its stream, for `fromVideo` and for a video element that shows it. Whoever is done with it stops its tracks.
   * @throws {@link DecolleError} `io` where the permission is refused, there is no camera, or it cannot be read; `unsupported`
   *   outside a page, on a page that was not loaded by https, or where there is no such camera.
   */
  openCamera(options?: WebcamOptions): Promise<WebcamStream>;
  /**
   * A canvas of the page before the simulated event camera.
   *
   * @param canvas - The canvas, whatever draws on it. One of WebGL is seen as it was drawn in the same animation frame, in
   *   callbacks that were requested before; or at any time, with `preserveDrawingBuffer`.
   * @param options - How often it is looked at; the sensor and its pixels, whether to mirror, a signal.
   * @returns The events up to each frame.
   * @throws {@link DecolleError} As `fromVideo`.
   */
  fromCanvas(canvas: CanvasLike, options?: CanvasOptions): LiveEvents;
  /**
   * Strokes of mouse, pen or finger on an element of the page: a bright spot follows the pointer before the simulated event
   * camera. There are no events while the pointer rests, nor where it is put down or lifted.
   *
   * @param element - The element; it is seen as a whole. Touches do not scroll the page there meanwhile.
   * @param options - The sensor and its pixels, the spot, a signal.
   * @returns The events, a piece every 16 ms or so, also while there are none.
   * @throws {@link DecolleError} `unsupported` outside a page; `config`, `range` or `not-finite` for element or options. While
   *   iterating: `backend` where the module of recordings does not load; `memory`; `aborted`.
   */
  fromPointer(element: ElementLike, options?: PointerOptions): LiveEvents;
  /**
   * Sound before a simulated cochlea: a microphone or another stream, in a page, or a sound in memory, anywhere. Channels of
   * frequencies that rise by the same ratio each filter the sound, rectify and compress it, and fire.
   *
   * @param source - A stream that has sound, such as `navigator.mediaDevices.getUserMedia({ audio: true })` gives, or an
   *   `AudioBuffer`, such as `decodeAudioData` gives.
   * @param options - The cochlea's channels and how well it hears, a signal, and the backend that simulates; every backend gives
   *   the same spikes.
   * @returns The spikes, whose units are the channels; a piece every 20 ms or so, also while there are none. Those of a stream
   *   come as it is heard, until its tracks are stopped; those of a sound in memory as fast as they are taken.
   * @throws {@link DecolleError} `unsupported` for a stream outside a page; `config`, `range`, `shape` or `not-finite` for source or
   *   options. While iterating: `range` for `highest`, where the sound is sampled too seldom for it; `io` where the microphone goes
   *   away; `backend` where the script for the audio thread does not load; `not-finite`, `range` for a sample; `memory`;
   *   `aborted`.
   */
  fromMicrophone(source: AudioStreamLike | AudioBufferLike, options?: MicrophoneOptions): Promise<LiveSpikes>;
  /**
   * The events of a device that is connected by USB, a serial port or anything else that gives bytes.
   *
   * @param device - What reads its bytes, their format, and its sensor.
   * @param options - The order of times, a signal, and the backend that decodes.
   * @returns The events as they come, in the device's own times.
   * @throws {@link DecolleError} `config`, `range` or `not-finite` for device or options. While iterating: as `read`; `range`
   *   for an event outside the sensor; or what the device throws.
   */
  fromDevice(device: EventDevice, options?: DeviceOptions): LiveEvents;
}

/** Recordings from bytes, and bytes from recordings. */
export const events: Events = {
  read,
  load,
  write,
  encode,
  transform,
  slice,
  toSpikes,
  fromFile,
  fromFrames,
  fromVideo,
  openCamera,
  fromCanvas,
  fromPointer,
  fromMicrophone: async (...given) => (await import("./live/microphone.js")).fromMicrophone(...given),
  fromDevice,
};
