/** Events for `decolle stream`: blocks out of a file, a growing file, or the standard input. */
import type { EventColumns } from "../backend/contract.js";
import type { BackendChoice } from "../backend/select.js";
import { DecolleError, placedIn } from "../errors.js";
import type { RecordingFormat } from "../events/formats.js";
import { checkReading, Reader } from "../events/reading.js";
import { arriving, growingPieces } from "../files.js";

/** Where they come from. */
export interface InputChoice {
  /** Path of a file or pipe; `-` for the standard input. */
  readonly path: string;
  /** The format; what the first bytes say where undefined. */
  readonly format: RecordingFormat | undefined;
  /** Whether to wait for more at the end of a file. */
  readonly follow: boolean;
}

/**
 * Reads events as they come.
 *
 * @param choice - Where they come from.
 * @param backend - What decodes.
 * @param signal - Ends the reading, without an error.
 * @yields Blocks, times never decreasing.
 * @throws {@link DecolleError} `io`; `format`, `range` or `time-order` by the path; `unsupported` for a format that cannot be read.
 */
export async function* eventsOf(
  { path, format, follow }: InputChoice,
  backend: BackendChoice,
  signal: AbortSignal,
): AsyncGenerator<EventColumns, void> {
  // The signal ends the bytes, not the reading: what has come is worked on.
  const pieces = () => (path === "-" ? arriving(process.stdin, signal) : growingPieces(path, follow, signal));
  try {
    yield* new Reader(checkReading({ ...backend, ...(format !== undefined && { format }) }, "stream"), pieces);
  } catch (error) {
    if (!DecolleError.is(error) || error.code === "io") throw error;
    // An interrupt may come in the middle of an event.
    if (signal.aborted && error.code === "format") return;
    throw placedIn(error, path === "-" ? "standard input" : path);
  }
}
