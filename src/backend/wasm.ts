/** Loads the WebAssembly modules of the engine, `crates/web`, for one thread or for several. */

import type { Binding } from "./contract.js";
import { Core } from "./core.js";
import { guard } from "./guard.js";

/** The module with threads. */
export interface ThreadedBinding {
  /** Its functions. */
  readonly binding: Binding;
  /**
   * Waits until all threads of the networks made so far run. A network must not begin to work before.
   *
   * @throws What kept one from starting in time.
   */
  readonly started: () => Promise<void>;
}

/**
 * Loads and compiles the module for one thread: in Node from the file in this package, in browsers by its address.
 *
 * @returns The binding, throwing `DecolleError` only.
 * @throws Whatever the engine throws where the module is missing or the engine lacks 128-bit SIMD.
 */
export async function loadWasm(): Promise<Binding> {
  const { load } = await import("#wasm");
  return guard(new Core(await load(), false));
}

/**
 * Loads and compiles the module with threads, and sees that workers start.
 *
 * @returns The binding, throwing `DecolleError` only, and what waits for its threads.
 * @throws An error that says why threads cannot share memory here, or whatever the engine throws where the module is
 *   missing or a worker does not start.
 */
export async function loadWasmThreads(): Promise<ThreadedBinding> {
  demandSharedMemory();
  const { load } = await import("#wasm-threads");
  const core = new Core(await load(), false);
  return { binding: guard(core), started: () => core.started() };
}

/** Throws where threads cannot share memory, or where this thread may not wait for others. */
function demandSharedMemory(): void {
  // Browsers have it in pages only that are isolated from other origins.
  if (typeof SharedArrayBuffer === "undefined" || globalThis.crossOriginIsolated === false) {
    throw new Error(
      "there is no shared memory, for the page is not cross-origin isolated; its server has to send " +
        "Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp",
    );
  }
  try {
    // The value differs from the one that is waited on, so this only asks for the permission to wait.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1);
  } catch (error) {
    throw new Error("this thread, the page's own, may not wait for others; run the network in a Worker", {
      cause: error,
    });
  }
}
