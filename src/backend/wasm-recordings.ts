/**
 * Loads the WebAssembly module of recordings, `crates/web-events`; apart from those of the engine, so that the camera's Worker
 * brings nothing of that along.
 */

import { demandWasm } from "./able.js";
import { Core } from "./core.js";
import type { RecordingsBinding } from "./recordings.js";

/**
 * Loads and compiles the module of recordings: in Node from the file in this package, in browsers by its address.
 *
 * @returns The binding, throwing `DecolleError` only.
 * @throws An error that says why WebAssembly does not run here, or whatever the engine throws where the module is missing.
 */
export async function loadWasmRecordings(): Promise<RecordingsBinding> {
  demandWasm();
  // With the module, so that a page that has no recordings does not load it.
  const [{ load }, { guardRecordings }] = await Promise.all([import("#wasm-events"), import("./guard-recordings.js")]);
  return guardRecordings(new Core(await load(), false));
}
