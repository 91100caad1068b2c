/** Whole numbers and parts of a file that another program wrote, checked against its end. */

/**
 * What reads numbers out of bytes.
 *
 * @param bytes - Bytes, perhaps a part of a longer buffer.
 * @returns A view of just these bytes.
 */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Bytes whose whole numbers have their lowest byte first, as in zip archives and pickles. */
export class LittleEndian {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  /**
   * Reads nothing yet.
   *
   * @param bytes - The bytes; they are not copied.
   */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }

  /** Number of bytes. */
  get length(): number {
    return this.#bytes.length;
  }

  /**
   * Whether bytes lie within the file.
   *
   * @param start - Place of the first one, at least 0.
   * @param length - How many, at least 0; a file may claim any number.
   * @returns Whether the last one does.
   */
  has(start: number, length: number): boolean {
    return start + length <= this.#bytes.length;
  }

  /**
   * Some of the bytes.
   *
   * @param start - Place of the first one, at least 0.
   * @param length - How many, at least 0; a file may claim any number.
   * @returns A view of them; undefined where the file ends before the last one.
   */
  part(start: number, length: number): Uint8Array | undefined {
    return this.has(start, length) ? this.#bytes.subarray(start, start + length) : undefined;
  }

  /**
   * A whole number of at least 0.
   *
   * @param place - Place of its first byte.
   * @param length - Its bytes. Of eight, a number above 2⁵³ is rounded.
   * @returns The number.
   * @throws RangeError where it does not lie within the bytes: {@link LittleEndian.has} says so before.
   */
  whole(place: number, length: 1 | 2 | 4 | 8): number {
    switch (length) {
      case 1:
        return this.#view.getUint8(place);
      case 2:
        return this.#view.getUint16(place, true);
      case 4:
        return this.#view.getUint32(place, true);
      case 8:
        return Number(this.#view.getBigUint64(place, true));
    }
  }
}
