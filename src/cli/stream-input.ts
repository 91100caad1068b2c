/** Events for `decolle stream`: blocks out of a file, a growing file, or the standard input. */
import type { Binding, EventColumns } from "../backend/contract.js";
import { DecolleError, placedIn, unfit } from "../errors.js";
import { arriving, growingPieces } from "../files.js";

/** Where they come from. */
export interface InputChoice {
  /** Path of a file or pipe; `-` for the standard input. */
  readonly path: string;
  /** The format; that of N-MNIST where undefined. */
  readonly format: string | undefined;
  /** Whether to wait for more at the end of a file. */
  readonly follow: boolean;
}

/**
 * Reads events as they come.
 *
 * @param binding - The backend that decodes.
 * @param choice - Where they come from.
 * @param signal - Ends the reading, without an error.
 * @yields Blocks, times never decreasing.
 * @throws {@link DecolleError} `io`; `format` or `range` by the path; `unsupported` for a format that cannot be read.
 */
export async function* eventsOf(
  binding: Binding,
  choice: InputChoice,
  signal: AbortSignal,
): AsyncGenerator<EventColumns, void> {
  const { path, format, follow } = choice;
  const bytes = path === "-" ? arriving(process.stdin, signal) : growingPieces(path, follow, signal);
  try {
    yield* decoded(binding, format ?? "nmnist", bytes, signal);
  } catch (error) {
    if (!DecolleError.is(error) || error.code === "io") throw error;
    throw placedIn(error, path === "-" ? "standard input" : path);
  }
}

/** Bytes of an event in N-MNIST's format. */
const eventBytes = 5;

async function* decoded(
  binding: Binding,
  format: string,
  pieces: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<EventColumns, void> {
  if (format !== "nmnist") throw unfit("unsupported", "format", "nmnist", format);
  let rest = new Uint8Array(0);
  for await (const piece of pieces) {
    const bytes = new Uint8Array(rest.length + piece.length);
    bytes.set(rest);
    bytes.set(piece, rest.length);
    const whole = bytes.length - (bytes.length % eventBytes);
    rest = bytes.slice(whole);
    if (whole > 0) yield binding.decode(format, bytes.subarray(0, whole)).events;
  }
  // What is left over is refused, as of any recording; an interrupt may come in the middle of an event.
  if (rest.length > 0 && !signal.aborted) binding.decode(format, rest);
}
