// @ts-check
/**
 * Runs benchmarks: all, or those named on the command line. `node bench/index.mjs [NAME...] [--quick] [--threads N]
 * [--seeds 0,1,2] [--preset NAME] [--epochs N] [--backend native|wasm] [--network NAME] [--simd LEVEL] [--pytorch-simd avx2]`.
 * `document` puts the results into the pages.
 */

import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import * as document from "./document.mjs";
import { benchmarkOf, benchmarks } from "./list.mjs";

/**
 * Runs benchmarks and prints their tables.
 *
 * @param {readonly string[]} words - Names and options.
 * @returns {Promise<number>} Exit code: 0, 1 where one failed, 2 for a name or option that there is not.
 */
export async function runBenchmarks(words) {
  let parsed;
  try {
    const text = /** @type {const} */ ({ type: "string" });
    const quick = /** @type {const} */ ({ type: "boolean" });
    const strings = ["threads", "seeds", "preset", "epochs", "backend", "network", "simd", "pytorch-simd"];
    const options = { quick, ...Object.fromEntries(strings.map((name) => [name, text])) };
    parsed = parseArgs({ args: [...words], allowPositionals: true, options });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 2;
  }
  const names = [...Object.keys(benchmarks), "document"];
  const unknown = parsed.positionals.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    console.error(`There is no benchmark "${unknown}"; there are ${names.join(", ")}`);
    return 2;
  }
  const usual = Object.entries(benchmarks).flatMap(([name, [, always]]) => (always ? [name] : []));
  const chosen = parsed.positionals.length === 0 ? usual : names.filter((name) => parsed.positionals.includes(name));
  const options = Object.fromEntries(Object.entries(parsed.values).filter(([, value]) => value !== undefined));
  // The addon reads it whenever it makes a network.
  if (typeof options["simd"] === "string") process.env["DECOLLE_SIMD"] = options["simd"];
  let code = 0;
  for (const name of chosen) {
    console.error(`\n── ${name}`);
    try {
      const benchmark = name === "document" ? document : await benchmarkOf(name);
      const table = await benchmark?.run((text) => console.error(`   ${text}`), options);
      console.log(`\n${name}\n\n${table}`);
    } catch (error) {
      console.error(error);
      code = 1;
    }
  }
  return code;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = await runBenchmarks(process.argv.slice(2));
}
