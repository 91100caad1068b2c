/** `decolle report`: trainings side by side, out of the folders that they left behind. */
import { basename, join, resolve } from "node:path";
import { parseDatasetSpec } from "../datasets/spec.js";
import { faultAt } from "../errors.js";
import { readBytes, reason, writeAtomically } from "../files.js";
import { type ComparedGroup, comparison, standingRows, standings } from "../report/comparison.js";
import { tensorBoardEvents } from "../report/tensorboard.js";
import { checkpointHeader } from "./checkpoint.js";
import type { Configuration } from "./configuration.js";
import { eventFile, modelOf, readMetrics } from "./folder.js";
import { runKey } from "./inputs.js";
import { textTable } from "./table.js";
import { settingsOf } from "./training-report.js";

/** Options of the command, as commander gives them. */
export interface ReportFlags {
  readonly out: string;
  readonly json?: boolean;
  readonly tensorboard?: boolean;
}

/**
 * Compares trainings: a page, and a table on standard output.
 *
 * @param folders - Their folders.
 * @param flags - The command's options.
 * @throws {@link DecolleError} `io` or `format` for a folder that holds no training.
 */
export async function reportCommand(folders: readonly string[], flags: ReportFlags): Promise<void> {
  const runs = await Promise.all(folders.map(readRun));
  const common = (name: string, value: string) =>
    runs.every(({ settings }) => settings.some(([own, other]) => own === name && other === value));
  const groups = runs.map(({ name, epochs, settings }): ComparedGroup => {
    const own = settings.filter(([setting, value]) => !common(setting, value));
    return { name, runs: [{ name, epochs }], settings: own };
  });
  if (flags.tensorboard) {
    for (const [place, { epochs }] of runs.entries()) {
      await writeAtomically(join(folders[place] as string, eventFile), tensorBoardEvents(epochs, Date.now()));
    }
  }
  await writeAtomically(flags.out, comparison(titleOf(runs.length), groups));
  const ranked = standings(groups);
  if (flags.json) {
    console.log(
      JSON.stringify(
        ranked.map(({ group: { name, settings }, ...figures }) => ({
          name,
          settings: Object.fromEntries(settings),
          ...figures,
        })),
      ),
    );
    return;
  }
  console.log(textTable(standingRows(ranked)));
  console.log(`written to ${flags.out}`);
}

function titleOf(count: number): string {
  return count === 1 ? "One training" : `${count} trainings compared`;
}

/** What a folder tells of its training. */
async function readRun(folder: string) {
  const epochs = await readMetrics(folder);
  return { name: basename(resolve(folder)), epochs, settings: await readSettings(folder) };
}

/** Settings out of the header of a checkpoint; none for a network that no `decolle train` wrote. */
async function readSettings(folder: string): Promise<ReadonlyArray<readonly [string, string]>> {
  const path = modelOf(folder);
  const bytes = await readBytes(path);
  const run = checkpointHeader(bytes, path).metadata[runKey];
  if (run === undefined) return [];
  try {
    const { data, ...configuration } = JSON.parse(run) as Configuration & { data: string };
    return settingsOf(configuration, parseDatasetSpec(data));
  } catch (error) {
    throw faultAt("checkpoint", path, `not as decolle train writes it: ${reason(error)}`, { cause: error });
  }
}
