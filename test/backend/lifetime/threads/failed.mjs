/** One of the workers over the memory fails while a network works: the network must not wait for it for ever. */
import { readFile } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import { initSync } from "../../../../dist/wasm-threads/decolle.js";
import { create, learn } from "./network.mjs";

const network = await create();
await learn(network);
const core = await readFile(new URL("../../../../dist/wasm-threads/decolle_bg.wasm", import.meta.url));
const module = new WebAssembly.Module(core);
// Asked once more, it gives the instance that it has.
const { memory } = initSync({ module });
const worker = new Worker(new URL("../../../../wasm/threads/node-worker.js", import.meta.url));
worker.postMessage({ module, memory });
// No thread waits under this number.
worker.postMessage({ thread: 4_000_000_000 });
try {
  for (;;) await learn(network);
} catch (error) {
  const { name, code, message } = /** @type {Error & { code: string }} */ (error);
  console.log(`${name} ${code}: ${message.replaceAll("\n", " ")}`);
}
