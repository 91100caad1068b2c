/** Loads the WebAssembly module of rules in Node, from the file beside it. */

import { readFile } from "node:fs/promises";
import { instantiate } from "../../dist/wasm-rules/decolle.js";
import { alone } from "../single.js";

/** Compiles the module, and gives what makes instances of it. */
export async function load() {
  const bytes = await readFile(new URL("../../dist/wasm-rules/decolle_bg.wasm", import.meta.url));
  return alone(instantiate, await WebAssembly.compile(bytes));
}
