/**
 * Columns of numbers out of MATLAB files of version 5, as ASL-DVS has them
 * (<https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf>). Node only.
 *
 * A file is a header of 128 bytes and elements: a type and a length, 32 bits each, and the data, padded to 8 bytes; or, where
 * there are at most four bytes of data, type and length in 16 bits each and the data. A compressed element holds another one.
 */
import { inflateSync } from "node:zlib";
import { faultAt, unfit } from "../errors.js";
import { reason } from "../files.js";

/** Types of elements that matter here. */
const types = { matrix: 14, compressed: 15 } as const;
/** Readers of `DataView`, and bytes of a number, by type. */
const numbers: Readonly<Record<number, readonly [keyof DataView & `get${string}`, number]>> = {
  1: ["getInt8", 1],
  2: ["getUint8", 1],
  3: ["getInt16", 2],
  4: ["getUint16", 2],
  5: ["getInt32", 4],
  6: ["getUint32", 4],
  7: ["getFloat32", 4],
  9: ["getFloat64", 8],
  12: ["getBigInt64", 8],
  13: ["getBigUint64", 8],
};
/** Most bytes that one variable may unpack to: some million events in float64. */
const mostBytes = 2 ** 26;
/** Length of the header, and where in it the byte order stands. */
const header = 128;
const order = 126;

interface Element {
  readonly type: number;
  readonly data: Uint8Array;
  /** Where the next one begins. */
  readonly next: number;
}

/**
 * Reads the arrays of numbers in a file.
 *
 * @param bytes - The file.
 * @param path - What messages call it.
 * @returns Each array by its name, its numbers column by column; variables that are no numbers are left out.
 * @throws {@link DecolleError} `format` with the offset of the byte for what is no such file, or ends within something; `unsupported`
 *   for a file of another byte order.
 */
export function readMat(bytes: Uint8Array, path: string): Map<string, Float64Array> {
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, 6));
  if (bytes.length < header || text !== "MATLAB") {
    throw unfit("format", `${path}: byte 0`, "a MATLAB file of version 5", JSON.stringify(text));
  }
  if (bytes[order] !== 0x49 || bytes[order + 1] !== 0x4d) {
    throw unfit("unsupported", `${path}: byte ${order}`, "little-endian numbers", "others");
  }
  const arrays = new Map<string, Float64Array>();
  for (let place = header; place < bytes.length; ) {
    const element = elementAt(bytes, place, `${path}: byte ${place}`);
    const own = element.type === types.compressed ? unpacked(element.data, `${path}: byte ${place}`) : element;
    if (own.type === types.matrix) addArray(arrays, own.data, `${path}: byte ${place}`);
    place = element.next;
  }
  return arrays;
}

function elementAt(bytes: Uint8Array, place: number, where: string): Element {
  const demand = (end: number) => {
    if (end > bytes.length)
      throw unfit("format", where, `an element of ${end - place} bytes`, `${bytes.length - place}`);
  };
  demand(place + 8);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = view.getUint32(place, true);
  const small = word >>> 16;
  if (small > 0) {
    if (small > 4) throw unfit("format", where, "at most 4 bytes in a small element", `${small}`);
    return { type: word & 0xffff, data: bytes.subarray(place + 4, place + 4 + small), next: place + 8 };
  }
  const length = view.getUint32(place + 4, true);
  const end = place + 8 + length;
  demand(end);
  // Compressed elements are not padded.
  const next = word === types.compressed ? end : Math.min(bytes.length, place + 8 + Math.ceil(length / 8) * 8);
  return { type: word, data: bytes.subarray(place + 8, end), next };
}

function unpacked(data: Uint8Array, where: string): Element {
  let bytes: Uint8Array;
  try {
    bytes = inflateSync(data, { maxOutputLength: mostBytes });
  } catch (error) {
    throw faultAt("format", where, `could not be unpacked: ${reason(error)}`, { cause: error });
  }
  return elementAt(bytes, 0, where);
}

/** A matrix: flags, dimensions, name, and the numbers. */
function addArray(arrays: Map<string, Float64Array>, data: Uint8Array, where: string): void {
  const parts: Element[] = [];
  for (let place = 0; place < data.length && parts.length < 4; ) {
    const part = elementAt(data, place, where);
    parts.push(part);
    place = part.next;
  }
  const [, , name, real] = parts;
  const kind = real && numbers[real.type];
  if (name === undefined || real === undefined || kind === undefined) return;
  const [read, size] = kind;
  const view = new DataView(real.data.buffer, real.data.byteOffset, real.data.byteLength);
  const get = (view[read] as (place: number, little: boolean) => number | bigint).bind(view);
  const length = Math.floor(real.data.length / size);
  const column = new Float64Array(length);
  for (let index = 0; index < length; index++) column[index] = Number(get(index * size, true));
  arrays.set(new TextDecoder().decode(name.data), column);
}
