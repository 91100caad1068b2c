/** Reading recordings from the bytes of files. */
import type { EventColumns } from "../backend/contract.js";
import { type BackendChoice, choiceFields, choiceOf, selectBackend } from "../backend/select.js";
import { typedArray } from "../values/arrays.js";
import { type Fields, readOptions, text } from "../values/options.js";
import type { RecordingFormat } from "./format/list.js";
import type { Sensor } from "./transform.js";

/** Settings of {@link decode}. */
export interface DecodeOptions extends BackendChoice {
  /** The format; `auto`, by default, for that which the first bytes say. */
  readonly format?: RecordingFormat | "auto";
}

const fields: Fields<DecodeOptions> = { ...choiceFields, format: "value" };

/** A recording out of a file. */
export interface DecodedEvents {
  /** Its events. */
  readonly events: EventColumns;
  /** Size of the sensor in pixels, where the format says it. */
  readonly sensor?: Sensor;
}

/**
 * Reads a recording from the bytes of a file.
 *
 * @param bytes - All of the file.
 * @param options - The format, and the backend that decodes.
 * @returns The events, and the sensor where the format says it.
 * @throws {@link DecolleError} `unsupported` for an unknown format, `format` where the bytes say none or are damaged, `range`
 *   or `time-order` for an event; each with the offset of the byte.
 */
export async function decode(bytes: Uint8Array, options: DecodeOptions = {}): Promise<DecodedEvents> {
  const given = readOptions(options, fields, "decode");
  const format = text(given.format ?? "auto", "format");
  const file = typedArray(bytes, "Uint8Array", "bytes");
  const { binding } = await selectBackend(choiceOf(given));
  const { events, sensor } = binding.decode(format, file);
  const [width, height] = sensor;
  return width === undefined || height === undefined ? { events } : { events, sensor: { width, height } };
}
