// @ts-check
/**
 * One instance of the core: it is entered until a call ends other than by returning.
 *
 * What Rust means to throw it returns, and wasm-bindgen's JavaScript throws it once it is out. So whatever leaves WebAssembly
 * as an exception, be it a trap, a stack that overflowed, or an error of a function of JavaScript in between, has left
 * it in the middle of something: locks held, objects borrowed, the stack pointer low. Then the instance is broken, and no
 * function of it is called any more.
 */

import { Failure } from "./failure.js";

/**
 * @template Exports
 * @param {(given: object, enter: (exports: Record<string, unknown>) => Record<string, unknown>) => Exports & {
 *   memory: WebAssembly.Memory, failureAddress(): number }} instantiate - See wasm/glue.mjs.
 * @param {object} given - What it takes.
 * @returns {{ binding: Exports & { memory: WebAssembly.Memory }, failure: Failure, fault: () => string | undefined }} Its exports,
 *   the note of its failure, and why it is broken, undefined while it is not.
 */
export function makeInstance(instantiate, given) {
  /** @type {Failure | undefined} */
  let failure;
  /** @type {string | undefined} */
  let fault;
  /** @param {unknown} error */
  const breakDown = (error) => {
    fault ??= failure?.read() ?? String(error);
    // For other threads over the same memory.
    failure?.write(fault);
  };
  /** @param {(...given: unknown[]) => unknown} call */
  const entering =
    (call) =>
    /** @param {unknown[]} values */
    (...values) => {
      if (fault !== undefined) throw new Error(`the core is broken: ${fault}`);
      try {
        return call(...values);
      } catch (error) {
        breakDown(error);
        throw error;
      }
    };
  const binding = instantiate(given, (exports) =>
    Object.fromEntries(
      Object.entries(exports).map(([name, value]) => [
        name,
        typeof value === "function" ? entering(/** @type {(...given: unknown[]) => unknown} */ (value)) : value,
      ]),
    ),
  );
  failure = new Failure(binding.memory, binding.failureAddress());
  return { binding, failure, fault: () => fault };
}
