/** The report of a training, out of its network and its configuration. */
import { type DatasetSpec, formatDatasetSpec } from "../datasets/spec.js";
import type { EpochMetrics } from "../network/metrics.js";
import type { Network } from "../network/stored.js";
import type { ReportDetails } from "../report/details.js";
import { report } from "../report/report.js";
import type { Configuration } from "./configuration.js";
import { commandOf, machineOf } from "./repeat.js";
import { inWords } from "./words.js";

/**
 * Writes the report of a training.
 *
 * @param network - The network.
 * @param configuration - How it is trained.
 * @param data - On what.
 * @param epochs - Metrics so far.
 * @param details - What was found out about the trained network; left out while it trains.
 * @returns An HTML page.
 */
export async function trainingReport(
  network: Network,
  configuration: Configuration,
  data: DatasetSpec,
  epochs: readonly EpochMetrics[],
  details?: ReportDetails,
): Promise<string> {
  const description = await network.describe();
  return report({
    title: `${configuration.preset} on ${data.kind}`,
    settings: settingsOf(configuration, data, description.specification),
    network: description,
    epochs,
    machine: machineOf(network),
    command: commandOf(configuration, data),
    ...(details && { details }),
  });
}

/**
 * Settings of a training, in words.
 *
 * @param configuration - The training.
 * @param data - What it learns from.
 * @param specification - The network; that of the configuration by default.
 * @returns Names and values.
 */
export function settingsOf(
  configuration: Configuration,
  data: DatasetSpec,
  specification: Configuration["network"] = configuration.network,
): Array<[name: string, value: string]> {
  const { preset, training, transform, initialization } = configuration;
  return [
    ["preset", preset],
    ["data", formatDatasetSpec(data)],
    ["seed", `${specification.seed ?? 1}`],
    ["initialization", initialization],
    ...Object.entries(training).map(([name, value]): [string, string] => [name, `${value}`]),
    ["transform", inWords(transform)],
    ...(["neuron", "cost", "regularizer", "optimizer", "readout"] as const).map((name): [string, string] => [
      name,
      inWords(specification[name]),
    ]),
  ];
}
