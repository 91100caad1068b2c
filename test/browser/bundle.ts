/** The package as npm would publish it, bundled with a page by Vite. */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";
import { CommandError, root } from "../../build/command.mjs";

export { isolation } from "./isolation.js";
export { serve } from "./server.js";

/** Runs a program and gives its output. */
function output(program: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: root, encoding: "utf8" });
  if (error || status !== 0) throw new CommandError(`${program} ${args.join(" ")}: ${error?.message ?? stderr}`);
  return stdout;
}

/**
 * Packs the package and unpacks it again, so that what `files` leaves out is missed here.
 *
 * @param folder - Where; what was there is gone.
 * @returns The package's folder.
 */
export function unpacked(folder: string): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const [{ filename }] = JSON.parse(output("npm", "pack", "--json", "--pack-destination", folder));
  output("tar", "-xzf", join(folder, filename), "-C", folder);
  return join(folder, "package");
}

/**
 * Bundles a page.
 *
 * @param name - Of the folder that this is done in: test files run at the same time, so each has one of its own.
 * @param page - The page's folder beside this file.
 * @returns The folder of the bundle.
 */
export async function bundle(name = "page", page = "page"): Promise<string> {
  const folder = join(root, "target", "browser", name);
  const outDir = join(folder, "site");
  await build({
    configFile: false,
    logLevel: "warn",
    root: join(root, "test", "browser", page),
    resolve: { alias: { decolle: unpacked(folder) } },
    build: { outDir, target: "es2022", emptyOutDir: true },
  });
  return outDir;
}
