// @ts-check
/** Formats everything and applies the safe fixes of the linter: `npm run format`. */

import { join } from "node:path";
import { run, script } from "./command.mjs";
import { setUp } from "./setup.mjs";

await script(() => {
  setUp();
  run("cargo", ["fmt", "--all"]);
  run(process.execPath, [join("node_modules", "@biomejs", "biome", "bin", "biome"), "check", "--write"]);
});
