/** An open stream beside its network in a checkpoint: what is written and what is read of it. */
import { DecolleError } from "../errors.js";
import type { Clock, StreamPosition } from "./stream.js";

/** Under which name an open stream lies in a checkpoint's metadata. */
export const streamKey = "stream-position";

/** A clock as JSON: `next` and `latest` are null before the first event, columns are plain lists. */
interface WrittenClock {
  readonly next: number | null;
  readonly latest: number | null;
  readonly open: Readonly<Record<"x" | "y" | "p" | "t", readonly number[]>>;
}

/**
 * Writes a stream, unless other work has taken the network's state from it.
 *
 * @param position - The network's last stream, null where there was none.
 * @param generation - The network's state as it is now.
 * @returns Metadata: one entry, or none.
 */
export function writeStream(position: StreamPosition | null, generation: number): Record<string, string> {
  if (position === null || (position.started && position.generation !== generation)) return {};
  const { clock, generation: _, ...settings } = position;
  const { next, latest, open } = clock;
  const list = (column: ArrayLike<number>) => Array.from(column);
  const written: WrittenClock = {
    next: next ?? null,
    latest: Number.isFinite(latest) ? latest : null,
    open: { x: list(open.x), y: list(open.y), p: list(open.p), t: list(open.t) },
  };
  return { [streamKey]: JSON.stringify({ ...settings, clock: written }) };
}

/**
 * Reads a stream.
 *
 * @param text - What {@link writeStream} wrote, undefined where there was nothing.
 * @param generation - The network's state as it was loaded.
 * @returns The stream, null where there is none.
 * @throws {@link DecolleError} `checkpoint` for anything else.
 */
export function readStream(text: string | undefined, generation: number): StreamPosition | null {
  if (text === undefined) return null;
  try {
    const { clock, ...settings } = JSON.parse(text) as Omit<StreamPosition, "clock"> & { clock: WrittenClock };
    return { ...settings, generation, clock: readClock(clock) };
  } catch (error) {
    throw new DecolleError("checkpoint", `metadata.${streamKey}: expected an open stream`, { cause: error });
  }
}

function readClock({ next, latest, open }: WrittenClock): Clock {
  return {
    next: next ?? undefined,
    latest: latest ?? Number.NEGATIVE_INFINITY,
    open: {
      x: Uint16Array.from(open.x),
      y: Uint16Array.from(open.y),
      p: Uint8Array.from(open.p),
      t: Float64Array.from(open.t),
    },
  };
}
