// @ts-check
/**
 * Puts the tables of bench/results into docs/benchmarks.md and docs/reproduction.md, between the marks
 * `<!-- results NAME -->` and `<!-- end -->`. The text around them is written by hand.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as backends from "./backends.mjs";
import * as memory from "./memory.mjs";
import * as reproduction from "./reproduction.mjs";
import { readResult } from "./results.mjs";
import { markdownTable } from "./table.mjs";
import * as versusPytorch from "./versus-pytorch.mjs";

/** @type {Record<string, { head: readonly string[], cells: (row: any) => string[] }>} */
const benchmarks = { "versus-pytorch": versusPytorch, backends, memory, reproduction };
const pages = ["docs/benchmarks.md", "docs/reproduction.md"];

/**
 * Writes the tables.
 *
 * @param {(text: string) => void} report - Told which page has which table.
 * @returns {Promise<string>}
 */
export async function run(report) {
  for (const page of pages) {
    const path = fileURLToPath(new URL(`../${page}`, import.meta.url));
    const text = readFileSync(path, "utf8").replace(
      /(<!-- results ([\w-]+) -->\n)[\s\S]*?(<!-- end -->)/g,
      (_, start, name, end) => {
        report(`${page}: ${name}`);
        return `${start}\n${section(name)}\n\n${end}`;
      },
    );
    writeFileSync(path, text);
  }
  return "The tables are written";
}

/**
 * @param {string} name
 * @returns {string} When and where a benchmark was run, and its table.
 */
function section(name) {
  const benchmark = benchmarks[name];
  const result = readResult(name);
  if (benchmark === undefined) throw new Error(`there is no benchmark ${name}`);
  if (result === undefined) return "Not measured yet.";
  const { processor, cores, memoryGiB, system, node, decolle, load } = result.machine;
  const on = `${processor}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}`;
  const versions = result.rows[0]?.versions;
  const rival = versions === undefined ? "" : `, PyTorch ${versions.torch} (${versions.simd})`;
  return [
    `${result.date}, decolle ${decolle}${rival}; ${on}; load before the run ${load}.`,
    "",
    markdownTable(benchmark.head, result.rows.map(benchmark.cells)),
  ].join("\n");
}
