/** Loads the WebAssembly modules of the engine, `crates/web`, for one thread or for several, and of rules, `crates/web-rules`. */

import { faultAt } from "../errors.js";
import { messageOf } from "../values/brands.js";
import { demandSharedMemory, demandWasm } from "./able.js";
import type { Binding, RulesBinding } from "./contract.js";
import { Core } from "./core.js";
import { guard, guardRules } from "./guard.js";

/** The module with threads. */
export interface ThreadedBinding {
  /** Its functions. */
  readonly binding: Binding;
  /**
   * Waits until all threads of the networks made so far run. A network must not begin to work before.
   *
   * @throws What kept one from starting in time.
   */
  readonly started: () => Promise<void>;
}

/**
 * Loads and compiles the module for one thread: in Node from the file in this package, in browsers by its address.
 *
 * @returns The binding, throwing `DecolleError` only.
 * @throws An error that says why WebAssembly does not run here, or whatever the engine throws where the module is missing.
 */
export async function loadWasm(): Promise<Binding> {
  demandWasm();
  const { load } = await import("#wasm");
  return guard(new Core(await load(), false), rulesOnDemand);
}

/**
 * Loads and compiles the module with threads, and sees that workers start.
 *
 * @returns The binding, throwing `DecolleError` only, and what waits for its threads.
 * @throws An error that says why WebAssembly does not run here or threads cannot share memory, or whatever the engine throws
 *   where the module is missing or a worker does not start.
 */
export async function loadWasmThreads(): Promise<ThreadedBinding> {
  demandWasm();
  demandSharedMemory();
  const { load } = await import("#wasm-threads");
  const core = new Core(await load(), false);
  return { binding: guard(core, rulesOnDemand), started: () => core.started() };
}

/** The module of rules, from the first call that needs it on; where it did not load, the next call tries again. */
let rules: Promise<RulesBinding> | undefined;

async function loadRules(): Promise<RulesBinding> {
  try {
    const { load } = await import("#wasm-rules");
    return guardRules(new Core(await load(), false));
  } catch (error) {
    rules = undefined;
    throw faultAt("backend", "rule", `the WebAssembly module of rules does not load here: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Loads the module of rules at most once, and asks it. */
async function ask(call: (binding: RulesBinding) => string): Promise<string> {
  rules ??= loadRules();
  return call(await rules);
}

/** What rules are derived and checked by, whichever flavour of the engine runs. */
const rulesOnDemand: Pick<Binding, keyof RulesBinding> = {
  deriveRule: (requestJson) => ask((binding) => binding.deriveRule(requestJson)),
  checkRule: (requestJson) => ask((binding) => binding.checkRule(requestJson)),
  simulateRule: (requestJson) => ask((binding) => binding.simulateRule(requestJson)),
};
