// @ts-check
/**
 * Builds what the tests need and runs all of them: cargo's, vitest's once per backend, and those in a browser. `npm test`.
 *
 * `npm test -- cargo`, `native`, `wasm`, `wasm-threads`, `realm`, `browser`, `browser-wasm` or `browser-threads` runs one of them;
 * what follows goes to that runner. `browser` opens pages of the packed package; the two others run the suite over the public API
 * on a page. The last line sums up. A runner that cannot run on this machine is skipped, by name. Exits with 1 where a test failed, a
 * runner failed, or a runner ran nothing.
 */

import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildWasm } from "../wasm/build.mjs";
import { buildBundle } from "./bundle.mjs";
import { root, script, watch } from "./command.mjs";
import { installChromium, installLinker } from "./debian.mjs";
import { buildNative } from "./native.mjs";
import { setUp } from "./setup.mjs";
import { table, tallyCargo, tallyVitest } from "./tally.mjs";
import { buildTypeScript } from "./typescript.mjs";

/**
 * @param {string[]} args
 */
async function cargo(args) {
  const { status, output } = await watch("cargo", ["test", "--workspace", "--no-fail-fast", "--locked", ...args]);
  return tallyCargo("cargo", output, status);
}

/**
 * @param {string} backend
 * @param {string[]} args
 */
async function vitest(backend, args) {
  const folder = join(root, "target", "test");
  const report = join(folder, `vitest-${backend}.json`);
  mkdirSync(folder, { recursive: true });
  rmSync(report, { force: true });
  const { status } = await watch(process.execPath, [
    join("node_modules", "vitest", "vitest.mjs"),
    // Agreed bits whose file is missing are a failure, not a new file.
    ...["run", "--project", backend, "--update=none"],
    ...["--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...args],
  ]);
  return tallyVitest(`vitest, ${backend}`, existsSync(report) ? readFileSync(report, "utf8") : undefined, status);
}

/**
 * What stands for a runner that cannot run here.
 *
 * @param {string} name
 * @param {string} reason
 * @returns {import("./tally.mjs").Tally}
 */
const left = (name, reason) => ({
  runner: `vitest, ${name}`,
  passed: 0,
  failed: 0,
  skipped: 1,
  failedNames: [],
  skippedNames: [`all of ${name}: ${reason}`],
});

/** @type {Record<string, (args: string[]) => Promise<import("./tally.mjs").Tally>>} */
const runners = {
  cargo,
  native: (args) => vitest("native", args),
  wasm: (args) => vitest("wasm", args),
  "wasm-threads": (args) => vitest("wasm-threads", args),
  realm: (args) => vitest("realm", args),
  browser: (args) => vitest("browser", args),
  "browser-wasm": (args) => vitest("browser-wasm", args),
  "browser-threads": (args) => vitest("browser-threads", args),
};

/**
 * Does a part of the work and says how long it took.
 *
 * @template T
 * @param {Map<string, number>} seconds - Where the time goes to.
 * @param {string} part
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
async function timed(seconds, part, work) {
  const start = performance.now();
  try {
    return await work();
  } finally {
    seconds.set(part, Math.round((performance.now() - start) / 1000));
  }
}

await script(async () => {
  /** @type {Map<string, number>} */
  const seconds = new Map();
  const [first = "", ...rest] = process.argv.slice(2);
  const chosen = Object.keys(runners).includes(first) ? [first] : Object.keys(runners);
  await timed(seconds, "packages", () => {
    setUp();
    installLinker();
  });
  /** @type {Record<string, string>} */
  const obstacles = {};
  if (chosen.some((name) => name !== "cargo")) {
    await timed(seconds, "native build", buildNative);
    const { threads } = await timed(seconds, "WebAssembly build", buildWasm);
    await timed(seconds, "TypeScript build", async () => {
      await buildTypeScript();
      await buildBundle();
    });
    if (!threads) {
      const why = "there is no standard library with atomics to build it with";
      Object.assign(obstacles, { "wasm-threads": why, "browser-threads": why });
    }
  }
  const inBrowser = chosen.filter((name) => name.startsWith("browser"));
  if (inBrowser.length > 0) {
    const obstacle = installChromium();
    if (obstacle !== undefined) for (const name of inBrowser) obstacles[name] = obstacle;
  }
  const tallies = [];
  for (const name of chosen) {
    const obstacle = obstacles[name];
    if (obstacle !== undefined) tallies.push(left(name, obstacle));
    else tallies.push(await timed(seconds, name, () => /** @type {typeof cargo} */ (runners[name])(rest)));
  }
  console.log(`\nSeconds: ${[...seconds].map(([part, taken]) => `${part} ${taken}`).join(", ")}`);
  console.log(`\n${table(tallies)}`);
  if (tallies.some(({ failed }) => failed > 0)) process.exitCode = 1;
});
