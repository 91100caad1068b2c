/**
 * Loads the WebAssembly build with threads in browsers, and starts its workers. Bundlers recognise the expressions with
 * `import.meta.url`, copy the module and bundle the worker.
 */

import { instantiate } from "../../dist/wasm-threads/decolle.js";
import { compile } from "../compile.js";
import { overWorkers } from "./workers.js";

/** @returns {import("./workers.js").HostWorker} */
function startWorker() {
  const worker = new Worker(new URL("./browser-worker.js", import.meta.url), { type: "module", name: "decolle" });
  /** @type {() => void} */
  let hear = () => {};
  const up = new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => (data === "ended" ? hear() : resolve(data));
    // Where the script is missing or forbidden, the event has no message.
    worker.onerror = (event) => reject(new Error(event.message || "a worker's script could not be loaded"));
  });
  return {
    up,
    post: (message) => worker.postMessage(message),
    // A worker ends with its page anyway.
    detach: () => {},
    end: () => worker.terminate(),
    ended: (given) => {
      hear = given;
    },
  };
}

/** Compiles the core, and gives what makes instances of it. */
export async function load() {
  const address = new URL("../../dist/wasm-threads/decolle_bg.wasm", import.meta.url);
  return overWorkers(instantiate, await compile(address), startWorker);
}
