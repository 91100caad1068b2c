/** The command that repeats a training, and what it ran on. */
import { availableParallelism, cpus, release, totalmem } from "node:os";
import { type DatasetSpec, formatDatasetSpec } from "../datasets/spec.js";
import type { Network } from "../network/stored.js";
import { preset } from "../presets/index.js";
import type { Configuration } from "./configuration.js";
import { packageVersion } from "./info.js";

/**
 * The command that repeats a training: by options where these say all, else by a configuration file that is part of the text.
 *
 * @param configuration - The training.
 * @param data - What it learns from, by a whole path.
 * @returns Lines for a shell.
 */
export function commandOf(configuration: Configuration, data: DatasetSpec): string {
  const { preset: name, training, network } = configuration;
  const base = preset(name);
  const options: Array<[name: string, given: unknown, usual: unknown]> = [
    ["--epochs", training.epochs, base.training.epochs],
    ["--batch", training.batchSize, base.training.batchSize],
    ["--burn-in", training.burnIn, base.training.burnIn],
    ["--update-every", training.updateEvery, base.training.updateEvery],
    ["--seed", network.seed ?? 1, base.network.seed ?? 1],
    ["--initialization", configuration.initialization, "plain"],
  ];
  const given = options.filter(([, value, usual]) => value !== usual).map(([option, value]) => `${option} ${value}`);
  const start = `npx decolle train --data ${quoted(formatDatasetSpec(data))}`;
  if (isSaid(configuration)) return [`${start} --preset ${name}`, ...given, "--out runs/again"].join(" ");
  const file = JSON.stringify(configuration, null, 2);
  return `cat > again.json <<'JSON'\n${file}\nJSON\n${start} --config again.json --out runs/again`;
}

/** Whether a training is its preset but for what options change. */
function isSaid({ preset: name, network, training, transform }: Configuration): boolean {
  const base = preset(name);
  const { epochs: _, batchSize: _b, burnIn: _c, updateEvery: _d, ...steps } = training;
  const { epochs: _e, batchSize: _f, burnIn: _g, updateEvery: _h, ...usual } = base.training;
  return (
    JSON.stringify({ ...network, seed: 0 }) === JSON.stringify({ ...base.network, seed: 0 }) &&
    JSON.stringify(steps) === JSON.stringify(usual) &&
    JSON.stringify(transform) === JSON.stringify(base.transform)
  );
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * What a training runs on.
 *
 * @param network - The network.
 * @returns Names and values.
 */
export function machineOf({ backend }: Network): Array<[name: string, value: string]> {
  const { kind, threads, simd } = backend;
  return [
    ["decolle", packageVersion()],
    ["Node", process.version],
    ["platform", `${process.platform} ${process.arch}, ${release()}`],
    ["processor", `${cpus()[0]?.model ?? "unknown"}, ${availableParallelism()} threads`],
    ["memory", `${(totalmem() / 2 ** 30).toFixed(1)} GiB`],
    ["build", `${kind}, ${threads} ${threads === 1 ? "thread" : "threads"}, ${simd}`],
  ];
}
