// @ts-check
/**
 * Builds the WebAssembly modules by wasm-pack, all with 128-bit SIMD: the engine, crates/web, in two flavours, `single`, one
 * thread, into dist/wasm, and `threads`, over a shared memory, into dist/wasm-threads; recordings, crates/web-events, into
 * dist/wasm-events; rules, crates/web-rules, into dist/wasm-rules.
 *
 * The compiler is rustup's where its `wasm32-unknown-unknown` target is installed, else Debian's, which compiles the
 * standard library from its sources. Threads need a standard library compiled with atomics, so always its sources:
 * rustup's component `rust-src`, or Debian's package. Where there are neither, that flavour is left out, and the package
 * runs WebAssembly on one thread.
 *
 * What is missing is installed: wasm-bindgen's program and wasm-pack by cargo into target/tools, the compiler by apt-get
 * where this is Debian and we are root. wasm-opt is npm's `binaryen`: Debian's release 108 breaks the table of JavaScript
 * values.
 */

import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { CommandError, read, root, run, runBeside } from "../build/command.mjs";
import { install, installLinker } from "../build/debian.mjs";
import { whenStale } from "../build/freshness.mjs";
import { asFactory } from "./glue.mjs";

const target = "wasm32-unknown-unknown";
const tools = join(root, "target", "tools");
const missingTarget = `The WebAssembly build needs Rust's target: rustup target add ${target}`;

/**
 * A compiler for WebAssembly: what it needs in the environment, and what cargo is told besides.
 *
 * @typedef {{ name: string, path: string[], env: NodeJS.ProcessEnv, cargo: string[] }} Compiler
 */

/**
 * What building the standard library needs: an unstable feature, which a stable compiler refuses without this. What is
 * compiled here rather than where it is used is not in the kernels: size counts. Nor is what hands work to threads.
 */
const fromSource = {
  env: { RUSTC_BOOTSTRAP: "1" },
  cargo: [
    ...["-Z", "build-std=std,panic_abort", "-Z", "build-std-features=optimize_for_size"],
    ...["core", "alloc", "std"].flatMap((name) => ["--config", `profile.release.package.${name}.opt-level="s"`]),
    ...["rayon", "rayon-core", "crossbeam-deque", "crossbeam-epoch", "crossbeam-utils"].flatMap((name) => [
      "--config",
      `profile.release.package.${name}.opt-level="z"`,
    ]),
  ],
};

/** The version of the compiler on the PATH, rustup's as a rule. */
function rustcVersion() {
  const version = read("rustc", ["-vV"]);
  if (version === undefined)
    throw new CommandError("The WebAssembly build needs Rust 1.90 or newer: https://rustup.rs");
  return version;
}

/**
 * Debian's compiler with the sources of its standard library, which is installed if need be.
 *
 * @returns {Compiler}
 */
function debianCompiler() {
  install(["rustc-web", "cargo-web", "rust-web-src", "lld"], missingTarget);
  const version = read("/usr/bin/rustc", ["-vV"]);
  if (version === undefined) throw new CommandError(missingTarget);
  const env = {
    ...fromSource.env,
    RUSTC: "/usr/bin/rustc",
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: "wasm-ld",
  };
  return { ...fromSource, name: version, path: ["/usr/bin"], env };
}

/**
 * A compiler with a standard library for one thread.
 *
 * @returns {Compiler}
 */
function singleCompiler() {
  const version = rustcVersion();
  const library = read("rustc", ["--print", "target-libdir", "--target", target])?.trim();
  if (library && existsSync(library) && readdirSync(library).some((name) => name.startsWith("libstd-"))) {
    return { name: version, path: [], env: {}, cargo: [] };
  }
  return debianCompiler();
}

/**
 * A compiler with the sources of its standard library.
 *
 * @returns {Compiler}
 */
function threadsCompiler() {
  const version = rustcVersion();
  const sysroot = read("rustc", ["--print", "sysroot"])?.trim();
  if (sysroot && existsSync(join(sysroot, "lib", "rustlib", "src", "rust", "library"))) {
    return { ...fromSource, name: version, path: [] };
  }
  return debianCompiler();
}

/**
 * A module, and how it is built.
 *
 * @typedef {object} Flavour
 * @property {string} name - Of the build step, and of its folder below target and dist.
 * @property {string} crate - What is built, below crates.
 * @property {readonly string[]} flags - For the compiler and the linker, after those of .cargo/config.toml.
 */

/**
 * Kernels are inlined where they say so and unroll what is of a fixed length, if it is short; beyond that, calls and loops stay,
 * so that there is less to download.
 */
const small = [
  "-inline-threshold=25",
  "-unroll-runtime=0",
  "-unroll-peel-max-count=0",
  "-unroll-threshold=200",
].flatMap((option) => ["-C", `llvm-args=${option}`]);

/** Natively decoders are compiled for speed, which makes them a quarter faster; here their size counts. */
const sized = ["--config", `profile.release.package.decolle-events.opt-level="s"`];

/** @type {Flavour} */
const single = { name: "wasm", crate: "web", flags: small };

/** @type {Flavour} */
const recordings = { name: "wasm-events", crate: "web-events", flags: small };

/** @type {Flavour} */
const rules = { name: "wasm-rules", crate: "web-rules", flags: small };

/** @type {Flavour} */
const threads = {
  name: "wasm-threads",
  crate: "web",
  flags: [
    ...small,
    ...["-C", "target-feature=+atomics,+bulk-memory"],
    ...[
      "--shared-memory",
      // A shared memory has to say how far it may grow: as far as the other flavour's, to the end of 32-bit addresses.
      "--max-memory=4294967296",
      "--import-memory",
      // wasm-bindgen gives every instance its stack and its thread-local variables by these.
      ...["__heap_base", "__wasm_init_tls", "__tls_size", "__tls_align", "__tls_base"].map(
        (name) => `--export=${name}`,
      ),
    ].flatMap((argument) => ["-C", `link-arg=${argument}`]),
  ],
};

/** They run for seconds, so that compiling them well costs more than it gives. */
const quicklyCompiled = {
  CARGO_TARGET_DIR: join(tools, "build"),
  CARGO_PROFILE_RELEASE_OPT_LEVEL: "1",
  CARGO_PROFILE_RELEASE_LTO: "off",
  CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "16",
};

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
  const words = ["install", version ? `${crate}@${version}` : crate, "--root", tools, "--force", "--quiet"];
  run("cargo", words, quicklyCompiled);
}

/** Installs the programs that build every flavour, unless they are there. */
function installTools() {
  installTool("wasm-bindgen", "wasm-bindgen-cli", lockedWasmBindgen());
  installTool("wasm-pack", "wasm-pack", undefined);
  rmSync(quicklyCompiled.CARGO_TARGET_DIR, { recursive: true, force: true });
}

/** The version of wasm-bindgen in Cargo.lock: program and crate must not differ. */
function lockedWasmBindgen() {
  const lock = readFileSync(join(root, "Cargo.lock"), "utf8");
  const version = /name = "wasm-bindgen"\nversion = "([^"]+)"/.exec(lock)?.[1];
  if (version === undefined) throw new CommandError("Cargo.lock names no wasm-bindgen");
  return version;
}

/**
 * What cargo is told by variables.
 *
 * @param {Pick<Flavour, "name" | "flags">} flavour
 * @param {Compiler} compiler
 * @param {readonly (string | undefined)[]} path - Folders of programs.
 * @returns {NodeJS.ProcessEnv}
 */
function environment({ name, flags }, compiler, path) {
  return {
    ...compiler.env,
    PATH: path.join(delimiter),
    // Of its own: the artifacts of another compiler or flavour would be thrown away at every change of sides.
    CARGO_TARGET_DIR: join(root, "target", name),
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: flags.join(" "),
    // Crates optimised as one: a thirtieth less to download, for some seconds more.
    CARGO_PROFILE_RELEASE_LTO: "fat",
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "1",
    // wasm-opt drops it; until then it is nine tenths of the module.
    CARGO_PROFILE_RELEASE_DEBUG: "0",
    // These would override the flags of .cargo/config.toml, SIMD among them.
    RUSTFLAGS: undefined,
    CARGO_ENCODED_RUSTFLAGS: undefined,
  };
}

/**
 * Builds a flavour unless it is up to date.
 *
 * @param {Flavour} flavour
 * @param {Compiler} compiler
 */
async function build({ name, crate, flags }, compiler) {
  const output = `dist/${name}`;
  await whenStale(
    name,
    {
      inputs: ["Cargo.toml", "Cargo.lock", ".cargo", "crates", "package-lock.json", "wasm/build.mjs", "wasm/glue.mjs"],
      settings: [compiler.name, ...flags, ...sized],
      outputs: () => ["decolle.js", "decolle.d.ts", "decolle_bg.wasm"].map((file) => `${output}/${file}`),
    },
    async () => {
      installTools();
      console.log(`${name}: building`);
      rmSync(join(root, output), { recursive: true, force: true });
      const path = [join(root, "node_modules", ".bin"), join(tools, "bin"), ...compiler.path, process.env.PATH];
      await runBeside(
        "wasm-pack",
        [
          "build",
          join(root, "crates", crate),
          ...["--mode", "force", "--target", "web", "--release", "--no-pack"],
          ...["--out-name", "decolle", "--out-dir", join(root, output)],
          ...["--", ...compiler.cargo, ...sized],
        ],
        environment({ name, flags }, compiler, path),
      );
      const glue = join(root, output, "decolle.js");
      writeFileSync(glue, asFactory(readFileSync(glue, "utf8")));
      // wasm-pack hides its output from git, and by that from `npm pack`.
      rmSync(join(root, output, ".gitignore"), { force: true });
    },
  );
}

/**
 * Builds a crate's benchmarks, compiled as the flavour for one thread is, but not seen by wasm-opt.
 *
 * @param {string} crate - Its name.
 * @returns {Map<string, string>} The module of each benchmark by its name.
 */
export function buildBenchmarks(crate) {
  const compiler = singleCompiler();
  const words = ["build", "--release", "--benches", "--package", crate, "--target", target, ...compiler.cargo];
  const env = environment(single, compiler, [...compiler.path, process.env.PATH]);
  run("cargo", words, env);
  // Built now; asked again, cargo only says where.
  const messages = read("cargo", [...words, "--message-format=json"], env) ?? "";
  /** @type {Map<string, string>} */
  const modules = new Map();
  for (const line of messages.split("\n")) {
    if (!line.startsWith("{")) continue;
    const { target: built, executable, filenames } = JSON.parse(line);
    const file = executable ?? filenames?.find((/** @type {string} */ name) => name.endsWith(".wasm"));
    if (built?.kind?.includes("bench") && file) modules.set(built.name, file);
  }
  return modules;
}

/**
 * A compiler for the flavour with threads; where there is none, a file stands for the module.
 *
 * @returns {Compiler | undefined}
 */
function threadsCompilerIfAny() {
  try {
    return threadsCompiler();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    console.log(
      `${threads.name}: left out, so that WebAssembly runs one thread: it needs the sources of Rust's standard library ` +
        `(rustup component add rust-src). ${error.message}`,
    );
    // What an older source left behind must not be published; and bundlers want a file there.
    const output = join(root, "dist", threads.name);
    rmSync(output, { recursive: true, force: true });
    mkdirSync(output, { recursive: true });
    copyFileSync(join(root, "wasm", "threads", "left-out.js"), join(output, "decolle.js"));
    return undefined;
  }
}

/**
 * Builds all modules, each unless it is up to date.
 *
 * @returns {Promise<{ threads: boolean }>} Whether there is a compiler for the flavour with threads.
 */
export async function buildWasm() {
  installLinker();
  const alone = singleCompiler();
  const withThreads = threadsCompilerIfAny();
  // Two at a time: a module is optimised as a whole, most of the time on one core.
  const done = await Promise.allSettled([
    (async () => {
      await build(single, alone);
      await build(rules, alone);
    })(),
    (async () => {
      if (withThreads) await build(threads, withThreads);
      await build(recordings, alone);
    })(),
  ]);
  for (const one of done) if (one.status === "rejected") throw one.reason;
  return { threads: withThreads !== undefined };
}
