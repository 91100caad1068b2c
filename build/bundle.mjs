// @ts-check
/**
 * Makes the ready bundle for pages that no bundler packs: dist/browser, from what TypeScript made of src/browser.ts and from
 * wasm/.
 *
 * The modules find the .wasm files and the scripts of Workers by `new URL("…", import.meta.url)`, from where they lie. Rolldown
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
 * @param {(script: string) => string} add - Makes the script of a Worker a file of the bundle, and gives the name of the file.
 * @returns {string}
 */
function placed(path, add) {
  const text = readFileSync(path, "utf8");
  const from = dirname(path);
  const start = address(join(root, "wasm", "worker-from.js"));
  const named = (/** @type {string} */ script) => `new URL("./${add(resolve(from, script))}", import.meta.url)`;
  const started = text.replace(worker, (_, script) => `workerFrom(${named(script)},`);
  const found = started
    .replace(worklet, (_, script) => `addModule(${named(script)})`)
    .replace(file, (_, module) => `new URL("${address(relative(folder, resolve(from, module)))}", import.meta.url)`);
  return started === text ? found : `import { workerFrom } from "${start}";\n${found}`;
}

/** Whether a module belongs to a build of the core. @param {string} path */
const ofWasm = (path) => /^(dist.)?wasm/.test(relative(root, path));

/** Bundles the entry, and the scripts of Workers that are met while modules are read. */
async function bundle() {
  // Not at the top: a fresh clone runs this file before it has any package.
  const { build } = await import("rolldown");
  rmSync(folder, { recursive: true, force: true });
  /** Scripts of Workers by the names of their files. @type {Map<string, string>} */
  const workers = new Map();
  const building = build({
    cwd: root,
    input: { decolle: join(root, "dist", "browser.js") },
    platform: "browser",
    // There is none in a browser; what asks for it is left out.
    transform: { target: "es2022", define: { process: "undefined" } },
    output: {
      dir: folder,
      format: "esm",
      chunkFileNames: "[name]-[hash].js",
      // One file for what the entry shares with Workers and with what is loaded later. Otherwise every combination of them has a
      // file of its own, and many small files pack worse than one. Of wasm/ a page needs one flavour only.
      codeSplitting: { groups: [{ name: "shared", test: (path) => !ofWasm(path), minShareCount: 2 }] },
      minify: true,
      comments: false,
      postBanner: "/* decolle, MIT OR Apache-2.0 */",
    },
    plugins: [
      {
        name: "place",
        load(path) {
          const own = path.startsWith(`${root}${sep}`) && !path.includes(`${sep}node_modules${sep}`);
          if (!own || path.endsWith("worker-from.js")) return undefined;
          return placed(path, (script) => {
            const fileName = `${nameOf(script)}.js`;
            const known = workers.get(fileName);
            if ((known ?? script) !== script) throw new CommandError(`Two scripts of Workers are called ${fileName}`);
            if (known === undefined) this.emitFile({ type: "chunk", id: script, fileName });
            workers.set(fileName, script);
            return fileName;
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
      await bundle();
      writeFileSync(join(folder, "decolle.d.ts"), 'export * from "../browser.js";\n');
    },
  );
}
