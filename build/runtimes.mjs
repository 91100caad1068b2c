// @ts-check
/**
 * Installs other programs that run JavaScript, which the packages are tested with, into target/runtimes: `npm run runtimes`, on
 * Linux with the GNU C library. They come from the npm registry. Tests that want one that is not there are skipped, by name.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CommandError, npm, root, script } from "./command.mjs";

/** Where they go. */
const folder = join(root, "target", "runtimes");

/**
 * A program that runs JavaScript.
 *
 * @typedef {object} Runtime
 * @property {string} name - What the tests call it.
 * @property {string} version - Which version is installed.
 * @property {string} pack - The npm package that holds it.
 * @property {string} program - Its path.
 * @property {readonly string[]} words - What it is told before the name of a file to run.
 */

/**
 * The programs, whether they are installed or not. Node 20.16 is the oldest that decolle runs on.
 *
 * @returns {Runtime[]}
 */
export function runtimes() {
  const isArm = process.arch === "arm64";
  /** @type {(version: string) => Omit<Runtime, "program"> & { file: string }} */
  const node = (version) => ({
    ...{ name: `Node ${version}`, version, pack: `node-linux-${process.arch}` },
    ...{ file: "bin/node", words: [] },
  });
  const all = [
    ...["20.16.0", "20", "22", "24"].map(node),
    {
      ...{ name: "Deno 2", version: "2", pack: `@deno/linux-${process.arch}-glibc` },
      ...{ file: "deno", words: ["run", "--allow-all", "--quiet", "--node-modules-dir=manual"] },
    },
    {
      ...{ name: "Bun 1", version: "1", pack: `@oven/bun-linux-${isArm ? "aarch64" : "x64"}` },
      ...{ file: "bin/bun", words: [] },
    },
  ];
  return all.map(({ file, ...runtime }) => {
    return { ...runtime, program: join(folder, runtime.name.replaceAll(" ", "-"), "node_modules", runtime.pack, file) };
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await script(() => {
    if (process.platform !== "linux") throw new CommandError("These programs are for Linux");
    for (const { name, version, pack, program } of runtimes()) {
      if (existsSync(program)) continue;
      console.log(`Installing ${name}`);
      const words = ["install", "--no-save", "--no-audit", "--no-fund", "--silent"];
      npm([...words, "--prefix", join(folder, name.replaceAll(" ", "-")), `${pack}@${version}`]);
    }
  });
}
