/** What a measurement was made on, so that its figures can be judged. */
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";
import { packageVersion } from "./info.js";

/** The machine that a measurement was made on. */
export interface Machine {
  /** Name of the processor, on Linux with family and model. */
  readonly processor: string;
  /** Threads that run at a time. */
  readonly cores: number;
  /** Memory in GiB. */
  readonly memoryGiB: number;
  /** Operating system and its release. */
  readonly system: string;
  /** Version of Node. */
  readonly node: string;
  /** Version of decolle. */
  readonly decolle: string;
  /**
   * Programs that wanted a core in the minute before, on average; above a few tenths others were at work, and the figures are
   * worth less.
   */
  readonly load: number;
}

/**
 * This machine.
 *
 * @returns What there is to say of it.
 */
export function machine(): Machine {
  return {
    processor: processor(),
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release().replace(/-.*/, "")}`,
    node: process.version,
    decolle: packageVersion(),
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

/** Family and model stand beside the name, since cloud machines often hide the rest. */
function processor(): string {
  const name = cpus()[0]?.model.trim() ?? "unknown";
  try {
    const text = readFileSync("/proc/cpuinfo", "utf8");
    const field = (key: string) => text.match(new RegExp(`^${key}\\s*: (.+)$`, "m"))?.[1];
    const [family, model] = [field("cpu family"), field("model")];
    return family === undefined || model === undefined ? name : `${name} (family ${family}, model ${model})`;
  } catch {
    // No such file outside Linux.
    return name;
  }
}
