// @ts-check
/** Instances of a module that runs on one thread, in Node and in browsers alike. */

import { makeInstance } from "./instance.js";

/**
 * @param {Parameters<typeof makeInstance>[0]} instantiate - See wasm/glue.mjs.
 * @param {WebAssembly.Module} module - The core, compiled.
 * @returns What makes an instance.
 */
export function alone(instantiate, module) {
  return () => {
    const { binding, fault } = makeInstance(instantiate, { module });
    return { binding, fault, started: async () => {}, end: () => {} };
  };
}
