/**
 * Recordings in HDF5 files, as several data sets store them. Node only; needs the npm package `h5wasm`.
 *
 * | layout | who makes it |
 * |---|---|
 * | `data/0`: records of x, y, p, t; `target/0`: the class from 0 | the caches of tonic |
 * | `events/x`, `events/y`, `events/p`, `events/t`: columns; `t_offset`: added to all times | DSEC, Prophesee |
 */
import type { EventColumns } from "../backend/contract.js";
import { unfit } from "../errors.js";
import { type FileUrl, pathOf } from "../paths.js";
import { Hdf5 } from "./hdf5.js";
import { columnsOf } from "./own.js";

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
  const file = await Hdf5.open(place);
  try {
    const columns = columnsIn(file, place);
    const p = columns.p.map((polarity) => (polarity === -1 ? 0 : polarity));
    const events = columnsOf({ ...columns, p }, any, place) as EventColumns;
    const label = file.has("target/0") ? file.numbers("target/0")[0] : undefined;
    return { events, ...(label !== undefined && { label }) };
  } finally {
    file.close();
  }
}

type Columns = Record<"x" | "y" | "p" | "t", Float64Array>;

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
