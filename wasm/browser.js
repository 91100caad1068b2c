/** Loads the WebAssembly build in browsers, by its address; bundlers recognise the expression and copy the file. */

import * as module from "../dist/wasm/decolle.js";

/** Fetches and compiles the module and gives its exports. */
export async function load() {
  await module.default({ module_or_path: new URL("../dist/wasm/decolle_bg.wasm", import.meta.url) });
  return module;
}
