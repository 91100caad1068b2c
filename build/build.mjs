// @ts-check
/** Builds the parts named on the command line: `node build/build.mjs native wasm typescript bundle`. */

import { buildWasm } from "../wasm/build.mjs";
import { buildBundle } from "./bundle.mjs";
import { CommandError, script } from "./command.mjs";
import { buildNative } from "./native.mjs";
import { setUp } from "./setup.mjs";
import { buildTypeScript } from "./typescript.mjs";

const parts = { native: buildNative, wasm: buildWasm, typescript: buildTypeScript, bundle: buildBundle };

await script(async () => {
  setUp();
  for (const name of process.argv.slice(2)) {
    const build = Object.entries(parts).find(([part]) => part === name)?.[1];
    if (!build) throw new CommandError(`There is no part "${name}"; there are ${Object.keys(parts).join(", ")}`);
    await build();
  }
});
