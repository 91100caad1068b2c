// @ts-check
/**
 * Builds the WebAssembly flavour: crates/web → dist/wasm, by wasm-pack, with 128-bit SIMD and one thread.
 *
 * The compiler is rustup's where its `wasm32-unknown-unknown` target is installed, else Debian's, which compiles the
 * standard library from its sources. What is missing is installed: wasm-bindgen's program and wasm-pack by cargo into
 * target/tools, the compiler by apt-get where this is Debian and we are root. wasm-opt is npm's `binaryen`: Debian's
 * release 108 breaks the table of JavaScript values.
 */

import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { CommandError, read, root, run } from "../build/command.mjs";
import { install, installLinker } from "../build/debian.mjs";
import { whenStale } from "../build/freshness.mjs";

const target = "wasm32-unknown-unknown";
const output = "dist/wasm";
const tools = join(root, "target", "tools");
const missingTarget = `The WebAssembly build needs Rust's target: rustup target add ${target}`;

/**
 * A compiler for WebAssembly: what it needs in the environment, and what cargo is told besides.
 *
 * @typedef {{ name: string, path: string[], env: NodeJS.ProcessEnv, cargo: string[] }} Compiler
 */

/**
 * Finds a compiler, installing Debian's if there is no other.
 *
 * @returns {Compiler}
 */
function findCompiler() {
  const version = read("rustc", ["-vV"]);
  if (version === undefined)
    throw new CommandError("The WebAssembly build needs Rust 1.90 or newer: https://rustup.rs");
  const library = read("rustc", ["--print", "target-libdir", "--target", target])?.trim();
  if (library && existsSync(library) && readdirSync(library).some((name) => name.startsWith("libstd-"))) {
    return { name: version, path: [], env: {}, cargo: [] };
  }
  install(["rustc-web", "cargo-web", "rust-web-src", "lld"], missingTarget);
  const debian = read("/usr/bin/rustc", ["-vV"]);
  if (debian === undefined) throw new CommandError(missingTarget);
  return {
    name: debian,
    path: ["/usr/bin"],
    env: {
      RUSTC: "/usr/bin/rustc",
      // Building the standard library is an unstable feature, which a stable compiler refuses without this.
      RUSTC_BOOTSTRAP: "1",
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: "wasm-ld",
    },
    cargo: ["-Z", "build-std=std,panic_abort"],
  };
}

/**
 * Installs a Rust program into target/tools unless it is there or on the PATH.
 *
 * @param {string} program - Its name on the PATH.
 * @param {string} crate
 * @param {string | undefined} version - The only version that will do; any where undefined.
 */
function installTool(program, crate, version) {
  const suits = (/** @type {string} */ path) => {
    const found = read(path, ["--version"]);
    return found !== undefined && (version === undefined || found.trim().split(" ").at(1) === version);
  };
  if (suits(join(tools, "bin", program)) || suits(program)) return;
  console.log(`Installing ${crate} into target/tools; this takes some minutes, once`);
  run("cargo", ["install", version ? `${crate}@${version}` : crate, "--root", tools, "--force", "--quiet"]);
}

/** The version of wasm-bindgen in Cargo.lock: program and crate must not differ. */
function lockedWasmBindgen() {
  const lock = readFileSync(join(root, "Cargo.lock"), "utf8");
  const version = /name = "wasm-bindgen"\nversion = "([^"]+)"/.exec(lock)?.[1];
  if (version === undefined) throw new CommandError("Cargo.lock names no wasm-bindgen");
  return version;
}

/** Builds the WebAssembly flavour unless it is up to date. */
export function buildWasm() {
  installLinker();
  const compiler = findCompiler();
  const version = lockedWasmBindgen();
  whenStale(
    "wasm",
    {
      inputs: ["Cargo.toml", "Cargo.lock", ".cargo", "crates", "package-lock.json", "wasm/build.mjs"],
      settings: [compiler.name],
      outputs: () => ["decolle.js", "decolle.d.ts", "decolle_bg.wasm"].map((name) => `${output}/${name}`),
    },
    () => {
      installTool("wasm-bindgen", "wasm-bindgen-cli", version);
      installTool("wasm-pack", "wasm-pack", undefined);
      rmSync(join(root, output), { recursive: true, force: true });
      const path = [join(root, "node_modules", ".bin"), join(tools, "bin"), ...compiler.path, process.env.PATH];
      run(
        "wasm-pack",
        [
          "build",
          join(root, "crates", "web"),
          ...["--mode", "force", "--target", "web", "--release", "--no-pack"],
          ...["--out-name", "decolle", "--out-dir", join(root, output)],
          ...["--", ...compiler.cargo],
        ],
        {
          ...compiler.env,
          PATH: path.join(delimiter),
          // Of its own: another compiler's artifacts would be thrown away at every change of sides.
          CARGO_TARGET_DIR: join(root, "target", "wasm"),
          // These would override the flags of .cargo/config.toml, SIMD among them.
          RUSTFLAGS: undefined,
          CARGO_ENCODED_RUSTFLAGS: undefined,
        },
      );
      // wasm-pack hides its output from git, and by that from `npm pack`.
      rmSync(join(root, output, ".gitignore"), { force: true });
    },
  );
}
