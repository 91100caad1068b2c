/** `decolle train`: all inputs are opened before anything is written. */
import type { BackendChoice } from "../backend/select.js";
import type { AnySplits } from "../datasets/dataset.js";
import { namedDatasets } from "../datasets/named.js";
import type { DatasetSpec } from "../datasets/spec.js";
import { DecolleError, faultAt } from "../errors.js";
import { lsuv } from "../learning/lsuv.js";
import { adaMax } from "../learning/optimizer.js";
import { throwIfAborted } from "../network/abort.js";
import type { EpochMetrics } from "../network/metrics.js";
import { Network } from "../network/stored.js";
import type { TrainingRecipe } from "../presets/preset.js";
import type { ReportDetails } from "../report/details.js";
import { duration, percent } from "../report/page.js";
import { type Configuration, configure, readOverrides } from "./configuration.js";
import { RunFolder } from "./folder.js";
import { choiceOf, loadModel, openData, resolved, storedRun, storeRun } from "./inputs.js";
import { lookInto } from "./look.js";
import { ProgressBar } from "./progress.js";
import { textTable } from "./table.js";
import { trainingReport } from "./training-report.js";

/** Options of the command, as commander gives them. */
export interface TrainFlags extends BackendChoice {
  readonly data?: DatasetSpec;
  readonly preset?: string;
  readonly config?: string;
  readonly epochs?: number;
  readonly batch?: number;
  readonly steps?: number;
  readonly burnIn?: number;
  readonly updateEvery?: number;
  readonly seed?: number;
  readonly learningRate?: number;
  readonly initialization?: Configuration["initialization"];
  readonly out?: string;
  readonly resume?: boolean;
  readonly force?: boolean;
  readonly tensorboard?: boolean;
  readonly quiet?: boolean;
}

/** A training about to run. */
interface Training {
  readonly configuration: Configuration;
  readonly data: DatasetSpec;
  readonly splits: AnySplits;
  readonly network: Network;
  readonly folder: RunFolder | undefined;
  /** Metrics of the epochs already done. */
  readonly epochs: EpochMetrics[];
}

/**
 * The preset that goes with data unless another is named.
 *
 * @param data - The data set.
 * @param named - Whether a preset or a network is named.
 * @returns Its name.
 * @throws {@link DecolleError} `config` where none goes with the data.
 */
export function presetFor({ kind }: DatasetSpec, named: boolean): string {
  const preset = kind === "synthetic" ? kind : namedDatasets[kind].preset;
  if (preset !== undefined) return preset;
  // What is named is laid over it.
  if (named) return "nmnist-mlp";
  throw faultAt("config", "preset", `none goes with ${kind}: name one with --preset, or a network with --config`);
}

/** Options that a resumed training takes from its checkpoint, so that they cannot be given. */
const fixedWhenResumed = [
  "preset",
  "config",
  "batch",
  "steps",
  "burnIn",
  "updateEvery",
  "seed",
  "initialization",
] as const;

/**
 * Finds options that do not go together.
 *
 * @param flags - The command's options.
 * @returns What is wrong with them, undefined where nothing is.
 */
export function misuse(flags: TrainFlags): string | undefined {
  if (flags.force && flags.out === undefined)
    return "option '--force' needs '--out <folder>' with the training to replace";
  if (flags.tensorboard && flags.out === undefined)
    return "option '--tensorboard' needs '--out <folder>' to write into";
  if (!flags.resume) return undefined;
  if (flags.force) return "option '--force' cannot be given with '--resume': a training is continued or replaced";
  if (flags.out === undefined) return "option '--resume' needs '--out <folder>' with the training to continue";
  const given = fixedWhenResumed.find((name) => flags[name] !== undefined);
  if (given === undefined) return undefined;
  const option = given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `option '--${option}' cannot be given with '--resume': it comes from the checkpoint`;
}

/**
 * Trains, and leaves behind what `--out` asks for.
 *
 * @param flags - The command's options.
 * @param signal - Aborts the training; its state is saved first.
 * @throws {@link DecolleError} `aborted` after an interrupt, or what went wrong.
 */
export async function trainCommand(flags: TrainFlags, signal: AbortSignal): Promise<void> {
  const { resume, out } = flags;
  const training =
    resume && out !== undefined ? await resumeTraining({ ...flags, out }, signal) : await beginTraining(flags, signal);
  try {
    await runTraining(training, flags, signal);
  } finally {
    training.network.dispose();
    await training.folder?.close();
  }
}

async function beginTraining(flags: TrainFlags, signal: AbortSignal): Promise<Training> {
  const data = resolved(flags.data ?? { kind: "synthetic" });
  const file = flags.config === undefined ? {} : await readOverrides(flags.config, signal);
  const named = flags.preset !== undefined || file.preset !== undefined || file.network !== undefined;
  const preset = presetFor(data, named);
  const configuration = withRate(configure(preset, file, overridesOf(flags)), flags.learningRate);
  const splits = await openData(data, flags, signal);
  const network = await Network.create(configuration.network, choiceOf(flags));
  try {
    throwIfAborted(signal, "train");
    storeRun(network, configuration, data);
    const folder =
      flags.out === undefined ? undefined : await RunFolder.open(flags.out, flags.force ? "replace" : "begin");
    return { configuration, data, splits, network, folder, epochs: [] };
  } catch (error) {
    network.dispose();
    throw error;
  }
}

async function resumeTraining(flags: TrainFlags & { readonly out: string }, signal: AbortSignal): Promise<Training> {
  const folder = await RunFolder.open(flags.out, "resume");
  let network: Network | undefined;
  try {
    network = await loadModel(folder.model, flags, signal);
    const run = storedRun(network);
    if (run === undefined) throw faultAt("checkpoint", `${folder.model}`, "not written by decolle train");
    const { training } = run.configuration;
    const continued = { ...run.configuration, training: { ...training, epochs: flags.epochs ?? training.epochs } };
    const configuration = withRate(continued, flags.learningRate);
    if (flags.learningRate !== undefined) await network.setLearningRate(flags.learningRate);
    const data = flags.data === undefined ? run.data : resolved(flags.data);
    const splits = await openData(data, flags, signal);
    storeRun(network, configuration, data);
    const epochs = await folder.history(network.training?.epoch ?? 0);
    return { configuration, data, splits, network, folder, epochs };
  } catch (error) {
    network?.dispose();
    await folder.close();
    throw error;
  }
}

/**
 * The same training at another rate; the optimiser is otherwise as it was.
 *
 * @param configuration - The training.
 * @param learningRate - The rate; undefined leaves all as it is.
 * @returns The training.
 */
export function withRate(configuration: Configuration, learningRate: number | undefined): Configuration {
  if (learningRate === undefined) return configuration;
  const { network } = configuration;
  const optimizer = network.optimizer === undefined ? adaMax({ learningRate }) : { ...network.optimizer, learningRate };
  return { ...configuration, network: { ...network, optimizer } };
}

/**
 * Settings out of a command's options.
 *
 * @param flags - The options.
 * @returns What they lay over a preset and a file.
 */
export function overridesOf(flags: TrainFlags): Parameters<typeof configure>[1] {
  const training: Partial<TrainingRecipe> = {
    ...(flags.epochs !== undefined && { epochs: flags.epochs }),
    ...(flags.batch !== undefined && { batchSize: flags.batch }),
    ...(flags.steps !== undefined && { steps: flags.steps, testSteps: flags.steps }),
    ...(flags.burnIn !== undefined && { burnIn: flags.burnIn }),
    ...(flags.updateEvery !== undefined && { updateEvery: flags.updateEvery }),
  };
  return {
    training,
    ...(flags.preset !== undefined && { preset: flags.preset }),
    ...(flags.seed !== undefined && { network: { seed: flags.seed } }),
    ...(flags.initialization !== undefined && { initialization: flags.initialization }),
  };
}

async function runTraining(training: Training, flags: TrainFlags, signal: AbortSignal): Promise<void> {
  const { configuration, network, splits, folder, epochs } = training;
  const bar = new ProgressBar(flags.quiet ?? false);
  if (!flags.quiet) {
    console.log(await headline(training));
    for (const remark of splits.remarks ?? []) console.log(`note: ${remark}`);
  }
  try {
    const { transform, initialization } = configuration;
    await network.fit(splits.train, {
      ...configuration.training,
      transform,
      test: splits.test,
      resume: flags.resume ?? false,
      signal,
      ...(initialization === "lsuv" && { initialization: lsuv() }),
      onProgress: (progress) => bar.update(progress),
      onEpoch: async (metrics) => {
        bar.clear();
        if (!flags.quiet) console.log(epochLine(metrics, configuration.training.epochs));
        epochs.push(metrics);
        await folder?.record(metrics, network, await reportOf(training));
        if (flags.tensorboard) await folder?.recordForTensorBoard(epochs);
      },
    });
  } catch (error) {
    bar.clear();
    if (!DecolleError.is(error) || error.code !== "aborted") throw error;
    throw new DecolleError("aborted", `interrupted; ${await keep(training)}`, { cause: error });
  }
  const last = epochs.at(-1);
  if (last !== undefined) console.log(layerTable(last));
  if (folder !== undefined) await conclude(training, folder, bar, signal);
}

/** Completes the report with what can be said of the trained network. */
async function conclude(training: Training, folder: RunFolder, bar: ProgressBar, signal: AbortSignal): Promise<void> {
  const { network, splits, configuration } = training;
  try {
    const details = await lookInto(network, splits.test, configuration, signal, (progress) => bar.update(progress));
    await folder.conclude(await reportOf(training, details));
  } catch (error) {
    if (!DecolleError.is(error) || error.code !== "aborted") throw error;
    const message = "interrupted while the report was drawn; the training itself is complete and saved";
    throw new DecolleError("aborted", message, { cause: error });
  } finally {
    bar.clear();
  }
}

function reportOf({ configuration, data, network, epochs }: Training, details?: ReportDetails): Promise<string> {
  return trainingReport(network, configuration, data, epochs, details);
}

/** Saves what an interrupted training has learned, and says what became of it. */
async function keep(training: Training): Promise<string> {
  const { network, folder } = training;
  if (folder === undefined) return "nothing was saved, since there is no --out";
  if (folder.replaces) return "no epoch was completed, so the training that was to be replaced is still there";
  await folder.save(network, await reportOf(training));
  return "state saved; --resume continues";
}

async function headline({ configuration, network, splits: data }: Training): Promise<string> {
  const { kind, threads, simd } = network.backend;
  const parameters = (await network.describe()).parameters.toLocaleString("en");
  const ignored = (data.train.ignored ?? 0) + (data.test.ignored ?? 0);
  const others =
    ignored === 0 ? "" : `, ${ignored} ${ignored === 1 ? "file" : "files"} left out that are no recordings`;
  const recordings = `${data.train.length} recordings to learn from, ${data.test.length} to test${others}`;
  const build = `${kind}, ${threads} ${threads === 1 ? "thread" : "threads"}, ${simd}`;
  return `${configuration.preset} on ${data.name}: ${parameters} parameters, ${recordings} (${build})`;
}

function epochLine({ epoch, seconds, train, test }: EpochMetrics, epochs: number): string {
  const accuracy = (test ?? train).accuracy.map((share) => percent(share).padStart(7)).join(" ");
  const loss = train.loss.map((value) => value.toFixed(4)).join(" ");
  const name = test === undefined ? "training" : "test";
  return `epoch ${`${epoch}`.padStart(`${epochs}`.length)}/${epochs}  ${name} accuracy ${accuracy}  loss ${loss}  ${duration(seconds)}`;
}

function layerTable({ train, test, density }: EpochMetrics): string {
  const heads = [
    "layer",
    "training loss",
    "training accuracy",
    ...(test ? ["test loss", "test accuracy"] : []),
    "density",
  ];
  const rows = train.loss.map((loss, layer) => [
    `${layer + 1}`,
    loss.toFixed(4),
    percent(train.accuracy[layer] ?? 0),
    ...(test ? [(test.loss[layer] ?? 0).toFixed(4), percent(test.accuracy[layer] ?? 0)] : []),
    (density.layers[layer] ?? 0).toFixed(4),
  ]);
  return textTable([heads, ...rows]);
}
