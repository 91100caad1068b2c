/** Writing recordings: whole ones, or block after block in constant memory. */
import type { EventColumns } from "../backend/contract.js";
import type { EncoderHandle } from "../backend/recordings.js";
import { type BackendChoice, choiceFields, choiceOf, selectRecordings } from "../backend/select.js";
import { unfit } from "../errors.js";
import { heeding, throwIfAborted, unlessAborted } from "../network/abort.js";
import { Turns } from "../network/turn.js";
import { wholeNumber } from "../numbers.js";
import { type AbortSignalLike, isObject } from "../values/brands.js";
import { copiedBytes, type FileBytes } from "../values/file-bytes.js";
import { found } from "../values/found.js";
import { demanded, type Fields, reading, readOptions, text } from "../values/options.js";
import { part, readColumns } from "./columns.js";
import type { WrittenFormat } from "./formats.js";
import { checkPixels } from "./sensor.js";
import type { Sensor } from "./transform.js";

/** Settings of writing a recording. */
export interface WriteOptions extends BackendChoice {
  /** The format. */
  readonly format: WrittenFormat;
  /** Size of the sensor in pixels; formats that hold it are not written without. */
  readonly sensor?: Sensor;
  /** How many events will come, for formats whose header says it; known where all are given at once. */
  readonly events?: number;
  /** Aborts the writing. */
  readonly signal?: AbortSignalLike;
}

/** The fields of {@link WriteOptions}. */
export const writeFields: Fields<WriteOptions> = {
  ...choiceFields,
  format: "value",
  sensor: "value",
  events: "number",
  signal: "signal",
};

/** Events that are encoded at once. */
const most = 8192;

/**
 * Writes a whole recording.
 *
 * @param events - Its events, times never decreasing.
 * @param options - The format; the sensor, where the format holds it; the backend that encodes.
 * @returns The bytes of the file.
 * @throws {@link DecolleError} `unsupported` for a format that is not written, or cannot be without what is missing; `config`,
 *   `shape` for what are no columns; `range`, `not-finite` or `time-order` for an event, with its index; `aborted`.
 */
export async function encode(events: EventColumns, options: WriteOptions): Promise<FileBytes> {
  const columns = readColumns(demanded(events, "events"), "events");
  const given = { ...readOptions(demanded(options, "options"), writeFields, "encode"), events: columns.t.length };
  const pieces: Uint8Array[] = [];
  for await (const piece of write([columns], given)) pieces.push(piece);
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let place = 0;
  for (const piece of pieces) {
    bytes.set(piece, place);
    place += piece.length;
  }
  return bytes;
}

/** Blocks of events, one after the other. */
export type Blocks = AsyncIterable<EventColumns> | Iterable<EventColumns>;

/**
 * Writes a recording block after block.
 *
 * @param blocks - Its events, times never decreasing, such as a reader gives them.
 * @param options - As of {@link encode}.
 * @yields The bytes of the file, piece by piece.
 * @throws {@link DecolleError} While iterating: as {@link encode}; or what `blocks` throws.
 */
export async function* write(blocks: Blocks, options: WriteOptions): AsyncGenerator<FileBytes, void> {
  const given = readOptions(demanded(options, "options"), writeFields, "write");
  const { signal } = given;
  const format = text(demanded(given.format, "format"), "format");
  const sensor = sidesOf(given.sensor);
  const count = given.events === undefined ? -1 : wholeNumber(given.events, 0, "events");
  const recordings = await unlessAborted(selectRecordings(choiceOf(given)), signal, "write");
  const encoder = new recordings.Encoder(format, Uint32Array.from(sensor), count);
  const turns = new Turns();
  try {
    for await (const block of heeding(iteratorOf(blocks), signal, "write")) {
      for (const piece of encoded(encoder, readColumns(block, "events"))) {
        yield piece;
        await turns.rest();
        throwIfAborted(signal, "write");
      }
    }
    yield copiedBytes(encoder.end());
  } finally {
    encoder.dispose();
  }
}

function* encoded(encoder: EncoderHandle, columns: EventColumns): Generator<FileBytes, void> {
  for (let start = 0; start < columns.t.length; start += most) {
    const { x, y, p, t } = part(columns, start, start + most);
    yield copiedBytes(encoder.put(x, y, p, t));
  }
}

function iteratorOf(blocks: Blocks): AsyncIterator<EventColumns> | Iterator<EventColumns> {
  return reading("blocks", () => {
    if (isObject(blocks)) {
      for (const way of [Symbol.asyncIterator, Symbol.iterator]) {
        const make = blocks[way];
        if (typeof make === "function") return make.call(blocks) as AsyncIterator<EventColumns>;
      }
    }
    throw unfit("config", "blocks", "something to iterate over", found(blocks));
  });
}

function sidesOf(sensor: Sensor | undefined): number[] {
  if (sensor === undefined) return [];
  const { width, height } = checkPixels(sensor);
  return [width, height];
}
