/** NumPy arrays of four columns x, y, polarity, time, as they lie in tonic's copy of DvsGesture. */
import type { EventColumns } from "../backend/contract.js";
import { unfit } from "../errors.js";
import type { EventLists } from "./own.js";

/** What a number is in memory: `DataView`'s reader and its size. */
const kinds = {
  f8: ["getFloat64", 8],
  f4: ["getFloat32", 4],
  i8: ["getBigInt64", 8],
  u8: ["getBigUint64", 8],
  i4: ["getInt32", 4],
  u4: ["getUint32", 4],
  i2: ["getInt16", 2],
  u2: ["getUint16", 2],
} as const;

/** Bytes before the header's length, in the two versions of the format. */
const versions = { 1: 10, 2: 12, 3: 12 } as const;

/** The header of a file. */
interface Head {
  readonly text: string;
  /** Where the array begins. */
  readonly start: number;
}

/**
 * Whether a file holds an array of plain numbers rather than one of records.
 *
 * @param bytes - The file.
 * @returns Whether it is one.
 */
export function isPlain(bytes: Uint8Array): boolean {
  return /'descr':\s*'/.test(headOf(bytes)?.text ?? "");
}

/**
 * Reads n×4 numbers: x, y, polarity and time.
 *
 * @param bytes - The file.
 * @param path - What messages call it.
 * @param unit - Microseconds of a unit of time.
 * @returns The events, to be checked; times rounded to microseconds.
 * @throws {@link DecolleError} `format` where it is another array, or shorter than its header says.
 */
export function readPlain(bytes: Uint8Array, path: string, unit: number): EventColumns | EventLists {
  const head = headOf(bytes);
  const descr = /'descr':\s*'([<>=|]?)([fiu]\d)'/.exec(head?.text ?? "");
  const shape = /'shape':\s*\((\d+),\s*4,?\)/.exec(head?.text ?? "");
  const kind = descr?.[2] as keyof typeof kinds | undefined;
  const ordered = /'fortran_order':\s*False/.test(head?.text ?? "");
  if (head === undefined || shape === null || kind === undefined || !Object.hasOwn(kinds, kind) || !ordered) {
    throw unfit("format", path, "an n×4 array of numbers, stored by row", head?.text.trim() ?? "no NumPy array");
  }
  const [read, size] = kinds[kind];
  const length = Number(shape[1]);
  const expected = head.start + 4 * size * length;
  if (bytes.length < expected) throw unfit("format", path, `${expected} bytes`, `${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = descr?.[1] !== ">";
  const column = (place: number) => (row: number) => Number(view[read](head.start + (4 * row + place) * size, little));
  const [x, y, p, t] = [column(0), column(1), column(2), column(3)];
  const list = (value: (row: number) => number) => Float64Array.from({ length }, (_, row) => value(row));
  return { x: list(x), y: list(y), p: list(p), t: list((row) => Math.round(t(row) * unit)) };
}

function headOf(bytes: Uint8Array): Head | undefined {
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
  const start = versions[bytes[6] as keyof typeof versions];
  if (start === undefined || bytes.length < start || !magic.every((byte, place) => bytes[place] === byte))
    return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = start === 10 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (start + length > bytes.length) return undefined;
  const text = new TextDecoder().decode(bytes.subarray(start, start + length));
  return { text, start: start + length };
}
