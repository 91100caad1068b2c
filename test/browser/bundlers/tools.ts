/** Bundlers that are no dependencies of the package, in a folder of their own under target/. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../../../build/command.mjs";

const folder = join(root, "target", "bundlers-tools");

/** The bundlers, and for Rollup what its users take for `new URL` and `new Worker`. */
const packages = {
  webpack: "5",
  rollup: "4",
  "@rollup/plugin-node-resolve": "16",
  "@web/rollup-plugin-import-meta-assets": "2",
  "@surma/rollup-plugin-off-main-thread": "2",
  parcel: "2",
};

/**
 * Installs what is missing.
 *
 * @returns Why it could not be installed, undefined where it is there.
 */
export function obstacle(): string | undefined {
  const names = Object.keys(packages);
  if (names.every((name) => existsSync(join(folder, "node_modules", name, "package.json")))) return undefined;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"private":true}\n');
  const wanted = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
  const words = ["install", "--no-audit", "--no-fund", "--ignore-scripts", ...wanted];
  const { error, status, stderr } = spawnSync("npm", words, { cwd: folder, encoding: "utf8" });
  if (error) return error.message;
  return status === 0 ? undefined : `npm install ended with exit code ${status}: ${stderr.trim().split("\n").at(-1)}`;
}

/**
 * Runs the program of a bundler that has one, as its users do.
 *
 * @param name - The package, whose program has the same name.
 * @param words - Its arguments.
 * @param cwd - The folder it runs in.
 * @throws An error with what it said, where it fails or takes longer than three minutes.
 */
export function runTool(name: keyof typeof packages, words: readonly string[], cwd: string): void {
  const program = join(folder, "node_modules", ".bin", name);
  const { error, status, stdout, stderr } = spawnSync(program, words, { cwd, encoding: "utf8", timeout: 180_000 });
  if (error || status !== 0) throw new Error(`${name} ${words.join(" ")}: ${error?.message ?? stdout + stderr}`);
}

/**
 * A bundler, or a plugin of one.
 *
 * @param name - The package.
 * @returns What it exports by default, else all that it exports.
 */
// biome-ignore lint/suspicious/noExplicitAny: packages that are not installed when types are checked
export async function tool(name: keyof typeof packages): Promise<any> {
  const path = createRequire(join(folder, "package.json")).resolve(name);
  const loaded = await import(/* @vite-ignore */ pathToFileURL(path).href);
  return loaded.default ?? loaded;
}
