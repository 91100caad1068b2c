/** Loads the native addon that `crates/node` builds. */

import type { Binding } from "./contract.js";
import { guard } from "./guard.js";

/**
 * Loads the addon for this platform.
 *
 * @returns The binding, throwing `DecolleError` only.
 * @throws Whatever the module loader throws where there is no addon for this platform, or in a browser.
 */
export async function loadNative(): Promise<Binding> {
  return guard(await import("#native"));
}
