// @ts-check
/**
 * The page that learns in a browser, examples/live: `npm run demo:web` builds and serves it, `npm run build:web` makes
 * static files of it in runs/web, for any host. Both do all set-up by themselves.
 */

import { fileURLToPath } from "node:url";
import { buildWasm } from "../wasm/build.mjs";
import { script } from "./command.mjs";
import { setUp } from "./setup.mjs";
import { buildTypeScript } from "./typescript.mjs";

const configFile = fileURLToPath(new URL("../examples/live/vite.config.ts", import.meta.url));

await script(async () => {
  setUp();
  buildWasm();
  buildTypeScript();
  // Not there before the set-up.
  const { build, preview } = await import("vite");
  await build({ configFile });
  if (process.argv[2] !== "serve") return;
  const server = await preview({ configFile });
  server.printUrls();
});
