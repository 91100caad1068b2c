/** Loads the WebAssembly build with threads in Node, from the file beside it, and starts its workers. */

import { readFile } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import { instantiate } from "../../dist/wasm-threads/decolle.js";
import { overWorkers } from "./workers.js";

/** @returns {import("./workers.js").HostWorker} */
function startWorker() {
  // The options of this process, loaders among them, are not for a worker that runs this package only.
  const worker = new Worker(new URL("./node-worker.js", import.meta.url), { name: "decolle", execArgv: [] });
  const up = new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.on("error", reject);
    worker.on("exit", (code) => reject(new Error(`a worker ended with exit code ${code} before it ran`)));
  });
  return {
    up,
    post: (message) => worker.postMessage(message),
    detach: () => worker.unref(),
    end: () => void worker.terminate(),
    ended: (hear) => void worker.once("exit", hear),
  };
}

/** Compiles the core, and gives what makes instances of it. */
export async function load() {
  const bytes = await readFile(new URL("../../dist/wasm-threads/decolle_bg.wasm", import.meta.url));
  return overWorkers(instantiate, await WebAssembly.compile(bytes), startWorker);
}
