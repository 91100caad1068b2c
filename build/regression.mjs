// @ts-check
/** Builds the native addon and runs the Poisson regression: `npm run regression`. Arguments after `--` go to it. */

import { join } from "node:path";
import { handOver, root, script } from "./command.mjs";
import { buildNative } from "./native.mjs";
import { setUp } from "./setup.mjs";
import { buildTypeScript } from "./typescript.mjs";

await script(async () => {
  setUp();
  await buildNative();
  await buildTypeScript();
  await handOver(process.execPath, [join(root, "examples", "poisson-regression.mjs"), ...process.argv.slice(2)]);
});
