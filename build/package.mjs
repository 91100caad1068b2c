// @ts-check
/**
 * Keeps packages that do not work from being made: `npm pack` and `npm publish` (as `prepack`), and installations from git
 * (as `prepare`), look here whether everything is built. A clone is not published itself (`prepublishOnly`): what is published
 * is made of it, without the addon, by packages.mjs.
 *
 * npm installs a git dependency by cloning it and packing the clone, of which only `prepare` hears. In a working copy
 * `prepare` also runs, after `npm ci`, where nothing is built yet and nothing is to be packed; npm tells the two apart by
 * what it sets for its own packing.
 */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What a package must hold, and the command that makes it. */
const parts = [
  {
    name: "types",
    made: () =>
      there(
        "dist/index.d.ts",
        "dist/index.js",
        "dist/browser.js",
        "dist/cli/main.js",
        "dist/schema/configuration.json",
      ),
    by: "build:ts",
  },
  { name: "native addon", made: () => there("dist/native/index.js") && addon(), by: "build:native" },
  {
    name: "WebAssembly",
    made: () =>
      ["wasm", "wasm-events", "wasm-rules"].every((folder) =>
        there(`dist/${folder}/decolle.js`, `dist/${folder}/decolle_bg.wasm`),
      ),
    by: "build:wasm",
  },
  { name: "bundle for pages", made: () => there("dist/browser/decolle.js"), by: "build:bundle" },
];

/** @param {string[]} files - Below the root. */
function there(...files) {
  return files.every((file) => existsSync(join(root, file)));
}

function addon() {
  return readdirSync(join(root, "dist/native")).some((name) => name.endsWith(".node"));
}

/** Whether npm is about to pack a clone, or is installing what a clone needs to be packed. */
function packing() {
  return Boolean(process.env["npm_package_resolved"] || process.env["_PACOTE_NO_PREPARE_"]);
}

const missing = parts.filter(({ made }) => !made());
if (process.argv.includes("--publish")) {
  console.error(
    "decolle: a clone is not published as it is, with this machine's addon inside. `npm run packages` makes the packages in\n" +
      "target/packages, and .github/workflows/release.yml publishes them.",
  );
  process.exitCode = 1;
} else if (missing.length > 0 && (!process.argv.includes("--prepare") || packing())) {
  const names = missing.map(({ name }) => name).join(", ");
  const commands = missing.map(({ by }) => `npm run ${by}`).join(" && ");
  console.error(
    `decolle: this copy is not built, so a package of it would not work; missing: ${names}.\n` +
      "To install from git: clone the repository, run `npm run build && npm run packages` in it, and install both files.\n" +
      `To pack this copy: ${commands}, then try again.`,
  );
  process.exitCode = 1;
} else if (missing.length === 0 && !there("dist/wasm-threads/decolle_bg.wasm")) {
  console.error("decolle: note: this copy has no WebAssembly with threads (docs/webassembly.md says what that needs).");
}
