// @ts-check
/**
 * Makes the ready bundle for pages that no bundler packs: dist/browser, from what TypeScript made of src/browser.ts and from
 * wasm/.
 *
 * The modules find the .wasm files and the scripts of Workers by `new URL("…", import.meta.url)`, from where they lie. esbuild
 * leaves these expressions alone, so that the paths are set right here: the .wasm files stay in their folders of dist, and
 * every script of a Worker, or of the audio thread, becomes a file of the bundle.
 */

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { CommandError, root } from "./command.mjs";
import { whenStale } from "./freshness.mjs";

const folder = join(root, "dist", "browser");
const worker = /new Worker\(\s*new URL\("(\.[^"]+)", import\.meta\.url\),/g;
const file = /new URL\(\s*"(\.[^"]+\.wasm)",\s*import\.meta\.url,?\s*\)/g;
const worklet = /addModule\(\s*new URL\("(\.[^"?]+)\?no-inline", import\.meta\.url\),?\s*\)/g;

/** A path as an address has it. @param {string} path */
const address = (path) => path.split(sep).join("/");

/**
 * The name that the script of a Worker has in the bundle: that of its folder and its own.
 *
 * @param {string} script
 */
const nameOf = (script) => `${basename(dirname(script))}-${basename(script, ".js")}`;

/**
 * Sets the paths in a module right.
 *
 * @param {string} path - Of the module.
 * @param {Map<string, string>} workers - Scripts of Workers by their names in the bundle; those of this module are added.
 * @returns {string}
 */
function placed(path, workers) {
  const text = readFileSync(path, "utf8");
  const from = dirname(path);
  const start = address(join(root, "wasm", "worker-from.js"));
  const named = (/** @type {string} */ script) => {
    const full = resolve(from, script);
    const name = nameOf(full);
    if ((workers.get(name) ?? full) !== full) throw new CommandError(`Two scripts of Workers are called ${name}.js`);
    workers.set(name, full);
    return `new URL("./${name}.js", import.meta.url)`;
  };
  const started = text.replace(worker, (_, script) => `workerFrom(${named(script)},`);
  const found = started
    .replace(worklet, (_, script) => `addModule(${named(script)})`)
    .replace(file, (_, module) => `new URL("${address(relative(folder, resolve(from, module)))}", import.meta.url)`);
  return started === text ? found : `import { workerFrom } from "${start}";\n${found}`;
}

/**
 * Bundles the entry and the scripts of Workers that are known so far.
 *
 * @param {Map<string, string>} workers - Added to.
 */
async function bundle(workers) {
  // Not at the top: a fresh clone runs this file before it has any package.
  const esbuild = await import("esbuild");
  rmSync(folder, { recursive: true, force: true });
  const building = esbuild.build({
    absWorkingDir: root,
    entryPoints: { decolle: join(root, "dist", "browser.js"), ...Object.fromEntries(workers) },
    outdir: folder,
    chunkNames: "[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    minify: true,
    // There is none in a browser; what asks for it is left out.
    define: { process: "undefined" },
    legalComments: "none",
    logLevel: "warning",
    banner: { js: "/* decolle, MIT OR Apache-2.0 */" },
    plugins: [
      {
        name: "place",
        setup(build) {
          build.onLoad({ filter: /\.js$/ }, ({ path }) => {
            const own = !path.includes(`${sep}node_modules${sep}`) && !path.endsWith("worker-from.js");
            return own ? { contents: placed(path, workers), resolveDir: dirname(path) } : undefined;
          });
        },
      },
    ],
  });
  await building.catch((error) => {
    throw new CommandError(`The bundle could not be made: ${error.message}`);
  });
}

/** Makes the bundle unless it is up to date. Needs the TypeScript compiled, and the WebAssembly built. */
export async function buildBundle() {
  await whenStale(
    "bundle",
    {
      inputs: [
        ...["src", "wasm", "tsconfig.json", "tsconfig.build.json", "package.json", "package-lock.json"],
        ...["wasm", "wasm-events", "wasm-rules", "wasm-threads"].map((name) => `dist/${name}/decolle.js`),
        "build/bundle.mjs",
      ],
      outputs: () => ["dist/browser/decolle.js", "dist/browser/decolle.d.ts"],
    },
    async () => {
      /** @type {Map<string, string>} */
      const workers = new Map();
      // Scripts of Workers are met while modules are read, and start Workers themselves.
      for (let known = -1; known < workers.size; ) {
        known = workers.size;
        await bundle(workers);
      }
      writeFileSync(join(folder, "decolle.d.ts"), 'export * from "../browser.js";\n');
    },
  );
}
