// @ts-check
/**
 * Feeds random rules, hostile calls and mutated checkpoints to the core and to the public API of both builds, for long:
 * `npm run fuzz`. DECOLLE_FUZZ says how many times as many cases as in `npm test` (100), PROPTEST_CASES how many each of
 * cargo's property tests takes (10,000), DECOLLE_FUZZ_INPUTS how many files each decoder (1,000,000). What follows `--` goes to
 * vitest.
 */

import { join } from "node:path";
import { buildWasm } from "../wasm/build.mjs";
import { run, script } from "./command.mjs";
import { buildNative } from "./native.mjs";
import { setUp } from "./setup.mjs";
import { buildTypeScript } from "./typescript.mjs";

await script(async () => {
  setUp();
  await buildNative();
  await buildWasm();
  await buildTypeScript();
  run("cargo", ["test", "--release", "--workspace", "--locked", "--tests"], {
    PROPTEST_CASES: process.env["PROPTEST_CASES"] ?? "10000",
    DECOLLE_FUZZ_INPUTS: process.env["DECOLLE_FUZZ_INPUTS"] ?? "1000000",
  });
  const projects = ["native", "wasm"].flatMap((name) => ["--project", name]);
  run(
    process.execPath,
    [join("node_modules", "vitest", "vitest.mjs"), "run", ...projects, "test/fuzz", ...process.argv.slice(2)],
    { DECOLLE_FUZZ: process.env["DECOLLE_FUZZ"] ?? "100" },
  );
});
