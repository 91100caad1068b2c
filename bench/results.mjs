// @ts-check
/** Results of benchmarks on disk: one JSON file a benchmark, from which the documentation's tables are made. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("results", import.meta.url));

/**
 * What a benchmark leaves behind: when, on what, and its rows.
 *
 * @template Row
 * @typedef {{ benchmark: string, date: string, machine: import("./machine.mjs").Machine, rows: Row[] }} Result
 */

/**
 * Writes the result of a benchmark, in place of an earlier one.
 *
 * @template Row
 * @param {string} benchmark - Its name.
 * @param {import("./machine.mjs").Machine} on - The machine as it was before the benchmark began.
 * @param {Row[]} rows
 */
export function writeResult(benchmark, on, rows) {
  mkdirSync(folder, { recursive: true });
  /** @type {Result<Row>} */
  const result = { benchmark, date: new Date().toISOString().slice(0, 10), machine: on, rows };
  writeFileSync(join(folder, `${benchmark}.json`), `${JSON.stringify(result, null, 2)}\n`);
}

/**
 * Reads the result of a benchmark.
 *
 * @param {string} benchmark - Its name.
 * @returns {Result<any> | undefined} Undefined where it has not been run.
 */
export function readResult(benchmark) {
  const path = join(folder, `${benchmark}.json`);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
}
