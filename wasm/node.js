/** Loads the WebAssembly build in Node, from the file beside it. */

import { readFile } from "node:fs/promises";
import * as module from "../dist/wasm/decolle.js";

/** Compiles the module and gives its exports. */
export async function load() {
  module.initSync({ module: await readFile(new URL("../dist/wasm/decolle_bg.wasm", import.meta.url)) });
  return module;
}
