// @ts-check
/**
 * Formatting, lints, types, documentation, what nothing uses, and licences: `npm run check`. Runs every check and names those that
 * failed. The packages themselves are looked at by test/build, once they can be built.
 */

import { join } from "node:path";
import { CommandError, run, script } from "./command.mjs";
import { installLinker } from "./debian.mjs";
import { checkLicences } from "./licences.mjs";
import { setUp } from "./setup.mjs";
import { buildTypeScript } from "./typescript.mjs";

const node = process.execPath;
/** Biome colours its output even where nobody sees colours. */
const plain = process.stdout.isTTY ? [] : ["--colors=off"];
const tool = (/** @type {string[]} */ ...path) => join("node_modules", ...path);

/** @type {Array<[string, () => void | Promise<void>]>} */
const checks = [
  ["rustfmt", () => run("cargo", ["fmt", "--all", "--check"])],
  [
    "clippy",
    () => run("cargo", ["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"]),
  ],
  [
    "rustdoc",
    () =>
      run("cargo", ["doc", "--workspace", "--no-deps", "--locked", "--quiet"], {
        RUSTDOCFLAGS: "-D warnings",
      }),
  ],
  ["biome", () => run(node, [tool("@biomejs", "biome", "bin", "biome"), "ci", "--error-on-warnings", ...plain])],
  // The benchmarks import what is published, so `types` needs it compiled.
  ["build", buildTypeScript],
  ["types", () => run(node, [tool("typescript", "bin", "tsc"), "-p", "tsconfig.json"])],
  ["promises", () => run(node, [join("build", "promises.mjs")])],
  ["knip", () => run(node, [tool("knip", "bin", "knip.js"), "--no-progress"])],
  ["licences", checkLicences],
  ["typedoc", () => run(node, [tool("typedoc", "bin", "typedoc"), "--emit", "none", "--logLevel", "Warn"])],
];

await script(async () => {
  setUp();
  installLinker();
  /** @type {string[]} */
  const failed = [];
  for (const [name, check] of checks) {
    const start = Date.now();
    console.log(`\n── ${name}`);
    try {
      await check();
      console.log(`${name}: fine (${((Date.now() - start) / 1000).toFixed(1)} s)`);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      console.error(error.message);
      failed.push(name);
    }
  }
  if (failed.length > 0) throw new CommandError(`Failed: ${failed.join(", ")}`);
  console.log("\nAll checks are fine");
});
