/** What a worker does, in Node and in browsers alike: it becomes an instance over the shared memory, then one thread. */

import { instantiate } from "../../dist/wasm-threads/decolle.js";
import { makeInstance } from "../instance.js";

/** @type {ReturnType<typeof makeInstance<any>> | undefined} */
let instance;

/**
 * Answers a message: the first makes the instance, the second runs a thread until its pool has gone.
 *
 * @param {any} message - `{ module, memory, thread_stack_size }`, then `{ thread }`.
 * @param {(message: string) => void} reply
 * @param {() => void} close - Ends the worker.
 */
export function serve(message, reply, close) {
  if (instance === undefined) {
    instance = makeInstance(/** @type {any} */ (instantiate), message);
    reply("up");
    return;
  }
  const { binding, failure } = instance;
  try {
    binding.runThread(message.thread);
    // Frees the stack and the thread-local variables; nothing may be called afterwards.
    binding.__wbindgen_thread_destroy();
  } catch (error) {
    // Whoever waits for this thread looks for the note; where the core left one itself, that stays.
    failure.write(String(error));
  }
  reply("ended");
  close();
}
