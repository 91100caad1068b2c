/** Whole recordings in memory. */
import type { EventColumns } from "../backend/contract.js";
import type { RecordingsBinding } from "../backend/recordings.js";
import { joined } from "./columns.js";
import {
  checkReading,
  factsOf,
  Reader,
  type ReadOptions,
  type RecordingFacts,
  type RecordingReader,
} from "./reading.js";
import { piecesOf, type RecordingSource } from "./source.js";
import { noEvents } from "./train.js";

/** A whole recording. */
export interface LoadedRecording extends RecordingFacts {
  /** Its events. */
  readonly events: EventColumns;
}

/**
 * Reads a whole recording into memory.
 *
 * @param source - Its bytes, all at once or piece by piece.
 * @param options - As of {@link read}.
 * @returns The events, and what is known of the recording.
 * @throws {@link DecolleError} As {@link read}.
 */
export async function load(source: RecordingSource, options: ReadOptions = {}): Promise<LoadedRecording> {
  return collect(new Reader(checkReading(options, "load"), (signal) => piecesOf(source, signal, "load")));
}

/**
 * Reads all that a reader gives.
 *
 * @param reader - The reader.
 * @returns The events, and what is known of the recording.
 */
export async function collect(reader: RecordingReader): Promise<LoadedRecording> {
  const blocks: EventColumns[] = [];
  for await (const block of reader) blocks.push(block);
  const { format, sensor, dropped, firstDropped, untimed, damage } = reader;
  return {
    events: joined(blocks, noEvents()),
    ...(format !== undefined && { format }),
    ...(sensor !== undefined && { sensor }),
    dropped,
    ...(firstDropped !== undefined && { firstDropped }),
    untimed,
    ...(damage !== undefined && { damage }),
  };
}

/** Bytes that a reader takes at once: of one small file, all of them. */
const largest = 2 ** 20;

/**
 * Reads a whole recording at once, which holds up the event loop meanwhile: for the short recordings of data sets.
 *
 * @param recordings - What decodes.
 * @param bytes - All of the file.
 * @param format - Name of the format, or `auto`.
 * @returns The events, and what is known of the recording.
 * @throws {@link DecolleError} As {@link read}.
 */
export function loadNow(recordings: RecordingsBinding, bytes: Uint8Array, format: string): LoadedRecording {
  const reader = new recordings.Reader(format, "refuse", 2, false);
  try {
    const blocks: EventColumns[] = [];
    const take = () => {
      for (let block = reader.next(); block.t.length > 0; block = reader.next()) blocks.push(block);
    };
    for (let start = 0; start < bytes.length; start += largest) {
      reader.give(bytes.subarray(start, start + largest));
      take();
    }
    reader.finish();
    take();
    return { events: joined(blocks, noEvents()), ...factsOf(reader.describe()) };
  } finally {
    reader.dispose();
  }
}
