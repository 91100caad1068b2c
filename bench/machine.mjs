// @ts-check
/** What a measurement was made on, so that its figures can be judged. */

import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";

/**
 * The machine a benchmark ran on.
 *
 * @typedef {{
 *   processor: string, cores: number, memoryGiB: number, system: string, node: string, decolle: string, load: number
 * }} Machine
 */

/**
 * This machine. `load` is the number of programs that wanted a processor core in the minute before; above a few tenths,
 * others were at work and the figures are worth less.
 *
 * @returns {Machine}
 */
export function machine() {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return {
    processor: processor(),
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release().replace(/-.*/, "")}`,
    node: process.version,
    decolle: version,
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

/** Name of the processor, on Linux with family and model, since cloud machines often hide the rest. */
function processor() {
  const name = cpus()[0]?.model.trim() ?? "unknown";
  try {
    const text = readFileSync("/proc/cpuinfo", "utf8");
    const field = (/** @type {string} */ key) => text.match(new RegExp(`^${key}\\s*: (.+)$`, "m"))?.[1];
    const [family, model] = [field("cpu family"), field("model")];
    return family === undefined || model === undefined ? name : `${name} (family ${family}, model ${model})`;
  } catch {
    // No such file outside Linux.
    return name;
  }
}
