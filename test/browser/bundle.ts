/** The package as npm would publish it, bundled with a page by Vite, and a server for what comes out. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { build } from "vite";
import { CommandError, root } from "../../build/command.mjs";

/** Runs a program and gives its output. */
function output(program: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: root, encoding: "utf8" });
  if (error || status !== 0) throw new CommandError(`${program} ${args.join(" ")}: ${error?.message ?? stderr}`);
  return stdout;
}

/** Packs the package and unpacks it again, so that what `files` leaves out is missed here. */
function unpacked(folder: string): string {
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

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** Headers that isolate a page from other origins, which may then share memory between its threads. */
export const isolation: Readonly<Record<string, string>> = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/**
 * Serves a folder on a port of this machine.
 *
 * @param site - The folder.
 * @param headers - Sent with every file.
 * @returns The address, and what ends the server.
 */
export async function serve(site: string, headers: Readonly<Record<string, string>>) {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    const file = path === "/" ? "/index.html" : path;
    try {
      const body = readFileSync(join(site, file));
      response.writeHead(200, { "Content-Type": types[extname(file)] ?? "application/octet-stream", ...headers });
      response.end(body);
    } catch {
      response.writeHead(404, headers).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { address: `http://localhost:${port}/`, close: () => server.close() };
}
