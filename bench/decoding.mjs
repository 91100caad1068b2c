// @ts-check
/**
 * Decoding: a million events of every format that is written here, and real files of others where `DECOLLE_DATA` names the folder of
 * them, by the public API on both backends, beside the public decoders that can be had from PyPI. All sides read a file that the
 * system holds in memory, into columns in memory, on one core, and must come to the same events; where others give them other
 * times, that is told. `read` goes over blocks that are
 * not kept, which is what a data set and a stream do.
 */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { events as recordings } from "../dist/index.js";
import { alternate } from "./alternate.mjs";
import { machine } from "./machine.mjs";
import { numbers } from "./random.mjs";
import { writeResult } from "./results.mjs";
import { digits, spread, spreadText } from "./statistics.mjs";
import { textTable } from "./table.mjs";

const script = fileURLToPath(new URL("decoders/rivals.py", import.meta.url));
const environment = fileURLToPath(new URL("../target/decoders", import.meta.url));
const packages = ["numpy", "expelliarmus", "faery", "aedat"];

/** Formats whose events have a fixed width, and the millions a second that WebAssembly should come to. */
const fixed = ["dat", "evt2", "aedat3", "npy", "nmnist", "ncaltech101", "aedat2"];
const wanted = 40;
/** Real files, below the folder of recordings. */
const real = { evt3: "evt3.raw", aedat4: "dvxplorer.aedat4", aedat2: "davis240c-aedat2.aedat" };

/**
 * One line of the table; rates in millions of events a second.
 *
 * @typedef {object} Row
 * @property {string} format
 * @property {boolean} made - Whether the file was made here.
 * @property {number} events
 * @property {number} bytes - Of the file.
 * @property {import("./statistics.mjs").Spread} native - `events.read` from bytes in memory.
 * @property {import("./statistics.mjs").Spread} wasm
 * @property {import("./statistics.mjs").Spread} loaded - `events.load` of the file, native.
 * @property {string | null} rival - The fastest one that came to the same events.
 * @property {import("./statistics.mjs").Spread | null} rivalRate
 * @property {string | null} remark - What is wrong with the events of others.
 * @property {number | null} target
 */

/** Titles of the table. */
export const head = [
  "format",
  "events",
  "bytes an event",
  "native, read",
  "wasm, read",
  "native, load",
  "fastest other",
  "its rate",
  "ours/other",
  "wasm ≥ 40 M/s",
];

/**
 * A row as text.
 *
 * @param {Row} row
 * @returns {string[]}
 */
export function cells({ format, made, events, bytes, native, wasm, loaded, rival, rivalRate, remark, target }) {
  return [
    made ? format : `${format}, recorded`,
    `${events}`,
    digits(bytes / events),
    spreadText(native),
    spreadText(wasm),
    spreadText(loaded),
    [rival, remark].filter((text) => text !== null).join("; ") || "none",
    rivalRate === null ? "" : spreadText(rivalRate),
    rivalRate === null ? "" : `${digits(loaded.median / rivalRate.median)}×`,
    target === null ? "" : wasm.median >= target ? "met" : "missed",
  ];
}

/**
 * Runs the benchmark.
 *
 * @param {(text: string) => void} report - Told what goes on.
 * @param {import("./list.mjs").Options} [options]
 * @returns {Promise<string>} The table.
 */
export async function run(report, { quick = false } = {}) {
  const on = machine();
  /** @type {Row[]} */
  const rows = [];
  const python = pythonWithDecoders(report);
  const folder = await mkdtemp(join(tmpdir(), "decolle-bench-"));
  try {
    for (const { format, path, made } of await files(folder, quick ? 2 ** 16 : 2 ** 20)) {
      rows.push(await measured(format, path, made, python, quick ? 1 : 7));
      const row = rows.at(-1);
      if (row !== undefined) report(cells(row).join(", "));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  writeResult("decoding", on, rows, { quick });
  return textTable(head, rows.map(cells));
}

/**
 * Files of all formats.
 *
 * @param {string} folder - Where to write them.
 * @param {number} length - Events of each.
 */
async function files(folder, length) {
  /** @type {{ format: string, path: string, made: boolean }[]} */
  const found = [];
  const written = /** @type {const} */ (["es", "dat", "evt2", "aedat3", "npy", "npz", "text", "nmnist", "ncaltech101"]);
  const ends = { evt2: "raw", aedat3: "aedat", text: "csv", nmnist: "bin", ncaltech101: "bin" };
  for (const format of written) {
    const path = join(folder, `${format}.${/** @type {Record<string, string>} */ (ends)[format] ?? format}`);
    const [width, height] = format === "nmnist" ? [34, 34] : format === "ncaltech101" ? [240, 180] : [640, 480];
    // Its clock has 23 bits.
    const all = format === "nmnist" ? Math.min(length, 2 ** 20) : length;
    await recordings.save(path, drawn(all, width, height, format === "nmnist" ? 1 : 3), {
      format,
      sensor: { width, height },
    });
    found.push({ format, path, made: true });
  }
  const data = process.env["DECOLLE_DATA"];
  for (const [format, name] of Object.entries(real)) {
    const path = join(data ?? "", "formats", name);
    if (data !== undefined && existsSync(path)) found.push({ format, path, made: false });
  }
  return found;
}

/**
 * Events along rows, some at a time, as moving edges have them.
 *
 * @param {number} length
 * @param {number} width
 * @param {number} height
 * @param {number} step - Most microseconds from one run to the next.
 * @returns {import("../dist/index.js").EventColumns}
 */
function drawn(length, width, height, step) {
  const draws = numbers(1);
  const below = (/** @type {number} */ end) => Math.floor((draws.next().value / 2 ** 32) * end);
  const events = {
    x: new Uint16Array(length),
    y: new Uint16Array(length),
    p: new Uint8Array(length),
    t: new Float64Array(length),
  };
  let [time, place] = [0, 0];
  while (place < length) {
    time += below(step + 1);
    const [first, y, p] = [below(width), below(height), below(2)];
    const end = Math.min(first + 1 + below(5), width);
    for (let x = first; x < end && place < length; x++, place++) {
      [events.x[place], events.y[place], events.p[place], events.t[place]] = [x, y, p, time];
    }
  }
  return events;
}

/**
 * Measures all sides on one file.
 *
 * @param {string} format
 * @param {string} path
 * @param {boolean} made
 * @param {string | undefined} python
 * @param {number} turns
 * @returns {Promise<Row>}
 */
async function measured(format, path, made, python, turns) {
  const bytes = new Uint8Array(await readFile(path));
  const named = made ? { format: /** @type {import("../dist/index.js").RecordingFormat} */ (format) } : {};
  const { events } = await recordings.load(path, { ...named, backend: "native" });
  const sums = digest(events);
  const inWasm = await recordings.load(bytes, { ...named, backend: "wasm" });
  if (digest(inWasm.events).events !== sums.events)
    throw new Error(`${format}: the backends do not give the same events`);
  const { length } = events.t;
  const rate = (/** @type {number} */ start) => length / (performance.now() - start) / 1000;
  const read = (/** @type {"native" | "wasm"} */ backend) => async () => {
    const start = performance.now();
    let count = 0;
    for await (const { t } of recordings.read(bytes, { ...named, backend })) count += t.length;
    if (count !== length) throw new Error(`${format}: ${count} events instead of ${length}`);
    return rate(start);
  };
  const load = async () => {
    const start = performance.now();
    await recordings.load(path, { ...named, backend: "native" });
    return rate(start);
  };
  const { native, wasm, loaded } = await alternate({ native: read("native"), wasm: read("wasm"), loaded: load }, turns);
  const rival = rivalOf(format, path, python, turns, sums, length);
  const { size } = await stat(path);
  const target = fixed.includes(format) ? wanted : null;
  return { format, made, events: length, bytes: size, native, wasm, loaded, ...rival, target };
}

/**
 * The fastest other decoder that gives the same events.
 *
 * @param {string} format
 * @param {string} path
 * @param {string | undefined} python
 * @param {number} turns
 * @param {Sums} sums
 * @param {number} length
 * @returns {Pick<Row, "rival" | "rivalRate" | "remark">}
 */
function rivalOf(format, path, python, turns, sums, length) {
  if (python === undefined) return { rival: null, rivalRate: null, remark: "no Python" };
  const { status, stdout, stderr } = spawnSync(python, [script, format, path, `${turns}`], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${script} ended with exit code ${status}: ${stderr}`);
  /** @type {({ name: string, version?: string, seconds?: number[], error?: string } & Partial<Sums>)[]} */
  const found = JSON.parse(stdout);
  const faults = [];
  /** @type {{ name: string, rates: import("./statistics.mjs").Spread }[]} */
  const good = [];
  for (const { name, version, seconds = [], places, events, error } of found) {
    if (error !== undefined) faults.push(`${name}: ${error}`);
    else if (places !== sums.places) faults.push(`${name} ${version} gives other events`);
    if (error !== undefined || places !== sums.places) continue;
    if (events !== sums.events) faults.push(`${name} ${version} gives the same events at other times`);
    good.push({ name: `${name} ${version}`, rates: spread(seconds.map((time) => length / time / 1e6)) });
  }
  const [best] = good.sort((one, other) => other.rates.median - one.rates.median);
  const remark = faults.length > 0 ? faults.join("; ") : null;
  return { rival: best?.name ?? null, rivalRate: best?.rates ?? null, remark };
}

/**
 * SHA-256 of where events are, and of when, too.
 *
 * @typedef {{ places: string, events: string }} Sums
 */

/**
 * @param {import("../dist/index.js").EventColumns} events
 * @returns {Sums}
 */
function digest({ x, y, p, t }) {
  const hash = createHash("sha256");
  const bytes = (/** @type {Uint8Array | Uint16Array | Float64Array} */ column) =>
    new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
  for (const column of [x, y, p]) hash.update(bytes(column));
  const places = hash.copy().digest("hex");
  return { places, events: hash.update(bytes(t)).digest("hex") };
}

/**
 * A Python with the decoders, in target/decoders, which is made here; undefined where there is no Python.
 *
 * @param {(text: string) => void} report - Told before an installation.
 * @returns {string | undefined}
 */
function pythonWithDecoders(report) {
  const python = join(environment, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  if (!existsSync(python)) {
    if (spawnSync("python3", ["-m", "venv", environment]).status !== 0) {
      report("no Python 3 with venv: no other decoder");
      return undefined;
    }
  }
  // One after the other: what cannot be had here leaves its row empty.
  for (const name of packages) {
    if (spawnSync(python, ["-c", `import ${name}`]).status === 0) continue;
    report(`installing ${name} into target/decoders`);
    const { status } = spawnSync(python, ["-m", "pip", "install", "--quiet", name]);
    if (status !== 0) report(`${name} could not be installed`);
  }
  return python;
}
