/** Loads the native addon that `crates/node` builds. */

import type { Binding } from "./contract.js";
import { Core } from "./core.js";
import { guard } from "./guard.js";

/**
 * Loads the addon for this platform.
 *
 * @returns The binding, throwing `DecolleError` only.
 * @throws An error that says which addon is missing, or whatever the system says of the one that does not load.
 */
export async function loadNative(): Promise<Binding> {
  const binding: Binding = await import("#native");
  // Panics unwind there, and end one network only; threads are the addon's own.
  return guard(new Core(() => ({ binding, fault: () => undefined, started: async () => {}, end: () => {} })));
}
