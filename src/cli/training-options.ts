/** Options that trainings have in common, one by one or in a sweep; and the commands that compare trainings. */
import { Command, InvalidArgumentError } from "commander";
import { specForms } from "../datasets/spec.js";
import {
  backendOption,
  dataArgument,
  learningRateArgument,
  nameOption,
  presetOption,
  threadsArgument,
  usage,
  wholeArgument,
} from "./arguments.js";
import { withExamples } from "./examples.js";
import { withInterrupts } from "./interrupt.js";
import { type ReportFlags, reportCommand } from "./report.js";
import { type SweepFlags, sweepCommand } from "./sweep.js";
import { type GridAxis, parseAxis, parseSeeds } from "./sweep-plan.js";

/**
 * Adds the options that say what is trained, and how.
 *
 * @param command - The command.
 * @returns It.
 */
export function withTraining(command: Command): Command {
  return command
    .option("--data <spec>", `recordings: ${specForms} (default: synthetic)`, dataArgument)
    .addOption(presetOption("network and training"))
    .option("--config <file>", "JSON with preset, network, training, transform or initialization; laid over the preset")
    .option("--epochs <n>", "epochs in all", wholeArgument(1))
    .option("--batch <n>", "recordings per batch", wholeArgument(1))
    .option("--steps <n>", "time steps per recording, in training and testing", wholeArgument(1))
    .option("--burn-in <n>", "steps at the start of each recording that do not learn", wholeArgument(0))
    .option("--update-every <n>", "learning steps per update", wholeArgument(1))
    .option("--learning-rate <rate>", "learning rate of all layers; with --resume, from there on", learningRateArgument)
    .addOption(nameOption("--initialization <kind>", "how weights start", ["plain", "lsuv"]))
    .option("--tensorboard", "also write an event file for TensorBoard into the folder");
}

/**
 * `decolle sweep`.
 *
 * @returns The command.
 */
export function sweep(): Command {
  const command = withTraining(new Command("sweep"))
    .description("Train every combination of a grid of settings and seeds, and compare them")
    .requiredOption("--out <folder>", "folder for the trainings, one folder each, and for sweep.html")
    .option(
      "--grid <axis>",
      "a setting and its values, such as learningRate=1e-3,1e-2; may be given again",
      axisArgument,
      [],
    )
    .option("--seeds <list>", "seeds of everything random, such as 0,1,2 or 0-9", seedsArgument, [])
    .option("--jobs <n>", "trainings side by side (default: as many as there are cores for)", wholeArgument(1))
    .option("--threads <n>", "threads of each training (default: the cores that jobs leave)", threadsArgument)
    .option("--index <n>", "only this training, counted from 0: for array jobs", wholeArgument(0))
    .option("--list", "only list the trainings with their index")
    .addOption(backendOption())
    .option("--quiet", "no progress, only the result")
    .addHelpText(
      "after",
      "\nWhat is finished is left alone, what was interrupted goes on: the same command continues a sweep.",
    );
  command.action((flags: SweepFlags) => withInterrupts((signal) => sweepCommand(flags, signal)));
  return withExamples(command, [
    "decolle sweep --data synthetic --grid learningRate=1e-3,1e-2 --seeds 0,1,2 --out runs/rates",
    "sbatch --array=0-5 --wrap 'decolle sweep --data synthetic --grid learningRate=1e-3,1e-2 --seeds 0-2 --out runs/rates --index $SLURM_ARRAY_TASK_ID'",
  ]);
}

/**
 * `decolle report`.
 *
 * @returns The command.
 */
export function reports(): Command {
  const command = new Command("report")
    .description("Compare trainings side by side, out of the folders that they left behind")
    .argument("<folder...>", "folders of decolle train")
    .option("--out <file>", "the page to write", "comparison.html")
    .option("--tensorboard", "also write an event file for TensorBoard into each folder")
    .option("--json", "write the comparison as JSON to standard output, too")
    .action((folders: string[], flags: ReportFlags) => reportCommand(folders, flags));
  return withExamples(command, ["decolle report runs/first runs/second --out comparison.html"]);
}

function axisArgument(text: string, before: readonly GridAxis[]): GridAxis[] {
  const axis = usage(() => parseAxis(text));
  if (before.some(({ name }) => name === axis.name)) throw new InvalidArgumentError(`${axis.name} is given twice`);
  return [...before, axis];
}

function seedsArgument(text: string): number[] {
  return usage(() => parseSeeds(text));
}
