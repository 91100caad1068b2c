// @ts-check
/** Builds the native addon: crates/node → dist/native. */

import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CommandError, read, root, run } from "./command.mjs";
import { installLinker } from "./debian.mjs";
import { whenStale } from "./freshness.mjs";

/**
 * Runs the build of napi-rs: an addon that is stripped, in release mode, its name with the platform.
 *
 * @param {readonly string[]} args - Where it goes, and what for.
 */
export function napiBuild(args) {
  run(process.execPath, [
    join("node_modules", "@napi-rs", "cli", "dist", "cli.js"),
    // For a profiler: CARGO_PROFILE_RELEASE_DEBUG=1 cargo build --release -p decolle-node
    ...["build", "--platform", "--release", "--strip", "--manifest-path", "crates/node/Cargo.toml", ...args],
  ]);
}

/** Where the addon goes. */
const folder = "dist/native";

/** The addon itself, whose name holds the platform. */
function addon() {
  const full = join(root, folder);
  mkdirSync(full, { recursive: true });
  return readdirSync(full).find((name) => name.endsWith(".node")) ?? "decolle.node";
}

/** Builds the native addon unless it is up to date. */
export async function buildNative() {
  const rustc = read("rustc", ["-vV"]);
  if (rustc === undefined) throw new CommandError("The native addon needs Rust 1.90 or newer: https://rustup.rs");
  installLinker();
  await whenStale(
    "native",
    {
      inputs: ["Cargo.toml", "Cargo.lock", ".cargo", "crates", "package.json", "build/native.mjs"],
      settings: [rustc, process.env.RUSTFLAGS ?? "", process.env.CARGO_BUILD_TARGET ?? ""],
      outputs: () => [`${folder}/${addon()}`, `${folder}/index.js`, `${folder}/index.d.ts`],
    },
    () => {
      rmSync(join(root, folder), { recursive: true, force: true });
      napiBuild(["--esm", "--output-dir", folder]);
    },
  );
}
