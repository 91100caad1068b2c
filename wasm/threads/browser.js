/**
 * Loads the WebAssembly build with threads in browsers, and starts its workers. Bundlers recognise the expressions with
 * `import.meta.url`, copy the module and bundle the worker.
 */

import * as core from "../../dist/wasm-threads/decolle.js";
import { overWorkers } from "./workers.js";

/** @returns {import("./workers.js").HostWorker} */
function startWorker() {
  const worker = new Worker(new URL("./browser-worker.js", import.meta.url), { type: "module", name: "decolle" });
  const up = new Promise((resolve, reject) => {
    worker.onmessage = resolve;
    // Where the script is missing or forbidden, the event has no message.
    worker.onerror = (event) => reject(new Error(event.message || "a worker's script could not be loaded"));
  });
  // A worker ends with its page anyway.
  return { up, post: (message) => worker.postMessage(message), detach: () => {} };
}

/** @param {URL} address */
async function compile(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address.pathname}: ${response.status} ${response.statusText}`);
  const streams = response.headers.get("content-type")?.startsWith("application/wasm");
  return streams ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}

/** Compiles the core, and gives its exports and what waits for its workers. */
export async function load() {
  const address = new URL("../../dist/wasm-threads/decolle_bg.wasm", import.meta.url);
  return overWorkers(core, await compile(address), startWorker);
}
