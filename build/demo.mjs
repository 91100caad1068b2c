// @ts-check
/**
 * Builds the native addon and trains on synthetic gestures: `npm run demo`. Arguments after `--` go to `decolle train`
 * and override the demo's own. What an earlier demo left is replaced; what lies in a folder of the caller's is not.
 */

import { join } from "node:path";
import { handOver, root, script } from "./command.mjs";
import { buildNative } from "./native.mjs";
import { setUp } from "./setup.mjs";
import { buildTypeScript } from "./typescript.mjs";

await script(async () => {
  setUp();
  await buildNative();
  await buildTypeScript();
  const given = process.argv.slice(2);
  const own = ["--data", "synthetic", "--out", join("runs", "demo")];
  if (!given.some((word) => /^--(out|resume|force)(=|$)/.test(word))) own.push("--force");
  await handOver(process.execPath, [join(root, "dist", "cli", "main.js"), "train", ...own, ...given]);
});
