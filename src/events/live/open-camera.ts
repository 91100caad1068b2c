/** Asking for a webcam, and what went wrong in words. */
import { type DecolleError, type ErrorCode, faultAt } from "../../errors.js";
import { isObject, messageOf } from "../../values/brands.js";
import { demandPage } from "./page.js";
import type { MediaStreamLike } from "./video.js";

/** What kind of webcam is wanted: a part of `MediaTrackConstraints`, with any other of its fields. */
export interface WebcamOptions {
  /** Wanted width of its frames in pixels; 320 by default, more than any sensor here needs. */
  readonly width?: number;
  /** Wanted height of its frames in pixels; 240 by default. */
  readonly height?: number;
  /** Wanted frames per second; 60 by default: the more, the better times of events are known. */
  readonly frameRate?: number;
  /** The camera that looks at its user, or the other one. */
  readonly facingMode?: "user" | "environment";
  /** Which camera, by the identifier that the browser gives it. */
  readonly deviceId?: string;
}

/** A track of a webcam's stream. */
export interface WebcamTrack {
  /** Ends it. */
  stop(): void;
}

/** What of a webcam's `MediaStream` is needed here. */
export interface WebcamStreamLike extends MediaStreamLike {
  /** Its tracks; the camera goes out when all are stopped. */
  getTracks(): WebcamTrack[];
}

/**
 * The stream of a webcam: a `MediaStream` in projects that have the types of browsers (`DOM` in TypeScript's `lib`), in others
 * what of it is needed here.
 */
export type WebcamStream = typeof globalThis extends {
  /** The class that browsers have. */
  MediaStream: {
    /** A stream of it. */
    prototype: infer Stream extends WebcamStreamLike;
  };
}
  ? Stream
  : WebcamStreamLike;

/** What browsers call what went wrong. */
const reasons: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  NotAllowedError: ["io", "the permission to use the camera was refused; allow it in the browser's address bar"],
  SecurityError: ["io", "the browser or the system does not allow cameras here"],
  NotFoundError: ["io", "there is no camera"],
  NotReadableError: ["io", "the camera cannot be read; another program may be using it"],
  AbortError: ["io", "the camera cannot be read"],
  OverconstrainedError: ["unsupported", "there is no camera as it was asked for"],
};

/**
 * Asks the user for a webcam, without its sound.
 *
 * @param options - What kind of camera is wanted; the browser takes the nearest.
 * @returns Its stream, for `fromVideo` and for a video element that shows it. Whoever is done with it stops its tracks.
 * @throws {@link DecolleError} `io` where the permission is refused, there is no camera, or it cannot be read; `unsupported`
 *   outside a page, on a page that was not loaded by https, or where there is no such camera.
 */
export async function openCamera(options: WebcamOptions = {}): Promise<WebcamStream> {
  demandPage("openCamera");
  const devices = (navigator as { mediaDevices?: MediaDevices }).mediaDevices;
  if (devices?.getUserMedia === undefined) {
    throw faultAt(
      "unsupported",
      "openCamera",
      "the browser gives cameras only to pages loaded by https, or from localhost",
    );
  }
  const { width = 320, height = 240, frameRate = 60, deviceId, ...rest } = options;
  const video = { width, height, frameRate, ...(deviceId !== undefined && { deviceId: { exact: deviceId } }), ...rest };
  try {
    return await devices.getUserMedia({ video, audio: false });
  } catch (error) {
    throw explained(error);
  }
}

function explained(error: unknown): DecolleError {
  const name = isObject(error) ? String(error["name"]) : "";
  const [code, words] = reasons[name] ?? (["io", messageOf(error)] as const);
  return faultAt(code, "openCamera", words, { cause: error });
}
