/**
 * Recordings in HDF5 files, as several data sets store them. Node only; needs the npm package `h5wasm`.
 *
 * | layout | who makes it |
 * |---|---|
 * | `data/0`: records of x, y, p, t; `target/0`: the class from 0 | the caches of tonic |
 * | `events/x`, `events/y`, `events/p`, `events/t`: columns; `t_offset`: added to all times | DSEC, Prophesee |
 */
import type { EventColumns } from "../backend/contract.js";
import { DecolleError, placedIn, unfit } from "../errors.js";
import { lengthOf } from "../files.js";
import { throwIfAborted } from "../network/abort.js";
import { Turns } from "../network/turn.js";
import { type FileUrl, pathOf } from "../paths.js";
import { part } from "./columns.js";
import { Hdf5 } from "./hdf5.js";
import { columnsOf } from "./lists.js";
import type { CheckedReading, RecordingFacts, RecordingReader, TimeOrder } from "./reading.js";

/** A recording of an HDF5 file. */
export interface Hdf5Recording {
  /** Its events. */
  readonly events: EventColumns;
  /** Its class from 0, where the file holds one. */
  readonly label?: number;
}

/** Sides of a sensor whose pixels have 16 bits. */
const any = { width: 2 ** 16, height: 2 ** 16 } as const;

/**
 * Reads the recording of an HDF5 file.
 *
 * @param path - The file, by its path or `file:` URL.
 * @returns Its events, checked; polarity −1 becomes 0.
 * @throws {@link DecolleError} `unsupported` where `h5wasm` is not installed; `format` where the file is damaged, has none of the
 *   layouts or a filter that is not there; `range`, `time-order` with the event.
 */
export async function readHdf5(path: string | FileUrl): Promise<Hdf5Recording> {
  const place = pathOf(path, "path");
  const { columns, label } = await read(place);
  return { events: columnsOf(columns, any, place) as EventColumns, ...(label !== undefined && { label }) };
}

/**
 * Whether an error says that bytes were no format that is decoded from a stream, but HDF5.
 *
 * @param error - What reading them threw.
 * @returns Whether it does.
 */
export function isHdf5(error: unknown): boolean {
  return (
    DecolleError.is(error) && error.code === "format" && error.path === "format" && `${error.found}`.startsWith("HDF5")
  );
}

const magic = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/**
 * Whether bytes begin as an HDF5 file does.
 *
 * @param bytes - The first bytes of a file.
 * @returns Whether they do.
 */
export function startsAsHdf5(bytes: Uint8Array): boolean {
  return magic.every((byte, place) => bytes[place] === byte);
}

/** Events of a block. */
const blockLength = 8192;

/** A reader of an HDF5 file: all of it is in memory while it is read. */
export class Hdf5Reader implements RecordingReader {
  readonly format = "hdf5";
  readonly untimed = 0;
  readonly #path: string;
  readonly #options: CheckedReading;
  #bytes = 0;
  #begun = false;
  #left: LeftOut = { dropped: 0 };

  /**
   * Takes what is to be read.
   *
   * @param path - The file.
   * @param options - How; what is damaged is refused, whatever `partial` says, and `sort` sorts all.
   */
  constructor(path: string, options: CheckedReading) {
    this.#path = path;
    this.#options = options;
  }

  get bytes() {
    return this.#bytes;
  }

  get dropped() {
    return this.#left.dropped;
  }

  get firstDropped() {
    return this.#left.firstDropped;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EventColumns, void> {
    if (this.#begun) throw unfit("busy", "read", "a reader that is iterated over once", "a second time");
    this.#begun = true;
    const { order, signal } = this.#options;
    throwIfAborted(signal, "read");
    const { columns } = await read(this.#path);
    throwIfAborted(signal, "read");
    const { kept, ...left } = inOrder(columns, order);
    const events = columnsOf(kept, any, this.#path) as EventColumns;
    this.#left = left;
    this.#bytes = (await lengthOf(this.#path)) ?? 0;
    const turns = new Turns();
    for (let start = 0; start < events.t.length; start += blockLength) {
      yield part(events, start, start + blockLength);
      await turns.rest();
      throwIfAborted(signal, "read");
    }
  }
}

type Columns = Record<"x" | "y" | "p" | "t", Float64Array>;

type LeftOut = Pick<RecordingFacts, "dropped" | "firstDropped">;

/** What becomes of times that go backwards. */
function inOrder(columns: Columns, order: TimeOrder): { readonly kept: Columns } & LeftOut {
  const { t } = columns;
  if (order === "refuse") return { kept: columns, dropped: 0 };
  const places = Uint32Array.from(t, (_, event) => event);
  const chosen = (events: Uint32Array): Columns => {
    const column = (of: Float64Array) => Float64Array.from(events, (event) => of[event] as number);
    return { x: column(columns.x), y: column(columns.y), p: column(columns.p), t: column(t) };
  };
  if (order === "sort") {
    // Events of one time stay as they are.
    return { kept: chosen(places.sort((a, b) => (t[a] as number) - (t[b] as number) || a - b)), dropped: 0 };
  }
  let latest = Number.NEGATIVE_INFINITY;
  let first: RecordingFacts["firstDropped"];
  const kept = places.filter((event) => {
    const time = t[event] as number;
    if (!(time < latest)) {
      latest = time;
      return true;
    }
    first ??= { event, time, latest };
    return false;
  });
  return { kept: chosen(kept), dropped: t.length - kept.length, ...(first !== undefined && { firstDropped: first }) };
}

interface Raw {
  readonly columns: Columns;
  readonly label: number | undefined;
}

async function read(path: string): Promise<Raw> {
  let file: Hdf5 | undefined;
  try {
    file = await Hdf5.open(path);
    const columns = columnsIn(file, path);
    const p = columns.p.map((polarity) => (polarity === -1 ? 0 : polarity));
    const label = file.has("target/0") ? file.numbers("target/0")[0] : undefined;
    return { columns: { ...columns, p }, label };
  } catch (error) {
    throw DecolleError.is(error) && error.path === undefined ? placedIn(error, path) : error;
  } finally {
    file?.close();
  }
}

function columnsIn(file: Hdf5, path: string): Columns {
  const at = (column: (name: string) => Float64Array): Columns => {
    return { x: column("x"), y: column("y"), p: column("p"), t: column("t") };
  };
  if (file.has("data/0")) {
    const fields = file.records("data/0");
    return at((name) => {
      const column = fields.get(name);
      if (column !== undefined) return column;
      throw unfit("format", `${path}: data/0`, `a field ${name}`, Array.from(fields.keys()).join(", ") || "none");
    });
  }
  if (!file.has("events/t")) throw unfit("format", path, "data/0 or events/t", "neither");
  const columns = at((name) => file.numbers(`events/${name}`));
  const offset = file.has("t_offset") ? (file.numbers("t_offset")[0] ?? 0) : 0;
  return { ...columns, t: columns.t.map((time) => time + offset) };
}
