/** Videos and webcams as events: real frames before the simulated event camera. */
import type { EventColumns } from "../../backend/contract.js";
import { faultAt, unfit } from "../../errors.js";
import { isObject, messageOf } from "../../values/brands.js";
import { found } from "../../values/found.js";
import { reading, readOptions } from "../../values/options.js";
import { cameraJson, sensorOf } from "./camera.js";
import { FrameClock } from "./clock.js";
import { demandPage } from "./page.js";
import { type PageCamera, type PageCameraOptions, pageCameraFields, startCamera } from "./page-camera.js";
import { Live, type LiveEvents, type Sink } from "./pieces.js";
import { watchTracks } from "./tracks.js";

/** What of an `HTMLVideoElement` tells it from other things. */
export interface VideoLike {
  /** Width of the film in pixels. */
  readonly videoWidth: number;
  /** Height of the film in pixels. */
  readonly videoHeight: number;
  /** Whether it stands still. */
  readonly paused: boolean;
}

/** What of a `MediaStream` tells it from other things. */
export interface MediaStreamLike {
  /** Its tracks that have pictures. */
  getVideoTracks(): readonly object[];
}

/** Settings of `fromVideo`. */
export interface VideoOptions extends PageCameraOptions {}

const work = "fromVideo";

/**
 * A video, or a webcam, before the simulated event camera.
 *
 * @param source - A video element of the page, or a stream that has pictures, such as {@link openCamera} gives.
 * @param options - The sensor and its pixels, whether to mirror, a signal.
 * @returns The events up to each frame. It ends with the video, or when the stream's tracks are stopped.
 * @throws {@link DecolleError} `unsupported` outside a page; `config`, `range` or `not-finite` for source or options. While
 *   iterating: `io` where the camera goes away, the video cannot be played, or its pixels may not be read; `backend` where
 *   the Worker does not start; `memory`; `aborted`.
 */
export function fromVideo(source: VideoLike | MediaStreamLike, options: VideoOptions = {}): LiveEvents {
  demandPage(work);
  const read = readOptions(options, pageCameraFields, work);
  cameraJson(read);
  const stream = reading("source", () => streamIn(source));
  return new Live<EventColumns>(work, sensorOf(read), read.signal, async (sink) => {
    const camera = await startCamera(read, sink, work);
    const video = stream === undefined ? (source as unknown as HTMLVideoElement) : screenOf(stream);
    const stops = [() => camera.end(), watchFrames(video, camera, sink), watchEnd(video, sink)];
    if (stream !== undefined) {
      stops.push(() => putAway(video));
      video.play().catch((error: unknown) => sink.end(notPlayed(error)));
    }
    return () => {
      for (const stop of stops) stop();
    };
  });
}

/** The stream, where it is one; nothing where it is a video element. */
function streamIn(source: unknown): MediaStream | undefined {
  if (isObject(source) && typeof source["videoWidth"] === "number" && typeof source["play"] === "function") {
    return undefined;
  }
  if (!isObject(source) || typeof source["getVideoTracks"] !== "function") {
    throw unfit("config", "source", "a video element or a MediaStream", found(source));
  }
  const stream = source as unknown as MediaStream;
  if (stream.getVideoTracks().length === 0)
    throw unfit("config", "source", "a MediaStream with pictures", "none in it");
  return stream;
}

/** A video element that nobody sees, which plays a stream. */
function screenOf(stream: MediaStream): HTMLVideoElement {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  return video;
}

function putAway(video: HTMLVideoElement): void {
  video.pause();
  video.srcObject = null;
}

/** Has every new frame looked at. */
function watchFrames(video: HTMLVideoElement, camera: PageCamera, sink: Sink): () => void {
  const clock = new FrameClock();
  // A stream's frames are of the time they were taken, those of a film of its own time.
  const isLive = video.srcObject !== null;
  const show = (milliseconds: number) => {
    const { videoWidth, videoHeight } = video;
    const moment = videoWidth === 0 ? undefined : clock.tell(milliseconds);
    if (moment === undefined) return;
    sink.origin ??= isLive ? milliseconds : performance.now();
    camera.look(video, videoWidth, videoHeight, moment);
  };
  let request = 0;
  if (typeof video.requestVideoFrameCallback === "function") {
    let captured: boolean | undefined;
    const onFrame = (_: number, { captureTime, presentationTime, mediaTime }: VideoFrameCallbackMetadata) => {
      request = video.requestVideoFrameCallback(onFrame);
      captured ??= captureTime !== undefined;
      show(isLive ? ((captured ? captureTime : presentationTime) ?? presentationTime) : 1000 * mediaTime);
    };
    request = video.requestVideoFrameCallback(onFrame);
    return () => video.cancelVideoFrameCallback(request);
  }
  let shown = -1;
  const onTick = (now: number) => {
    request = requestAnimationFrame(onTick);
    if (video.currentTime === shown) return;
    shown = video.currentTime;
    show(isLive ? now : 1000 * shown);
  };
  request = requestAnimationFrame(onTick);
  return () => cancelAnimationFrame(request);
}

/** Ends the source with the video, or when its camera goes away or is stopped. */
function watchEnd(video: HTMLVideoElement, sink: Sink): () => void {
  const listening = new AbortController();
  const { signal } = listening;
  video.addEventListener("ended", () => sink.end(), { signal });
  video.addEventListener("error", () => sink.end(notPlayed(video.error)), { signal });
  const stream = video.srcObject as MediaStream | null;
  const watched = watchTracks(stream?.getVideoTracks() ?? [], (error) => sink.end(error), lost);
  return () => {
    watched();
    listening.abort();
  };
}

function lost(label: string) {
  const name = label === "" ? "the camera" : `the camera "${label}"`;
  return faultAt("io", work, `${name} went away: it was unplugged, or the permission to use it was taken back`);
}

function notPlayed(error: unknown) {
  return faultAt("io", work, `the video cannot be played: ${messageOf(error ?? "the browser does not say why")}`, {
    cause: error,
  });
}
