/** Each bundler with the settings that docs/bundlers.md names. */
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as esbuild from "esbuild";
import * as vite from "vite";
import { root } from "../../../build/command.mjs";
import { copyPackage, copyProgram, html } from "./program.js";
import { runTool, tool } from "./tools.js";

/** Where all of it lies. */
export const folder = join(root, "target", "bundlers");
/** The program. */
const project = join(folder, "project");
/** Where a bundler's site lies. */
const site = (name: string) => join(folder, name);

/** The page of a site whose script is `page.js`. */
function page(name: string, head?: string): string {
  writeFileSync(join(site(name), "index.html"), html("./page.js", head));
  return site(name);
}

async function byVite(): Promise<string> {
  await vite.build({
    configFile: false,
    logLevel: "warn",
    root: project,
    build: { outDir: site("vite"), emptyOutDir: true },
  });
  return site("vite");
}

async function byWebpack(): Promise<string> {
  const webpack = await tool("webpack");
  const settings = {
    mode: "production",
    context: project,
    entry: "./page.js",
    output: { path: site("webpack"), filename: "page.js" },
  };
  await new Promise<void>((resolve, reject) => {
    webpack(settings, (error: Error | null, stats?: { hasErrors(): boolean; toString(): string }) => {
      if (error) reject(error);
      else if (stats?.hasErrors()) reject(new Error(stats.toString()));
      else resolve();
    });
  });
  return page("webpack");
}

/**
 * Both plugins below say where a file is, the first for scripts of Workers only: this says it for the others. The second takes
 * Vite's query for a part of a file's name.
 */
const addresses = {
  name: "addresses",
  transform: (code: string) =>
    code.includes(".js?no-inline") ? { code: code.replace(".js?no-inline", ".js"), map: null } : null,
  resolveFileUrl: ({ relativePath }: { relativePath: string }) =>
    relativePath.startsWith("assets/") ? `new URL(${JSON.stringify(relativePath)}, import.meta.url).href` : null,
};

async function byRollup(): Promise<string> {
  const [{ rollup }, resolve, worker, assets] = [
    await tool("rollup"),
    (await tool("@rollup/plugin-node-resolve")) as (options: object) => unknown,
    (await tool("@surma/rollup-plugin-off-main-thread")) as () => unknown,
    ((await tool("@web/rollup-plugin-import-meta-assets")) as { importMetaAssets(): unknown }).importMetaAssets,
  ];
  const bundle = await rollup({
    input: { page: join(project, "page.js") },
    // What TypeScript puts before `using` asks for a `this` that modules have not.
    onwarn: (warning: { code?: string }, warn: (given: unknown) => void) => {
      if (warning.code !== "THIS_IS_UNDEFINED") warn(warning);
    },
    plugins: [resolve({ browser: true, exportConditions: ["browser"] }), addresses, worker(), assets()],
  });
  await bundle.write({ dir: site("rollup"), format: "es" });
  return page("rollup");
}

/**
 * Parcel reads `exports` and `imports` of packages only where the program's package.json says so. Left alone it would install a
 * stand-in for Node's `process`, for which the package only looks. With scope hoisting, Parcel 2.16 leaves modules out of the
 * script of the network's Worker, which the page's own script holds already.
 */
async function byParcel(): Promise<string> {
  const program = join(folder, "parcel-project");
  rmSync(program, { recursive: true, force: true });
  cpSync(project, program, { recursive: true });
  const settings = {
    name: "program",
    private: true,
    "@parcel/resolver-default": { packageExports: true },
    alias: { process: false },
  };
  writeFileSync(join(program, "package.json"), JSON.stringify(settings));
  // A lock file, or .git, is how Parcel finds the root of a program.
  writeFileSync(join(program, "package-lock.json"), "{}");
  runTool("parcel", ["build", "index.html", "--no-cache", "--no-scope-hoist", "--dist-dir", site("parcel")], program);
  return site("parcel");
}

/** esbuild knows no `new URL(…, import.meta.url)`, so the ready bundle stays outside, at an address of the site. */
async function byEsbuild(): Promise<string> {
  await esbuild.build({
    absWorkingDir: project,
    entryPoints: ["page.js", "engine.js"],
    outdir: site("esbuild"),
    bundle: true,
    format: "esm",
    alias: { decolle: "/decolle/browser/decolle.js" },
    external: ["/decolle/*"],
    logLevel: "warning",
  });
  copyPackage(folder, site("esbuild"));
  return page("esbuild");
}

/** No bundler: an import map for the page, and the address itself in a Worker, where browsers know no import map. */
async function byNone(): Promise<string> {
  copyProgram(folder, site("none"), "decolle");
  copyProgram(folder, join(site("none"), "worker"), "/decolle/browser/decolle.js");
  copyPackage(folder, site("none"));
  const map = { imports: { decolle: "./decolle/browser/decolle.js" } };
  const script = `<script type="importmap">${JSON.stringify(map)}</script>`;
  writeFileSync(join(site("none"), "by-address.html"), html("./worker/page.js"));
  return page("none", script);
}

/** All of them; each gives the folder of its site. */
export const bundlers = {
  Vite: byVite,
  webpack: byWebpack,
  Rollup: byRollup,
  Parcel: byParcel,
  esbuild: byEsbuild,
  none: byNone,
};

/**
 * The site that Vite serves while a program is written.
 *
 * @returns Its address, and what ends it.
 */
export async function viteServing(headers: Readonly<Record<string, string>>) {
  const server = await vite.createServer({
    configFile: false,
    logLevel: "warn",
    root: project,
    cacheDir: site("vite-cache"),
    server: { headers, port: 0, host: "127.0.0.1" },
  });
  await server.listen();
  const [address = ""] = server.resolvedUrls?.local ?? [];
  return { address, close: () => server.close() };
}
