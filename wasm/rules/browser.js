/** Loads the WebAssembly module of rules in browsers, by its address; bundlers recognise the expression and copy the file. */

import { instantiate } from "../../dist/wasm-rules/decolle.js";
import { compile } from "../compile.js";
import { alone } from "../single.js";

/** Fetches and compiles the module, and gives what makes instances of it. */
export async function load() {
  return alone(instantiate, await compile(new URL("../../dist/wasm-rules/decolle_bg.wasm", import.meta.url)));
}
