// @ts-check
/**
 * The note that a broken core leaves in its memory, see crates/web-border/src/failure.rs: a state (0: none; 1: it is being written;
 * 2: it is there), a length, and the text in UTF-8. It is read and written without entering the core.
 */

/** Bytes of text. */
const room = 2048;

/**
 * The note of a core.
 */
export class Failure {
  #memory;
  #address;

  /**
   * @param {WebAssembly.Memory} memory
   * @param {number} address - Where the note is.
   */
  constructor(memory, address) {
    this.#memory = memory;
    this.#address = address;
  }

  /**
   * @returns {string | undefined} The text, undefined where there is none.
   */
  read() {
    const head = this.#head();
    if (Atomics.load(head, 0) !== 2) return undefined;
    // A copy: decoders refuse memory that is shared.
    return new TextDecoder().decode(this.#text().slice(0, head[1]));
  }

  /**
   * Leaves a note, unless there is one.
   *
   * @param {string} text
   */
  write(text) {
    const head = this.#head();
    if (Atomics.compareExchange(head, 0, 0, 1) !== 0) return;
    const bytes = new TextEncoder().encode(text).subarray(0, room);
    this.#text().set(bytes);
    head[1] = bytes.length;
    Atomics.store(head, 0, 2);
  }

  // Memory that has grown is another buffer, so no view is kept.
  #head() {
    return new Uint32Array(this.#memory.buffer, this.#address, 2);
  }

  #text() {
    return new Uint8Array(this.#memory.buffer, this.#address + 8, room);
  }
}
