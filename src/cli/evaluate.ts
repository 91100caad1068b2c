/** `decolle evaluate`. */
import type { BackendChoice } from "../backend/select.js";
import { type DatasetSpec, formatDatasetSpec } from "../datasets/spec.js";
import { faultAt } from "../errors.js";
import type { EvaluateOptions, Evaluation } from "../network/evaluate.js";
import type { Network } from "../network/stored.js";
import { percent } from "../report/page.js";
import { loadModel, openData, storedRun } from "./inputs.js";
import { ProgressBar } from "./progress.js";
import { textTable } from "./table.js";

/** Options of the command, as commander gives them. */
export interface EvaluateFlags extends BackendChoice {
  readonly model: string;
  readonly data?: DatasetSpec;
  readonly split: "train" | "test";
  readonly batch?: number;
  readonly steps?: number;
  readonly burnIn?: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/**
 * Evaluates a saved network and writes the result to standard output.
 *
 * @param flags - The command's options.
 * @param signal - Aborts the evaluation.
 */
export async function evaluateCommand(flags: EvaluateFlags, signal: AbortSignal): Promise<void> {
  const network = await loadModel(flags.model, flags, signal);
  try {
    const run = storedRun(network);
    const data = flags.data ?? run?.data;
    if (data === undefined) throw faultAt("config", "--data", "needed, since the model does not name its data");
    const splits = await openData(data, flags, signal);
    const bar = new ProgressBar((flags.quiet ?? false) || (flags.json ?? false));
    const options: EvaluateOptions = {
      signal,
      onProgress: (progress) => bar.update(progress),
      ...(run && {
        batchSize: run.configuration.training.batchSize,
        steps: run.configuration.training.testSteps,
        burnIn: run.configuration.training.burnIn,
        transform: run.configuration.transform,
      }),
      ...(flags.batch !== undefined && { batchSize: flags.batch }),
      ...(flags.steps !== undefined && { steps: flags.steps }),
      ...(flags.burnIn !== undefined && { burnIn: flags.burnIn }),
    };
    const evaluation = await network.evaluate(splits[flags.split], options).finally(() => bar.clear());
    console.log(flags.json ? asJson(evaluation, flags, formatDatasetSpec(data), network) : asTable(evaluation));
  } finally {
    network.dispose();
  }
}

function asTable({ accuracy, loss, density }: Evaluation): string {
  const rows = accuracy.map((share, layer) => [
    `${layer + 1}`,
    percent(share),
    (loss[layer] ?? 0).toFixed(4),
    (density.layers[layer] ?? 0).toFixed(4),
  ]);
  return textTable([["layer", "accuracy", "loss", "density"], ...rows]);
}

function asJson(evaluation: Evaluation, flags: EvaluateFlags, data: string, network: Network): string {
  const { samples, accuracy, loss, density, synapticOperations, seconds } = evaluation;
  const { kind, threads, simd } = network.backend;
  const asked = { model: flags.model, data, split: flags.split };
  const backend = { kind, threads, simd };
  return JSON.stringify({ ...asked, samples, accuracy, loss, density, synapticOperations, seconds, backend });
}
