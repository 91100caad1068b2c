// @ts-check
/**
 * The documentation as a site of static files: `npm run docs` writes it to target/site, `npm run docs -- serve` shows it, too. It
 * needs no server: its search works from the files themselves.
 */

import { join } from "node:path";
import { CommandError, root, run, script } from "./command.mjs";
import { setUp } from "./setup.mjs";

const site = join("target", "site");

await script(async () => {
  const [word] = process.argv.slice(2);
  if (word !== undefined && word !== "serve") throw new CommandError(`expected serve or nothing, found "${word}"`);
  setUp();
  run(process.execPath, [join("node_modules", "typedoc", "bin", "typedoc"), "--out", site, "--logLevel", "Warn"]);
  console.log(`The site is in ${site}: open ${join(site, "index.html")}, or copy the folder to any host.`);
  if (word !== "serve") return;
  // Not there before the set-up.
  const { preview } = await import("vite");
  const server = await preview({ configFile: false, root, build: { outDir: site } });
  server.printUrls();
});
