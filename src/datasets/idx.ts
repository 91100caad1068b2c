/**
 * Idx files, the format that MNIST is distributed in: two zero bytes, the type of the values, the number of axes, the length of
 * each axis in four bytes, big-endian, and the values, last axis fastest. Here values are unsigned bytes (type 8).
 */
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { faultAt, unfit } from "../errors.js";
import { reason } from "../files.js";

/** An array out of an idx file. */
export interface Idx {
  /** Length of each axis, slowest first. */
  readonly shape: readonly number[];
  /** Values, last axis fastest; a view of the bytes that were read. */
  readonly data: Uint8Array;
}

/** The type of unsigned bytes. */
const unsignedBytes = 8;

/** Most bytes that a compressed file may hold. */
const mostBytes = 2 ** 30;

const inflate = promisify(gunzip);

/**
 * Reads an idx file of unsigned bytes.
 *
 * @param bytes - All of the file, decompressed.
 * @param axes - How many axes it must have.
 * @param path - What messages call it.
 * @returns Lengths and values.
 * @throws {@link DecolleError} `format` with the byte, where the header is another, or there are more or fewer values than
 *   it says.
 */
export function readIdx(bytes: Uint8Array, axes: number, path: string): Idx {
  const header = 4 + 4 * axes;
  if (bytes.length < header) {
    throw unfit("format", `${path}: byte ${bytes.length}`, `a header of ${header} bytes`, "the end of the file");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = (unsignedBytes << 8) | axes;
  if (view.getUint32(0) !== magic) {
    const expected = `${hexadecimal(magic)}, unsigned bytes along ${axes} ${axes === 1 ? "axis" : "axes"}`;
    throw unfit("format", `${path}: byte 0`, expected, hexadecimal(view.getUint32(0)));
  }
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  // A product of lengths beyond 2⁵³ is rounded, and then no file is as long.
  const values = shape.reduce((product, length) => product * length, 1);
  const data = bytes.subarray(header);
  if (data.length !== values) {
    const place = header + Math.min(values, data.length);
    throw unfit("format", `${path}: byte ${place}`, `${values} values (${shape.join(" × ")})`, `${data.length}`);
  }
  return { shape, data };
}

/**
 * The bytes of a file, decompressed where they are gzip's.
 *
 * @param bytes - All of the file.
 * @param path - What messages call it.
 * @returns The bytes as they are, or what was compressed.
 * @throws {@link DecolleError} `format` where the compressed file is damaged, cut off, or holds more than 2³⁰ bytes.
 */
export async function decompressed(bytes: Uint8Array, path: string): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return await inflate(bytes, { maxOutputLength: mostBytes });
  } catch (error) {
    throw faultAt("format", path, `cannot be decompressed: ${reason(error)}`, { cause: error });
  }
}

function hexadecimal(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}
