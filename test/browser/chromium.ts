/** Debian's Chromium, without a window. */
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const program = "/usr/bin/chromium";

/** Whether it is installed; `npm test` installs it where it can. */
export const installed = existsSync(program);

/**
 * Starts it with an empty profile, and nothing that would go out to the network.
 *
 * @param more - Further arguments.
 * @returns The browser.
 */
export function launch(...more: string[]) {
  return chromium.launch({
    executablePath: program,
    args: [
      ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
      ...more,
    ],
  });
}
