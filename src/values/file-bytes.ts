/** Bytes of files that are made here, by a type that what takes files accepts. */

/**
 * The bytes of a file, in memory of their own: `Blob`, `Response` and `crypto.subtle` take them. Those that WebAssembly made
 * `postMessage` may move. Those that the addon made it copies: Node 22 refuses to move them, Node 20 copies them all the same.
 * A `Uint8Array<ArrayBuffer>` where TypeScript tells buffers apart, from 5.7 on, a `Uint8Array` before.
 */
export type FileBytes = ReturnType<Uint8ArrayConstructor["of"]>;

/**
 * Bytes that a binding or a library has copied out of its own memory, which their generated types do not say.
 *
 * @param bytes - The copy.
 * @returns The same bytes.
 */
export function copiedBytes(bytes: Uint8Array): FileBytes {
  return bytes as FileBytes;
}
