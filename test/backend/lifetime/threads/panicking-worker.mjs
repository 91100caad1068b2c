/** Becomes an instance over the memory that it is given, and panics in the middle of a call. */
import { parentPort } from "node:worker_threads";
import { instantiate } from "../../../../dist/wasm-threads/decolle.js";
import { makeInstance } from "../../../../wasm/instance.js";

parentPort?.once("message", (given) => {
  const { binding } = makeInstance(/** @type {any} */ (instantiate), { ...given, thread_stack_size: 2 ** 21 });
  // Rust trusts that a plain object takes any field.
  Reflect.set = () => {
    throw new Error("no field for anybody");
  };
  try {
    const layers = [{ type: "dense", units: 2 }];
    const network = new binding.Network(JSON.stringify({ input: { units: 2 }, layers, readout: { units: 2 } }), 1);
    network.tensor("layers.0.weight");
  } catch {}
});
