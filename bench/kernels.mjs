// @ts-check
/**
 * The kernels beside what the machine can do at most: GFLOP/s and synaptic operations a second of each kernel at each SIMD
 * level (`cargo bench -p decolle-synapse`), convolutions directly and in the frequency domain, values a second of the programs
 * that rules are compiled to (`cargo bench -p decolle-program`), and the roof that `crates/synapse/benches/roofline.rs` measures
 * before them, so that all were taken in the same minutes.
 */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { buildBenchmarks } from "../wasm/build.mjs";
import { machine } from "./machine.mjs";
import { writeResult } from "./results.mjs";
import { digits } from "./statistics.mjs";
import { textTable } from "./table.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const wasmProgram = fileURLToPath(new URL("wasm-program.mjs", import.meta.url));

/**
 * One line of the table: a line that a program printed.
 *
 * @typedef {object} Row
 * @property {"kernels" | "frequency" | "programs" | "roofline"} program
 * @property {string} name - Layer, or roof.
 * @property {string} simd
 * @property {Record<string, Figure>} figures - By title of the column.
 */

/**
 * A figure with its range.
 *
 * @typedef {object} Figure
 * @property {string} text - As printed.
 * @property {number} median
 * @property {number} most
 * @property {number | null} share - Of the roof, its best run: operations of the arithmetic's, synaptic operations, which are
 *   adds, of half as many.
 */

/** Titles of the table. */
export const head = ["what", "SIMD", "measured, one thread unless said otherwise", "share of the roof"];

/**
 * A row as text.
 *
 * @param {Row} row
 * @returns {string[]}
 */
export function cells({ program, name, simd, figures }) {
  const entries = Object.entries(figures);
  return [
    program === "roofline" ? `roof: ${name}` : name,
    simd,
    entries.map(([title, { text }]) => `${title}: ${text}`).join("; "),
    entries
      .flatMap(([title, { share }]) =>
        share === null ? [] : [`${title.replace(/,.*/, "")} ${(share * 100).toFixed(0)} %`],
      )
      .join(", "),
  ];
}

/**
 * Runs the benchmark.
 *
 * @param {(text: string) => void} report - Told what goes on.
 * @param {import("./list.mjs").Options} [options] - A short run takes only the roof.
 * @returns {Promise<string>} The table.
 */
export async function run(report, { quick = false } = {}) {
  const on = machine();
  report("cargo bench -p decolle-synapse -p decolle-program");
  const modules = buildBenchmarks("decolle-synapse");
  const roof = [...printed("synapse", "roofline"), ...printedUnderWasm(modules, "roofline")];
  /** @type {Map<string, number>} */
  const arithmetic = new Map();
  for (const { name, simd, figures } of roof) {
    const found = Object.values(figures)[0];
    if (name.startsWith("multiply and add") && found !== undefined) arithmetic.set(simd, found.most);
  }
  if (arithmetic.size === 0) throw new Error("the roofline tells of no arithmetic");
  const kernels = quick
    ? []
    : /** @type {const} */ (["kernels", "frequency"]).flatMap((name) => [
        ...printed("synapse", name),
        ...printedUnderWasm(modules, name),
      ]);
  if (!quick) kernels.push(...printed("program", "programs"));
  for (const { simd, figures } of kernels) {
    const top = arithmetic.get(simd);
    for (const [title, figure] of Object.entries(figures)) {
      if (top === undefined) continue;
      if (/GFLOP\/s/.test(title)) figure.share = figure.median / top;
      if (/GSOP\/s/.test(title)) figure.share = figure.median / (top / 2);
    }
  }
  const rows = [...roof, ...kernels];
  writeResult("kernels", on, rows, { quick });
  return `${textTable(head, rows.map(cells))}\n\nbest kernel: ${best(kernels)}`;
}

/**
 * @param {readonly Row[]} kernels
 */
function best(kernels) {
  const shares = kernels.flatMap(({ figures }) => Object.values(figures).flatMap(({ share }) => share ?? []));
  return shares.length === 0 ? "not run" : `${digits(100 * Math.max(...shares))} % of the roof`;
}

/**
 * What a program prints that is compiled to WebAssembly.
 *
 * @param {ReadonlyMap<string, string>} modules - By name of the program.
 * @param {Row["program"]} program
 * @returns {Row[]}
 */
function printedUnderWasm(modules, program) {
  const file = modules.get(program);
  if (file === undefined) throw new Error(`cargo built no module of ${program}`);
  return rowsOf(program, output(process.execPath, ["--no-liftoff", "--no-wasm-tier-up", wasmProgram, file]));
}

/**
 * What a program prints: a head of titles, then rows, columns two or more spaces apart.
 *
 * @param {string} crate
 * @param {Row["program"]} program
 * @returns {Row[]}
 */
function printed(crate, program) {
  const words = ["bench", "--quiet", "-p", `decolle-${crate}`, "--bench", program];
  return rowsOf(program, output("cargo", words));
}

/**
 * Runs a program to its end.
 *
 * @param {string} command
 * @param {readonly string[]} words
 */
function output(command, words) {
  const { error, status, stdout } = spawnSync(command, words, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${words.join(" ")} ended with exit code ${status}`);
  return stdout;
}

/**
 * Rows of a program's output. A line whose second column is `SIMD` is a head; each row belongs to the head above it.
 *
 * @param {Row["program"]} program
 * @param {string} output
 * @returns {Row[]}
 */
export function rowsOf(program, output) {
  /** @type {string[] | undefined} */
  let titles;
  /** @type {Row[]} */
  const rows = [];
  for (const line of output.split("\n")) {
    const columns = line.trim().split(/ {2,}/);
    if (columns[1]?.startsWith("SIMD")) {
      titles = columns.slice(2);
      continue;
    }
    const [name, simd, ...values] = columns;
    if (titles === undefined || name === undefined || simd === undefined || values.length !== titles.length) continue;
    const figures = titles.map((title, place) => {
      const text = values[place] ?? "";
      const median = Number.parseFloat(text);
      const most = Number.parseFloat(text.match(/–([\d.]+)\)/)?.[1] ?? text);
      return /** @type {[string, Figure]} */ ([title, { text, median, most, share: null }]);
    });
    rows.push({
      program,
      name,
      simd,
      figures: Object.fromEntries(figures.filter(([, { median }]) => !Number.isNaN(median))),
    });
  }
  if (rows.length === 0) throw new Error(`${program} printed no rows`);
  return rows;
}
