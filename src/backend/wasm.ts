/** Loads the WebAssembly modules of the engine, `crates/web`, for one thread or for several. */

import { demandSharedMemory, demandWasm } from "./able.js";
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
 * @throws An error that says why WebAssembly does not run here, or whatever the engine throws where the module is missing.
 */
export async function loadWasm(): Promise<Binding> {
  demandWasm();
  const { load } = await import("#wasm");
  return guard(new Core(await load(), false));
}

/**
 * Loads and compiles the module with threads, and sees that workers start.
 *
 * @returns The binding, throwing `DecolleError` only, and what waits for its threads.
 * @throws An error that says why WebAssembly does not run here or threads cannot share memory, or whatever the engine throws
 *   where the module is missing or a worker does not start.
 */
export async function loadWasmThreads(): Promise<ThreadedBinding> {
  demandWasm();
  demandSharedMemory();
  const { load } = await import("#wasm-threads");
  const core = new Core(await load(), false);
  return { binding: guard(core), started: () => core.started() };
}
