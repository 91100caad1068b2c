// @ts-check
/**
 * The page that learns in a browser, examples/live: `npm run demo:web` builds and serves it, `npm run build:web` makes
 * static files of it in runs/web, for any host. Both do all set-up by themselves. With `--bench` the bench page has tfjs
 * beside it, which is installed into target/tfjs and no part of this project.
 */

import { fileURLToPath } from "node:url";
import { setUp as setUpTfjs } from "../bench/tfjs/setup.mjs";
import { buildWasm } from "../wasm/build.mjs";
import { script } from "./command.mjs";
import { setUp } from "./setup.mjs";
import { buildTypeScript } from "./typescript.mjs";

const configFile = fileURLToPath(new URL("../examples/live/vite.config.ts", import.meta.url));

await script(async () => {
  setUp();
  await buildWasm();
  await buildTypeScript();
  if (process.argv.includes("--bench")) {
    setUpTfjs(console.log);
    process.env["DECOLLE_TFJS"] = "1";
  }
  // Not there before the set-up.
  const { build, preview } = await import("vite");
  await build({ configFile });
  if (process.argv[2] !== "serve") return;
  const server = await preview({ configFile });
  server.printUrls();
});
