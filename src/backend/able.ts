/** What WebAssembly needs of its surroundings, each lack told in words: what engines say of their own accord tells nobody what to do. */

/** The smallest module there is. */
const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
/** A module of one function, `i32.const 0; i8x16.splat`, which gives 128 bits. */
const simd = Uint8Array.of(
  ...empty,
  ...[1, 5, 1, 0x60, 0, 1, 0x7b, 3, 2, 1, 0, 10, 8, 1, 6, 0, 0x41, 0, 0xfd, 15, 0x0b],
);

/**
 * Makes sure that the modules can be compiled here.
 *
 * @throws An error that says what is missing, or what forbids it.
 */
export function demandWasm(): void {
  if (typeof WebAssembly === "undefined") throw new Error("there is no WebAssembly here");
  if (!WebAssembly.validate(simd)) {
    throw new Error(
      "WebAssembly has no 128-bit SIMD here: it needs Chrome 91, Firefox 89, Safari 16.4, Node 16.4 or later",
    );
  }
  try {
    new WebAssembly.Module(empty);
  } catch (error) {
    throw new Error(
      "the page's content security policy forbids WebAssembly; it has to allow script-src 'wasm-unsafe-eval', also where the " +
        "scripts of Workers are served",
      { cause: error },
    );
  }
}

/**
 * Makes sure that threads can share memory, and that this one may wait for others.
 *
 * @throws An error that says what is missing.
 */
export function demandSharedMemory(): void {
  // Browsers have it in pages only that are isolated from other origins.
  if (globalThis.crossOriginIsolated === false) {
    throw new Error(
      "there is no shared memory, for the page is not cross-origin isolated; its server has to send " +
        "Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp",
    );
  }
  if (typeof SharedArrayBuffer === "undefined") {
    throw new Error("there is no shared memory: this engine has no SharedArrayBuffer, as Safari before 15.2 has none");
  }
  try {
    // The value differs from the one that is waited on, so this only asks for the permission to wait.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1);
  } catch (error) {
    throw new Error("this thread, the page's own, may not wait for others; leave it to the network's Worker", {
      cause: error,
    });
  }
}
