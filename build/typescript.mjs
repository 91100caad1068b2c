// @ts-check
/** Compiles the TypeScript: src → dist. */

import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./command.mjs";
import { whenStale } from "./freshness.mjs";

/** Folders of dist that hold the compiled core. */
const core = ["native", "wasm", "wasm-threads", "wasm-events", "wasm-rules"];

/** Compiles the TypeScript unless it is up to date. */
export async function buildTypeScript() {
  await whenStale(
    "typescript",
    {
      inputs: [
        "src",
        "tsconfig.json",
        "tsconfig.build.json",
        "package.json",
        "package-lock.json",
        "build/typescript.mjs",
      ],
      outputs: () => ["dist/index.js", "dist/index.d.ts", "dist/browser.js", "dist/cli/main.js"],
    },
    () => {
      const dist = join(root, "dist");
      mkdirSync(dist, { recursive: true });
      // What an older source left behind must not be published.
      for (const name of readdirSync(dist).filter((name) => !core.includes(name))) {
        rmSync(join(dist, name), { recursive: true });
      }
      run(process.execPath, [join("node_modules", "typescript", "bin", "tsc"), "-p", "tsconfig.build.json"]);
      const main = join(dist, "cli", "main.js");
      if (existsSync(main)) chmodSync(main, 0o755);
    },
  );
}
