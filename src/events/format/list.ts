/** The formats of recordings that can be read; a test holds this list to that of the core. */
import { nmnist } from "./nmnist.js";

/** All formats, in the order in which they are told. */
export const recordingFormats = [nmnist] as const;

/** Name of a format of recordings. */
export type RecordingFormat = (typeof recordingFormats)[number]["name"];
