/** Parts of recordings, read as a stream: of a long file only what is asked for comes into memory. Node only. */
import type { EventColumns } from "../backend/contract.js";
import type { BackendChoice } from "../backend/select.js";
import { joined, part } from "../events/columns.js";
import { events as files } from "../events/files.js";
import type { RecordingFormat } from "../events/formats.js";
import type { TimeOrder } from "../events/reading.js";
import { firstFrom } from "../network/stream-events.js";

/** From where to where a recording is read, both included. */
export interface Range {
  /** By times in microseconds, or by indices of events. */
  readonly by: "time" | "event";
  /** The first. */
  readonly start: number;
  /** The last. */
  readonly end: number;
}

/** A file, and how it is read. */
export interface RecordingFile {
  /** Its path. */
  readonly path: string;
  /** Its format; what its first bytes say by default. */
  readonly format?: RecordingFormat | "auto";
  /** What becomes of times that go backwards; `refuse` by default. */
  readonly order?: TimeOrder;
  /** The backend that decodes. */
  readonly choice: BackendChoice;
}

/**
 * Reads the part of a recording that is looked at.
 *
 * @param file - The file.
 * @param range - The part of it; all by default.
 * @param span - Microseconds from the first event of the part on; events after that are left out.
 * @returns The events.
 * @throws {@link DecolleError} As `events.read`, with the path. What lies behind the part is not read, and not checked.
 */
export async function readPart(file: RecordingFile, range?: Range, span?: number): Promise<EventColumns> {
  const parts: EventColumns[] = [];
  let until = Number.POSITIVE_INFINITY;
  for await (const block of blocksOf(file, range)) {
    if (parts.length === 0 && span !== undefined) until = (block.t[0] ?? 0) + span;
    const most = firstFrom(block.t, until);
    parts.push(most === block.t.length ? block : part(block, 0, most));
    if (most < block.t.length) break;
  }
  return joined(parts);
}

/**
 * The events of a part, block after block.
 *
 * @param file - The file.
 * @param range - The part of it; all by default.
 * @yields Blocks of at least one event.
 */
export async function* blocksOf(file: RecordingFile, range?: Range): AsyncGenerator<EventColumns, void> {
  const { path, format = "auto", order = "refuse", choice } = file;
  let index = 0;
  for await (const block of files.read(path, { ...choice, format, order })) {
    const wanted = range === undefined ? block : within(block, range, index);
    index += block.t.length;
    if (wanted.t.length > 0) yield wanted;
    if (range === undefined) continue;
    if (range.by === "event" ? index > range.end : (block.t.at(-1) ?? 0) > range.end) return;
  }
}

/**
 * What of a block lies in a range.
 *
 * @param block - The block.
 * @param range - The range.
 * @param index - Index of the block's first event.
 * @returns The events, perhaps none, in the block's memory.
 */
export function within(block: EventColumns, { by, start, end }: Range, index: number): EventColumns {
  if (by === "event") {
    const place = (event: number) => Math.min(Math.max(event - index, 0), block.t.length);
    return part(block, place(start), place(end + 1));
  }
  return part(block, firstFrom(block.t, start), firstFrom(block.t, end + 1));
}
