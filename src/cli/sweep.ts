/** `decolle sweep`: many trainings, each a folder as `decolle train` makes and a process of its own. */
import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BackendChoice } from "../backend/select.js";
import { type DatasetSpec, formatDatasetSpec } from "../datasets/spec.js";
import { faultAt, unfit } from "../errors.js";
import { exists, readBytes, reason, writeAtomically } from "../files.js";
import { throwIfAborted } from "../network/abort.js";
import { type ComparedGroup, comparison, standingRows, standings } from "../report/comparison.js";
import { percent } from "../report/page.js";
import { configure, readOverrides } from "./configuration.js";
import { modelOf, readMetrics } from "./folder.js";
import { resolved } from "./inputs.js";
import { type GridAxis, planSweep, type SweepRun } from "./sweep-plan.js";
import { textTable } from "./table.js";
import { overridesOf, presetFor, type TrainFlags, withRate } from "./train.js";

/** Options of the command, as commander gives them. */
export interface SweepFlags extends Omit<TrainFlags, "threads" | "seed" | "resume" | "force" | "out"> {
  readonly out: string;
  readonly grid: readonly GridAxis[];
  readonly seeds: readonly number[];
  readonly threads?: BackendChoice["threads"];
  readonly jobs?: number;
  readonly index?: number;
  readonly list?: boolean;
}

const main = fileURLToPath(new URL("./main.js", import.meta.url));

/**
 * Trains all combinations that are not trained yet, and compares them.
 *
 * @param flags - The command's options.
 * @param signal - Aborts: the trainings under way save their state.
 * @throws {@link DecolleError} `aborted`; `config` or `range` for a grid that does not fit, before anything is trained; `io` where
 *   trainings failed, after the others have ended.
 */
export async function sweepCommand(flags: SweepFlags, signal: AbortSignal): Promise<void> {
  const data = resolved(flags.data ?? { kind: "synthetic" });
  const runs = planSweep(await baseOf(flags, data, signal), flags.grid, flags.seeds);
  if (flags.list) {
    console.log(runs.map(({ name }, index) => `${index}  ${name}`).join("\n"));
    return;
  }
  if (flags.index !== undefined && flags.index >= runs.length) {
    throw unfit("range", "--index", `0 to ${runs.length - 1}`, `${flags.index}`);
  }
  const chosen = flags.index === undefined ? runs : [runs[flags.index] as SweepRun];
  const { jobs, threads } = share(chosen.length, flags);
  const settings = join(flags.out, "settings");
  for (const run of chosen) await keepSettings(settings, run, data);
  const failed = await trainAll(chosen, { ...flags, data, threads }, jobs, signal);
  throwIfAborted(signal, "sweep");
  if (flags.index === undefined) await summarise(flags.out, runs);
  if (failed.length > 0)
    throw faultAt("io", flags.out, `${failed.length} of ${chosen.length} trainings failed: ${failed.join("; ")}`);
}

async function baseOf(flags: SweepFlags, data: DatasetSpec, signal: AbortSignal) {
  const file = flags.config === undefined ? {} : await readOverrides(flags.config, signal);
  const named = flags.preset !== undefined || file.preset !== undefined || file.network !== undefined;
  return withRate(configure(presetFor(data, named), file, overridesOf(flags as TrainFlags)), flags.learningRate);
}

/**
 * How many trainings run side by side, and on how many threads each: all cores, none twice.
 *
 * @param runs - Trainings in all.
 * @param asked - What the command line says of either.
 * @param cores - Cores that there are.
 * @returns Both, at least 1.
 * @throws {@link DecolleError} `range` where both together are more than there are cores.
 */
export function share(
  runs: number,
  { jobs, threads }: Pick<SweepFlags, "jobs" | "threads">,
  cores: number = availableParallelism(),
): { jobs: number; threads: number } {
  const given = threads === "auto" ? undefined : threads;
  const [most, each] = [Math.min(runs, jobs ?? cores), given ?? 1];
  if ((jobs ?? 1) * each > cores) {
    throw unfit("range", "--jobs", `jobs times threads to be at most the ${cores} cores`, `${jobs ?? 1} times ${each}`);
  }
  const side = Math.max(1, Math.min(most, Math.floor(cores / each)));
  return { jobs: side, threads: given ?? Math.max(1, Math.floor(cores / side)) };
}

/** Writes the settings of a training down; refuses to go on with a folder that was begun with others. */
async function keepSettings(folder: string, { name, configuration }: SweepRun, data: DatasetSpec): Promise<void> {
  const path = join(folder, `${name}.json`);
  const text = `${JSON.stringify(configuration, null, 2)}\n`;
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw faultAt("io", folder, `could not be made: ${reason(error)}`, { cause: error });
  }
  const before = (await exists(path)) ? new TextDecoder().decode(await readBytes(path)) : undefined;
  if (before === undefined) return writeAtomically(path, text);
  const lasting = (json: string) => {
    const { training, ...rest } = JSON.parse(json) as typeof configuration;
    return JSON.stringify({ ...rest, training: { ...training, epochs: 0 }, data: formatDatasetSpec(data) });
  };
  if (lasting(before) !== lasting(text)) {
    throw faultAt("config", path, "this training was begun with other settings; name another --out");
  }
}

/** Trains what is left to do, so many at a time; gives what failed. */
async function trainAll(
  runs: readonly SweepRun[],
  flags: SweepFlags & { readonly data: DatasetSpec },
  jobs: number,
  signal: AbortSignal,
): Promise<string[]> {
  const failed: string[] = [];
  const left = runs[Symbol.iterator]();
  let ended = 0;
  const work = async () => {
    for (const run of left) {
      if (signal.aborted) return;
      const fault = await trainOne(run, flags, signal);
      ended++;
      if (signal.aborted) return;
      if (fault !== undefined) failed.push(`${run.name}: ${fault}`);
      if (!flags.quiet)
        console.log(`${ended}/${runs.length}  ${run.name}  ${fault ?? (await outcomeOf(join(flags.out, run.name)))}`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return failed;
}

async function outcomeOf(folder: string): Promise<string> {
  const last = (await readMetrics(folder)).at(-1);
  const scores = last?.test ?? last?.train;
  return scores === undefined ? "no epoch" : `accuracy ${scores.accuracy.map(percent).join(" ")}`;
}

/** Trains one in a process of its own, or goes on with it; gives what went wrong. */
async function trainOne(
  { name, configuration }: SweepRun,
  flags: SweepFlags & { readonly data: DatasetSpec },
  signal: AbortSignal,
): Promise<string | undefined> {
  const out = join(flags.out, name);
  const { epochs } = configuration.training;
  const begun = await exists(modelOf(out));
  if (begun && (await readMetrics(out)).length >= epochs) return undefined;
  const common = ["--quiet", "--out", out, "--threads", `${flags.threads}`];
  if (flags.backend !== undefined) common.push("--backend", flags.backend);
  if (flags.tensorboard) common.push("--tensorboard");
  const data = ["--data", formatDatasetSpec(flags.data)];
  const words = begun
    ? ["train", "--resume", "--epochs", `${epochs}`, ...data, ...common]
    : ["train", "--config", join(flags.out, "settings", `${name}.json`), ...data, ...common];
  return run(words, signal);
}

/** Runs `decolle` and gives the last thing it complained of, if it failed. */
function run(words: readonly string[], signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...process.execArgv, main, ...words], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let complaint = "";
    const interrupt = () => child.kill("SIGINT");
    signal.addEventListener("abort", interrupt);
    child.stderr.on("data", (piece: Buffer) => {
      complaint = `${complaint}${piece}`.slice(-4000);
    });
    const end = (fault: string | undefined) => {
      signal.removeEventListener("abort", interrupt);
      resolve(fault);
    };
    child.on("error", (error) => end(error.message));
    child.on("close", (code, by) => {
      end(code === 0 ? undefined : complaint.trim().split("\n").at(-1) || `ended by ${by ?? `exit code ${code}`}`);
    });
  });
}

/** Compares all trainings that have an epoch: a page, and a table on standard output. */
async function summarise(out: string, runs: readonly SweepRun[]): Promise<void> {
  const groups = new Map<string, ComparedGroup>();
  for (const { name, group, settings } of runs) {
    const folder = join(out, name);
    if (!(await exists(modelOf(folder)))) continue;
    const before = groups.get(group)?.runs ?? [];
    groups.set(group, { name: group, settings, runs: [...before, { name, epochs: await readMetrics(folder) }] });
  }
  const path = join(out, "sweep.html");
  const compared = Array.from(groups.values());
  await writeAtomically(path, comparison("Sweep", compared));
  console.log(textTable(standingRows(standings(compared))));
  console.log(`written to ${path}`);
}
