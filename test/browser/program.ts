/** Debian's Chromium, as all tests start it. */
import { existsSync } from "node:fs";

/** The program. */
export const program = "/usr/bin/chromium";

/** Whether it is installed; `npm test` installs it where it can. */
export const installed = existsSync(program);

/** No window, and nothing that would go out to the network. */
export const flags: readonly string[] = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];
