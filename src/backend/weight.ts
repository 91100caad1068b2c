/**
 * Lets the collector feel what a handle into WebAssembly holds.
 *
 * The memory of WebAssembly is one block that never shrinks; an object in it weighs nothing to the collector, which would let
 * forgotten networks lie until that block is full, and there is no way to tell it their size. But it knows the size of
 * buffers. So each handle has one as large as what it holds, which nobody writes to: systems give such a buffer addresses,
 * and memory page by page when it is touched.
 */

/** How much of a change is none: less than this share of what was felt last. */
const slack = 1 / 4;

/** What a handle weighs. */
export class Weight {
  #buffer = new ArrayBuffer(0);

  /**
   * Sets it.
   *
   * @param bytes - What the handle holds now.
   */
  set(bytes: number): void {
    const { byteLength } = this.#buffer;
    if (Math.abs(bytes - byteLength) <= byteLength * slack) return;
    try {
      this.#buffer = new ArrayBuffer(bytes);
    } catch {
      // There are no addresses left for it; what the handle weighed before has to do.
    }
  }
}
