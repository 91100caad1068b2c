/** Loads the WebAssembly module that `crates/web` builds. */

import type { Binding } from "./contract.js";
import { guard } from "./guard.js";

/**
 * Loads and compiles the module: in Node from the file in this package, in browsers by its address.
 *
 * @returns The binding, throwing `DecolleError` only.
 * @throws Whatever the engine throws where the module is missing or the engine lacks 128-bit SIMD.
 */
export async function loadWasm(): Promise<Binding> {
  const { load } = await import("#wasm");
  return guard(await load());
}
