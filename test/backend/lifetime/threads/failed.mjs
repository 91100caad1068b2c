// @ts-check
/** One of the workers over the memory fails while a network works: the network must not wait for it for ever. */
import { Worker } from "node:worker_threads";
import { initSync } from "../../../../dist/wasm-threads/decolle.js";
import { create, learn } from "./network.mjs";

const network = await create();
await learn(network);
// Asked once more, the core gives the instance that it has; its code a second time is the same.
const { memory } = initSync();
const bytes = await import("node:fs/promises").then(({ readFile }) =>
  readFile(new URL("../../../../dist/wasm-threads/decolle_bg.wasm", import.meta.url)),
);
const worker = new Worker(new URL("../../../../wasm/threads/node-worker.js", import.meta.url));
worker.postMessage({ module: new WebAssembly.Module(bytes), memory });
// No thread waits under this number.
worker.postMessage({ thread: 4_000_000_000 });
try {
  for (;;) await learn(network);
} catch (error) {
  const { name, code, message } = /** @type {Error & { code: string }} */ (error);
  console.log(`${name} ${code}: ${message.replaceAll("\n", " ")}`);
}
