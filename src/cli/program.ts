/** The commands, their options, and their exit codes: 0 done, 1 failed, 2 bad usage, 130 interrupted. */
import { Command, Option } from "commander";
import { type DatasetSpec, specForms } from "../datasets/spec.js";
import { DecolleError } from "../errors.js";
import { isObject } from "../values/brands.js";
import {
  backendOption,
  dataArgument,
  formatOption,
  nameOption,
  presetOption,
  seedArgument,
  sensorArgument,
  threadsArgument,
  wholeArgument,
  writtenFormatOption,
} from "./arguments.js";
import { benchCommand } from "./bench.js";
import { completionCommand } from "./completion.js";
import { type ConvertFlags, convertCommand, misuseOfConvert } from "./convert.js";
import { type DataFlags, dataCommand } from "./data.js";
import { type EvaluateFlags, evaluateCommand } from "./evaluate.js";
import { withExamples } from "./examples.js";
import { type ExportFlags, exportCommand, type ImportFlags, importCommand, misuseOfImport } from "./exchange.js";
import { infoCommand, packageVersion } from "./info.js";
import { type InspectFlags, inspectCommand, misuseOfInspect } from "./inspect.js";
import { withInterrupts } from "./interrupt.js";
import { type PredictFlags, predictCommand } from "./predict.js";
import { presetsCommand } from "./presets.js";
import { misuseOfRule, type RuleFlags, ruleCommand } from "./rule.js";
import { type StreamFlags, streamCommand } from "./stream.js";
import { misuse, type TrainFlags, trainCommand } from "./train.js";
import { reports, sweep, withTraining } from "./training-options.js";

/** Exit codes. */
const exits = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/**
 * Runs the command line.
 *
 * @param words - What follows the program's name.
 * @returns The exit code.
 */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(Array.from(words), { from: "user" });
    return exits.done;
  } catch (error) {
    // Commander has already written its message; help and version end with exit code 0.
    if (isObject(error) && typeof error["exitCode"] === "number")
      return error["exitCode"] === 0 ? exits.done : exits.usage;
    if (DecolleError.is(error)) {
      console.error(`decolle: ${error.message} [${error.code}]`);
      return error.code === "aborted" ? exits.interrupted : exits.failed;
    }
    console.error(error);
    return exits.failed;
  }
}

/**
 * The whole command line.
 *
 * @returns The command `decolle` with all its commands.
 */
export function program(): Command {
  const command = new Command("decolle")
    .description("Online learning in deep spiking neural networks with local errors (DECOLLE)")
    .version(packageVersion())
    .exitOverride();
  const commands = [
    train(),
    sweep(),
    reports(),
    evaluate(),
    predict(),
    stream(),
    presetsCommand(),
    data(),
    inspect(),
    convert(),
    rule(),
    importing(),
    exporting(),
    benchCommand(),
    info(),
    completionCommand(command),
  ];
  for (const one of commands) command.addCommand(one.copyInheritedSettings(command));
  return withExamples(command, ["decolle train --help", "decolle train --data synthetic --out runs/first"]);
}

function train(): Command {
  const command = withTraining(new Command("train"))
    .description("Train a network and report accuracy and loss of every layer")
    .option("--seed <n>", "seed of everything random", seedArgument)
    .option("--out <folder>", "folder for model.safetensors, metrics.jsonl and report.html, without a training in it")
    .option("--resume", "continue the training in the folder, exactly where it stopped")
    .option("--force", "replace the training in the folder, once the first epoch is completed")
    .option("--quiet", "no progress, only the result");
  return withExamples(
    withBackend(command).action((flags: TrainFlags) => {
      const fault = misuse(flags);
      if (fault !== undefined) command.error(`error: ${fault}`);
      return withInterrupts((signal) => trainCommand(flags, signal));
    }),
    [
      "decolle train --data synthetic --out runs/first",
      "decolle train --data nmnist:path/to/N-MNIST --preset nmnist-small --epochs 5 --out runs/small",
      "decolle train --resume --epochs 10 --out runs/small",
    ],
  );
}

function evaluate(): Command {
  const command = new Command("evaluate")
    .description("Evaluate a trained network")
    .requiredOption("--model <file>", "a checkpoint")
    .option("--data <spec>", `recordings: ${specForms} (default: those it was trained on)`, dataArgument)
    .addOption(nameOption("--split <part>", "which part of the data", ["train", "test"]).default("test"))
    .option("--batch <n>", "recordings per batch", wholeArgument(1))
    .option("--steps <n>", "time steps per recording", wholeArgument(1))
    .option("--burn-in <n>", "steps at the start of each recording that do not vote", wholeArgument(0))
    .option("--json", "write the result as JSON")
    .option("--quiet", "no progress, only the result");
  return withExamples(
    withBackend(command).action((flags: EvaluateFlags) => withInterrupts((signal) => evaluateCommand(flags, signal))),
    [
      "decolle evaluate --model runs/first/model.safetensors",
      "decolle evaluate --model runs/small/model.safetensors --data nmnist:path/to/N-MNIST --split train --json",
    ],
  );
}

function predict(): Command {
  const command = new Command("predict")
    .description("Classify recordings by a trained network, as it was trained")
    .argument("<file...>", "recordings, in any format that is read")
    .requiredOption("--model <file>", "a checkpoint")
    .option("--steps <n>", "time steps per recording (default: as in the training)", wholeArgument(1))
    .option("--burn-in <n>", "steps at the start of each recording that do not vote", wholeArgument(0))
    .addOption(formatOption())
    .option("--json", "write the result as JSON, one line a recording");
  return withExamples(
    withBackend(command).action((files: string[], flags: PredictFlags) =>
      withInterrupts((signal) => predictCommand(files, flags, signal)),
    ),
    [
      "decolle predict --model runs/small/model.safetensors digit.bin",
      "decolle predict --model runs/small/model.safetensors --json *.bin",
    ],
  );
}

function inspect(): Command {
  const command = new Command("inspect")
    .description(
      "Say what is in recordings (format, sensor, duration, rate over time, hot pixels) and in models (layers, settings, training)",
    )
    .argument(
      "<file...>",
      "recordings in any format that is read, checkpoints, .pth files of decolle-public, graphs of NIR",
    )
    .addOption(formatOption())
    .option("--partial", "read damaged files up to there")
    .option("--json", "write it as JSON, one line a file")
    .option("--png <file>", "draw all events of the recording in one picture")
    .option("--gif <file>", "draw its course")
    .addOption(backendOption());
  return withExamples(
    command.action((files: string[], flags: InspectFlags) => {
      const fault = misuseOfInspect(files, flags);
      if (fault !== undefined) command.error(`error: ${fault}`);
      return withInterrupts((signal) => inspectCommand(files, flags, signal));
    }),
    [
      "decolle inspect recording.aedat4",
      "decolle inspect recording.raw --png all.png --gif course.gif",
      "decolle inspect runs/first/model.safetensors",
      "decolle inspect --json model.nir checkpoint.pth",
    ],
  );
}

function convert(): Command {
  const command = new Command("convert")
    .description("Write a recording in another format")
    .argument("<in>", "the recording, or - for standard input")
    .argument("<out>", "the file to write, or - for standard output")
    .addOption(formatOption())
    .addOption(writtenFormatOption())
    .addOption(
      nameOption("--order <policy>", "what becomes of times that go backwards (default: refuse)", [
        "refuse",
        "sort",
        "drop",
      ]),
    )
    .option("--partial", "read a damaged file up to there")
    .option("--sensor <size>", "size of the sensor, such as 640x480, where the file does not say it", sensorArgument)
    .option("--quiet", "no progress, and no word about what was done")
    .addOption(backendOption());
  return withExamples(
    command.action((input: string, output: string, flags: ConvertFlags) => {
      const fault = misuseOfConvert(output, flags);
      if (fault !== undefined) command.error(`error: ${fault}`);
      return withInterrupts((signal) => convertCommand(input, output, flags, signal));
    }),
    ["decolle convert recording.raw recording.npz", "decolle convert - - --to text < recording.es"],
  );
}

function stream(): Command {
  const command = new Command("stream")
    .description("Predict along a stream of events, and learn where there are targets; one JSON line a window")
    .argument("[file]", "recording or pipe; - for the standard input", "-")
    .requiredOption("--model <file>", "a checkpoint")
    .addOption(formatOption())
    .option("--follow", "wait for more at the end of the file, until interrupted")
    .addOption(wholeOption("--window <ms>", "length of a window", 1).default(100))
    .addOption(
      nameOption(
        "--decision <rule>",
        "majority of the votes in the last window, or evidence that leaks away over one",
        ["majority", "evidence"],
      ).default("majority"),
    )
    .addOption(wholeOption("--rest <ms>", "silence after which the network starts from rest (default: never)", 1))
    .option("--targets <file>", "learn from these: CSV or JSON lines of start, end and class in microseconds")
    .option("--save <file>", "write the network when the stream ends, also by an interrupt")
    .option("--resume", "go on with the stream that was open when the model was saved")
    .addOption(wholeOption("--burn-in <n>", "steps at the start that neither learn nor vote", 0))
    .addOption(wholeOption("--update-every <n>", "learning steps per update (default: as in the training)", 1))
    .addOption(wholeOption("--backlog <ms>", "most that may wait, with --drop", 0))
    .addOption(nameOption("--drop <which>", "whole steps to drop where more waits", ["oldest", "newest"]));
  return withExamples(
    withBackend(command).action((file: string, flags: StreamFlags) => {
      if ((flags.backlog === undefined) !== (flags.drop === undefined)) {
        command.error("error: --backlog and --drop go together");
      }
      return withInterrupts((signal) => streamCommand(file, flags, signal));
    }),
    [
      "decolle stream recording.es --model runs/first/model.safetensors",
      "camera | decolle stream --model model.safetensors --targets targets.csv --save learned.safetensors",
    ],
  );
}

function wholeOption(flags: string, description: string, least: number): Option {
  return new Option(flags, description).argParser(wholeArgument(least));
}

function data(): Command {
  const command = new Command("data")
    .description("Say what lies in a data set: recordings of each class, what is missing, what was left out")
    .argument("<spec>", specForms, dataArgument)
    .option("--json", "write it as JSON");
  return withExamples(
    withBackend(command).action((spec: DatasetSpec, flags: DataFlags) =>
      withInterrupts((signal) => dataCommand(spec, flags, signal)),
    ),
    ["decolle data synthetic", "decolle data nmnist:path/to/N-MNIST --json"],
  );
}

function rule(): Command {
  const command = new Command("rule")
    .description("Derive and print the plasticity rule of every layer: error, surrogate, trace")
    .addOption(presetOption("network"))
    .option("--config <file>", "JSON with a network, laid over the preset")
    .option("--model <file>", "a checkpoint")
    .option("--layer <i>", "only this layer, counted from 0", wholeArgument(0))
    .addOption(nameOption("--format <form>", "how it is written", ["text", "latex", "mathml"]).default("text"))
    .option("--check", "check each against finite differences: passed, failed (exit code 1) or inconclusive, and why")
    .addOption(backendOption());
  return withExamples(
    command.action((flags: RuleFlags) => {
      const fault = misuseOfRule(flags);
      if (fault !== undefined) command.error(`error: ${fault}`);
      return ruleCommand(flags);
    }),
    [
      "decolle rule --preset nmnist-mlp",
      "decolle rule --model runs/first/model.safetensors --layer 0 --format latex",
      "decolle rule --config network.json --check",
    ],
  );
}

function importing(): Command {
  const command = new Command("import")
    .description("Write a model of another tool as a checkpoint: a graph of NIR, or a checkpoint of decolle-public")
    .argument("<file>", "a .nir file, or what torch.save wrote")
    .requiredOption("--out <file>", "the checkpoint to write")
    .addOption(presetOption("network of a PyTorch checkpoint"))
    .option("--config <file>", "JSON with a network, laid over the preset")
    .option("--time-step <us>", "microseconds of a time step, for a .nir file (default: 1000)", wholeArgument(1))
    .addOption(
      nameOption("--reset <kind>", "what a spike does to a potential, for a .nir file (default: value)", [
        "value",
        "subtract",
      ]),
    )
    .addOption(backendOption());
  return withExamples(
    command.action((file: string, flags: ImportFlags) => {
      const fault = misuseOfImport(file, flags);
      if (fault !== undefined) command.error(`error: ${fault}`);
      return importCommand(file, flags);
    }),
    [
      "decolle import checkpoint.pth --preset dvsgesture --out model.safetensors",
      "decolle import graph.nir --time-step 1000 --out model.safetensors",
    ],
  );
}

function exporting(): Command {
  return withExamples(
    new Command("export")
      .description("Write a checkpoint for other tools")
      .argument("<model>", "a checkpoint")
      .requiredOption("--nir <file>", "the graph of NIR to write")
      .addOption(backendOption())
      .action((model: string, flags: ExportFlags) => exportCommand(model, flags)),
    ["decolle export model.safetensors --nir graph.nir"],
  );
}

function info(): Command {
  return withExamples(
    new Command("info")
      .description("Version, builds that load here and why others do not, processor")
      .option("--json", "write it as JSON")
      .action(infoCommand),
    ["decolle info", "decolle info --json"],
  );
}

function withBackend(command: Command): Command {
  return command
    .addOption(backendOption())
    .option("--threads <n>", "threads, or auto (default: auto)", threadsArgument);
}
