// @ts-check
/** Compiles the TypeScript: src → dist. */

import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root, run } from "./command.mjs";
import { whenStale } from "./freshness.mjs";

/** Folders of dist that hold the compiled core. */
const core = ["native", "wasm", "wasm-threads", "wasm-events", "wasm-rules"];

/** The JSON schema of configuration files, which editors complete by. */
const schema = "dist/schema/configuration.json";

/** Writes the JSON schema out of the schemas that check configuration files. */
async function writeSchema() {
  // Not at the top: a fresh clone runs this file before it has any package, and before anything is compiled.
  const { toJsonSchema } = await import("@valibot/to-json-schema");
  const compiled = pathToFileURL(join(root, "dist", "cli", "configuration-schema.js"));
  const { editorSchema } = await import(compiled.href);
  mkdirSync(join(root, "dist", "schema"), { recursive: true });
  writeFileSync(join(root, schema), `${JSON.stringify(toJsonSchema(editorSchema, { target: "draft-07" }))}\n`);
}

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
      outputs: () => ["dist/index.js", "dist/index.d.ts", "dist/browser.js", "dist/cli/main.js", schema],
    },
    async () => {
      const dist = join(root, "dist");
      mkdirSync(dist, { recursive: true });
      // What an older source left behind must not be published.
      for (const name of readdirSync(dist).filter((name) => !core.includes(name))) {
        rmSync(join(dist, name), { recursive: true });
      }
      run(process.execPath, [join("node_modules", "typescript", "bin", "tsc"), "-p", "tsconfig.build.json"]);
      const main = join(dist, "cli", "main.js");
      if (existsSync(main)) chmodSync(main, 0o755);
      await writeSchema();
    },
  );
}
