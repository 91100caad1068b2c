// @ts-check
/** Installs the npm packages that package-lock.json names, unless they are there: `npm run setup`. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { npm, root, script } from "./command.mjs";

/**
 * Whether node_modules holds what the lock file asks for; npm writes down what it installed.
 *
 * @returns {boolean}
 */
function installed() {
  const written = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(written)) return false;
  const found = JSON.parse(readFileSync(written, "utf8")).packages;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  return Object.entries(wanted).every(
    ([path, entry]) => path === "" || entry.optional || found[path]?.version === entry.version,
  );
}

/** Installs the npm packages where they are missing or of other versions. */
export function setUp() {
  if (installed()) return;
  console.log("Installing the npm packages of package-lock.json");
  npm(["ci", "--no-audit", "--no-fund"]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await script(setUp);
