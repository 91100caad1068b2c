// @ts-check
/** Builds everything and runs the benchmarks, all or those named: `npm run bench -- NAME`. */

import { join } from "node:path";
import { buildWasm } from "../wasm/build.mjs";
import { handOver, root, script } from "./command.mjs";
import { buildNative } from "./native.mjs";
import { setUp } from "./setup.mjs";
import { buildTypeScript } from "./typescript.mjs";

await script(async () => {
  setUp();
  await buildNative();
  await buildWasm();
  await buildTypeScript();
  await handOver(process.execPath, [join(root, "bench", "index.mjs"), ...process.argv.slice(2)]);
});
