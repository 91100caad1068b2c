// @ts-check
/**
 * Builds the addons of a release into target/addons: `npm run build:addon -- TARGET…`, targets being those of package.json,
 * by Rust's names. The standard library of the target has to be installed (`rustup target add`).
 *
 * For Linux all are built on any Linux, by cargo-zigbuild and Zig, which have to be on the PATH (`pip install ziglang
 * cargo-zigbuild`): with musl, or with the GNU C library as of release 2.17, the oldest that Rust's standard library runs on, so
 * that addons load on systems older than the one that builds. The others are built where they run, or, for the other processor,
 * on the same system.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CommandError, root, script } from "./command.mjs";
import { napiBuild } from "./native.mjs";
import { setUp } from "./setup.mjs";

/** Where the addons go. */
export const folder = "target/addons";

/**
 * What the build is told of target and compiler.
 *
 * @param {string} target
 * @returns {string[]}
 */
function targeting(target) {
  if (!target.includes("-linux-")) return ["--target", target];
  return ["--target", target.endsWith("-gnu") ? `${target}.2.17` : target, "--cross-compile"];
}

await script(() => {
  /** @type {string[]} */
  const known = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).napi.targets;
  const asked = process.argv.slice(2);
  const unknown = asked.filter((target) => !known.includes(target));
  if (asked.length === 0 || unknown.length > 0) {
    throw new CommandError(`Expected targets, found ${unknown.join(", ") || "none"}; there are ${known.join(", ")}`);
  }
  setUp();
  for (const target of asked) {
    napiBuild([
      ...targeting(target),
      // The loader and its types are those of dist/native.
      ...["--no-js", "--dts", `${target}.d.ts`, "--output-dir", folder],
    ]);
  }
});
