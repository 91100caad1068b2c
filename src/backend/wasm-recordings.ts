/**
 * Loads the WebAssembly module of recordings, `crates/web-events`; apart from those of the engine, so that the camera's Worker
 * brings nothing of that along.
 */

import { Core } from "./core.js";
import { guardRecordings } from "./guard-recordings.js";
import type { RecordingsBinding } from "./recordings.js";

/**
 * Loads and compiles the module of recordings: in Node from the file in this package, in browsers by its address.
 *
 * @returns The binding, throwing `DecolleError` only.
 * @throws Whatever the engine throws where the module is missing or the engine lacks 128-bit SIMD.
 */
export async function loadWasmRecordings(): Promise<RecordingsBinding> {
  const { load } = await import("#wasm-events");
  return guardRecordings(new Core(await load(), false));
}
