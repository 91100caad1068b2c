// @ts-check
/**
 * Runs the tests of the kernels and of whole networks with NEON: `npm run test:neon`. They are compiled for aarch64 and run by
 * qemu's emulation of one processor. Debian's compiler builds the standard library from its sources, so no target has to be
 * installed; the first run takes some minutes.
 */

import { join } from "node:path";
import { root, run, script } from "./command.mjs";
import { install } from "./debian.mjs";

const target = "aarch64-unknown-linux-gnu";

await script(() => {
  install(
    ["rustc-web", "cargo-web", "rust-web-src", "gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross", "qemu-user"],
    "The tests with NEON need a cross compiler and qemu",
  );
  const packages = ["decolle-neuron", "decolle-synapse", "decolle-network"].flatMap((name) => ["-p", name]);
  run(
    "/usr/bin/cargo",
    [
      "test",
      "--release",
      "--locked",
      "--lib",
      "--tests",
      "--target",
      target,
      ...packages,
      ...["-Z", "build-std=std,panic_unwind,test"],
    ],
    {
      RUSTC: "/usr/bin/rustc",
      // Building the standard library is an unstable feature, which a stable compiler refuses without this.
      RUSTC_BOOTSTRAP: "1",
      CARGO_TARGET_DIR: join(root, "target", "neon"),
      CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER: "aarch64-linux-gnu-gcc",
      CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER: "qemu-aarch64 -L /usr/aarch64-linux-gnu",
    },
  );
});
