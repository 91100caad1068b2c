// @ts-check
/**
 * Runs a benchmark of Rust's that is compiled to WebAssembly: gives it a clock, and prints what it prints.
 *
 * Its code has to be optimised from the first call on, as that of a training that runs for a while is:
 * `node --no-liftoff --no-wasm-tier-up bench/wasm-program.mjs FILE.wasm`.
 */

import { readFileSync } from "node:fs";

const [, , file = ""] = process.argv;

/** @type {WebAssembly.Memory} */
let memory;
const host = {
  now: () => performance.now(),
  print_line: (/** @type {number} */ address, /** @type {number} */ length) =>
    console.log(new TextDecoder().decode(new Uint8Array(memory.buffer, address, length))),
};
const { instance } = await WebAssembly.instantiate(readFileSync(file), { host });
memory = /** @type {WebAssembly.Memory} */ (instance.exports.memory);
/** @type {(count: number, values: number) => number} */ (instance.exports.main)(0, 0);
