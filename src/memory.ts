/** Arrays whose length comes from a caller's numbers. */
import { faultAt } from "./errors.js";

/**
 * An array of zeros, or an error that says what asked for it.
 *
 * @param type - What kind of array.
 * @param length - How many entries.
 * @param field - What asks for them.
 * @returns The array.
 * @throws {@link DecolleError} `memory` where it cannot be had.
 */
export function allocate<Entries>(
  type: { new (length: number): Entries; readonly BYTES_PER_ELEMENT: number },
  length: number,
  field: string,
): Entries {
  try {
    return new type(length);
  } catch (error) {
    // What engines throw differs in text, and a RangeError is all that the language promises.
    const bytes = length * type.BYTES_PER_ELEMENT;
    throw faultAt("memory", field, `needs ${bytes} bytes, which cannot be had here`, { cause: error });
  }
}
