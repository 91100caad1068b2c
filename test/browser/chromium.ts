/** Debian's Chromium, without a window, driven by Playwright. */
import { chromium } from "playwright-core";
import { flags, program } from "./program.js";

export { installed } from "./program.js";

/**
 * Starts it with an empty profile.
 *
 * @returns The browser.
 */
export function launch() {
  return chromium.launch({ executablePath: program, args: [...flags] });
}
