// @ts-check
/**
 * A thread over the memory fails while a network works: that network must not wait for it for ever, another one that
 * lives must say what happened, and new ones must be made and work, until nothing is left of the failed threads.
 *
 * The argument says how it fails: by a thread that nobody asked for, or by a panic in Rust.
 */
import { readFile } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import { baseline, comesBackTo, create, learn } from "./network.mjs";

/** The memory of the last instance. @type {WebAssembly.Memory | undefined} */
let memory;
const { Memory } = WebAssembly;
WebAssembly.Memory = class extends Memory {
  /** @param {WebAssembly.MemoryDescriptor} descriptor */
  constructor(descriptor) {
    super(descriptor);
    memory = this;
  }
};

const before = await baseline();
const network = await create();
const other = await create();
await learn(network);
const core = await readFile(new URL("../../../../dist/wasm-threads/decolle_bg.wasm", import.meta.url));
const module = new WebAssembly.Module(core);
const script = process.argv[2] === "panic" ? "./panicking-worker.mjs" : "../../../../wasm/threads/node-worker.js";
const worker = new Worker(new URL(script, import.meta.url));
worker.postMessage({ module, memory });
// No thread waits under this number.
worker.postMessage({ thread: 4_000_000_000 });

/** @param {unknown} error */
function said(error) {
  const { name, code, message } = /** @type {Error & { code: string }} */ (error);
  return `${name} ${code}: ${message.replaceAll("\n", " ")}`;
}

try {
  for (;;) await learn(network);
} catch (error) {
  console.log(said(error));
}
try {
  await learn(other);
} catch (error) {
  console.log(said(error));
}
const fresh = await create();
await learn(fresh);
console.log(`fresh: learned in ${fresh.backend.threads} threads`);
fresh.dispose();
console.log(await comesBackTo(before));
for (const one of [network, other]) one.dispose();
