// @ts-check
/**
 * Puts the tables of bench/results into docs/benchmarks.md and docs/reproduction.md, between the marks
 * `<!-- results NAME -->` and `<!-- end -->`, and their figures beside them. The text around them is written by hand.
 */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { figure } from "../dist/index.js";
import { benchmarkOf } from "./list.mjs";
import { readResult } from "./results.mjs";
import { markdownTable } from "./table.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const pages = ["docs/benchmarks.md", "docs/reproduction.md"];
/** Where figures go, seen from the pages. */
const figures = "figures";
const mark = /(<!-- results ([\w-]+) -->\n)[\s\S]*?(<!-- end -->)/g;

/**
 * Writes tables and figures.
 *
 * @param {(text: string) => void} report - Told which page has which table.
 * @returns {Promise<string>}
 */
export async function run(report) {
  for (const page of pages) {
    const path = join(root, page);
    const text = readFileSync(path, "utf8");
    /** @type {Map<string, string>} */
    const sections = new Map();
    for (const [, , name = ""] of text.matchAll(mark)) {
      sections.set(name, await section(name));
      report(`${page}: ${name}`);
    }
    writeFileSync(
      path,
      text.replace(mark, (_, start, name, end) => `${start}\n${sections.get(name)}\n\n${end}`),
    );
  }
  return "The tables are written";
}

/**
 * @param {string} name
 * @returns {Promise<string>} When and where a benchmark was run, its figures and its table.
 */
async function section(name) {
  const benchmark = await benchmarkOf(name);
  const result = readResult(name);
  if (benchmark === undefined) throw new Error(`there is no benchmark ${name}`);
  if (result === undefined) return "Not measured yet.";
  const { processor, cores, memoryGiB, system, node, decolle, load } = result.machine;
  const on = `${processor}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}`;
  const versions = result.rows[0]?.versions;
  const rival = versions === undefined ? "" : `, PyTorch ${versions.torch}`;
  const drawn = Object.entries(benchmark.plots?.(result.rows) ?? {});
  for (const [file, panels] of drawn) {
    mkdirSync(join(root, "docs", figures), { recursive: true });
    writeFileSync(join(root, "docs", figures, `${file}.svg`), figure(panels));
  }
  return [
    `${result.date}, decolle ${decolle}${rival}; ${on}; load before the run ${load}.`,
    ...drawn.flatMap(([file, [panel]]) => ["", `![${panel?.title ?? file}](${figures}/${file}.svg)`]),
    "",
    markdownTable(benchmark.head, result.rows.map(benchmark.cells)),
  ].join("\n");
}
