/** What a worker does, in Node and in browsers alike: it becomes an instance over the shared memory, then one thread. */

import { initSync, runThread, threadFailed } from "../../dist/wasm-threads/decolle.js";

/** @type {{ __wbindgen_thread_destroy(): void } | undefined} */
let instance;

/**
 * Answers a message: the first makes the instance, the second runs a thread until its network has gone.
 *
 * @param {any} message - `{ module, memory, thread_stack_size }`, then `{ thread }`.
 * @param {(message: string) => void} reply
 * @param {() => void} close - Ends the worker.
 */
export function serve(message, reply, close) {
  if (instance === undefined) {
    instance = /** @type {any} */ (initSync(message));
    reply("up");
    return;
  }
  try {
    runThread(message.thread);
    // Frees the stack and the thread-local variables; nothing may be called afterwards.
    instance.__wbindgen_thread_destroy();
  } catch (error) {
    fail(String(error));
  }
  close();
}

/** @param {string} reason */
function fail(reason) {
  try {
    threadFailed(reason);
  } catch {
    // There may be no memory left for the text; the empty one needs none.
    threadFailed("");
  }
}
