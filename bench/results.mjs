// @ts-check
/**
 * Results of benchmarks on disk: one JSON file a benchmark, from which the documentation's tables and figures are made.
 * Those of short runs lie in target/bench, so that they never take the place of a measurement.
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("results", import.meta.url));
const quickFolder = fileURLToPath(new URL("../target/bench", import.meta.url));

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
 * @param {{ quick?: boolean }} [options] - Whether it was a short run.
 */
export function writeResult(benchmark, on, rows, { quick = false } = {}) {
  const path = quick ? quickFolder : folder;
  mkdirSync(path, { recursive: true });
  /** @type {Result<Row>} */
  const result = { benchmark, date: new Date().toISOString().slice(0, 10), machine: on, rows };
  const faults = faultsOf(result);
  if (faults.length > 0) throw new Error(`${benchmark}: ${faults.join("; ")}`);
  writeFileSync(join(path, `${benchmark}.json`), `${JSON.stringify(result, null, 2)}\n`);
}

/**
 * Reads the result of a benchmark.
 *
 * @param {string} benchmark - Its name.
 * @param {{ quick?: boolean }} [options] - Whether that of a short run is meant.
 * @returns {Result<any> | undefined} Undefined where it has not been run.
 */
export function readResult(benchmark, { quick = false } = {}) {
  const path = join(quick ? quickFolder : folder, `${benchmark}.json`);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
}

/**
 * The rows of an earlier result that may stand beside new ones: all of them if they were measured on the same machine with
 * the same versions, none otherwise.
 *
 * @param {string} benchmark - Its name.
 * @param {import("./machine.mjs").Machine} on - The machine of the new ones.
 * @returns {any[]}
 */
export function earlierRows(benchmark, on) {
  const earlier = readResult(benchmark);
  const same = /** @type {const} */ (["processor", "cores", "system", "node", "decolle"]);
  return earlier !== undefined && same.every((field) => earlier.machine[field] === on[field]) ? earlier.rows : [];
}

/** Type of each field of a result and of the machine in it. */
const fields = { benchmark: "string", date: "string", machine: "object" };
const machineFields = {
  processor: "string",
  cores: "number",
  memoryGiB: "number",
  system: "string",
  node: "string",
  decolle: "string",
  load: "number",
};

/**
 * What is wrong with a result: fields that are missing or of another type, rows that are none, a spread whose median lies
 * outside its values.
 *
 * @param {unknown} result
 * @returns {string[]} Nothing where all is well.
 */
export function faultsOf(result) {
  /** @type {string[]} */
  const faults = [];
  const check = (/** @type {any} */ value, /** @type {Record<string, string>} */ types, /** @type {string} */ path) => {
    for (const [name, type] of Object.entries(types)) {
      const found = value?.[name];
      if (typeof found !== type || found === null) faults.push(`${path}${name}: expected a ${type}, found ${found}`);
    }
  };
  const { date, machine, rows } = /** @type {any} */ (result ?? {});
  check(result, fields, "");
  check(machine, machineFields, "machine.");
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) faults.push(`date: expected YYYY-MM-DD, found ${date}`);
  if (!Array.isArray(rows) || rows.length === 0) faults.push("rows: expected at least one");
  else for (const [index, row] of rows.entries()) checkSpreads(row, `rows[${index}]`, faults);
  return faults;
}

/**
 * @param {any} value
 * @param {string} path
 * @param {string[]} faults
 */
function checkSpreads(value, path, faults) {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value.values) && "median" in value) {
    const { median, least, most, values } = value;
    const right =
      values.length > 0 &&
      values.every(Number.isFinite) &&
      least === Math.min(...values) &&
      most === Math.max(...values) &&
      least <= median &&
      median <= most;
    if (!right) faults.push(`${path}: median, least and most do not belong to the values`);
    return;
  }
  for (const [name, inner] of Object.entries(value)) checkSpreads(inner, `${path}.${name}`, faults);
}
