// @ts-check
/**
 * Runs benchmarks: all, or those named on the command line. `node bench/index.mjs [NAME...] [--threads N] [--seeds 0,1,2]
 * [--preset NAME] [--epochs N] [--backend native|wasm]`; `--threads` is for `reproduction` and `versus-pytorch`, the others for `reproduction`.
 */

import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

/** What can be run, each with whether it runs when none is named. */
const benchmarks = /** @type {const} */ ({
  "versus-pytorch": [() => import("./versus-pytorch.mjs"), true],
  backends: [() => import("./backends.mjs"), true],
  memory: [() => import("./memory.mjs"), true],
  reproduction: [() => import("./reproduction.mjs"), false],
  document: [() => import("./document.mjs"), false],
});

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
    const options = { threads: text, seeds: text, preset: text, epochs: text, backend: text };
    parsed = parseArgs({ args: [...words], allowPositionals: true, options });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 2;
  }
  const known = Object.entries(benchmarks);
  const unknown = parsed.positionals.find((name) => !Object.hasOwn(benchmarks, name));
  if (unknown !== undefined) {
    console.error(`There is no benchmark "${unknown}"; there are ${Object.keys(benchmarks).join(", ")}`);
    return 2;
  }
  const chosen = known.filter(([name, [, usual]]) =>
    parsed.positionals.length === 0 ? usual : parsed.positionals.includes(name),
  );
  let code = 0;
  for (const [name, [load]] of chosen) {
    console.error(`\n── ${name}`);
    try {
      const { run } = await load();
      const table = await run((text) => console.error(`   ${text}`), { ...parsed.values });
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
