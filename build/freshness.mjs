// @ts-check
/** Tells whether a build step has to run: by a digest of everything that goes into it. */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./command.mjs";

/**
 * Adds a file, or all files below a folder, to the digest; what does not exist counts as such.
 *
 * @param {import("node:crypto").Hash} digest
 * @param {string} path - Below the root, with `/`.
 */
function add(digest, path) {
  const full = join(root, path);
  if (!existsSync(full)) digest.update(`${path} absent\n`);
  else if (statSync(full).isDirectory()) for (const name of readdirSync(full).sort()) add(digest, `${path}/${name}`);
  else digest.update(`${path}\n`).update(readFileSync(full));
}

/**
 * Runs `build` unless it ran before with the same inputs and its outputs are still there.
 *
 * @param {string} name - The step's name.
 * @param {{ inputs: readonly string[], settings?: readonly string[], outputs: () => readonly string[] }} step - Files and
 *   folders that go in, texts that go in (versions of tools), and the files that come out.
 * @param {() => void | Promise<void>} build
 */
export async function whenStale(name, { inputs, settings = [], outputs }, build) {
  const digest = createHash("sha256").update(
    JSON.stringify([process.version, process.platform, process.arch, settings]),
  );
  for (const path of inputs) add(digest, path);
  const now = digest.digest("hex");
  const stamps = join(root, "target", "stamps");
  const stamp = join(stamps, name);
  const before = existsSync(stamp) ? readFileSync(stamp, "utf8") : "";
  if (before === now && outputs().every((path) => existsSync(join(root, path)))) {
    console.log(`${name}: up to date`);
    return;
  }
  const start = Date.now();
  rmSync(stamp, { force: true });
  await build();
  const absent = outputs().filter((path) => !existsSync(join(root, path)));
  if (absent.length > 0) throw new Error(`${name}: the build did not make ${absent.join(", ")}`);
  mkdirSync(stamps, { recursive: true });
  writeFileSync(stamp, now);
  console.log(`${name}: built in ${((Date.now() - start) / 1000).toFixed(1)} s`);
}
