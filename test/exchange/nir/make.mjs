// @ts-check
/**
 * Makes `spikes.json` anew: `DECOLLE_PYTHON=PYTHON node test/exchange/nir/make.mjs`, where that Python has nir, nirtorch, norse and
 * snntorch. `make.ts` says what it holds.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { build } from "esbuild";

const python = process.env["DECOLLE_PYTHON"];
if (python === undefined) throw new Error("DECOLLE_PYTHON has to name a Python with nir, nirtorch, norse and snntorch");
const folder = import.meta.dirname;
const outfile = join(folder, "../../../target/nir-make.mjs");
await build({
  entryPoints: [join(folder, "make.ts")],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  external: ["#*"],
  logLevel: "warning",
});
execFileSync(process.execPath, [outfile, python, folder], { stdio: "inherit" });
