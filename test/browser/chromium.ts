/** Debian's Chromium, without a window, driven by Playwright. */
import { chromium } from "playwright-core";
import { flags, program } from "./program.js";

export { installed } from "./program.js";

/**
 * Starts it with an empty profile.
 *
 * @param more - Further arguments.
 * @returns The browser.
 */
export function launch(...more: string[]) {
  return chromium.launch({ executablePath: program, args: [...flags, ...more] });
}
