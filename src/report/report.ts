/** The report of a training: one HTML page without script or outside files. */
import type { EpochMetrics } from "../network/metrics.js";
import type { NetworkDescription } from "../network/specification.js";
import { detailSections, type ReportDetails } from "./details.js";
import { learningPanels } from "./learning.js";
import { escaped } from "./markup.js";
import { duration, figures, large, page, percent, type Section, settingsTable, table, tiles } from "./page.js";
import { panelSvg } from "./plot.js";

/** What a report tells. */
export interface ReportContent {
  /** Heading, such as the names of preset and data. */
  readonly title: string;
  /** Settings as name and value, in the order of the table. */
  readonly settings: ReadonlyArray<readonly [name: string, value: string]>;
  /** The network. */
  readonly network: NetworkDescription;
  /** One entry an epoch, in order; may be empty. */
  readonly epochs: readonly EpochMetrics[];
  /** Machine and versions as name and value; left out by default. */
  readonly machine?: ReadonlyArray<readonly [name: string, value: string]>;
  /** Command that repeats the training; left out by default. */
  readonly command?: string;
  /** What else there is to say of the network once it is trained. */
  readonly details?: ReportDetails;
}

/**
 * Writes the report of a training.
 *
 * @param content - Settings, network, metrics of every epoch; details once it is trained.
 * @returns A complete HTML document.
 */
export function report(content: ReportContent): string {
  const { title, settings, network, epochs, machine = [], command, details } = content;
  const seconds = epochs.reduce((sum, epoch) => sum + epoch.seconds, 0);
  const lead = `${epochs.length} ${epochs.length === 1 ? "epoch" : "epochs"}, ${duration(seconds)} of training`;
  const parameters = `${network.parameters.toLocaleString("en")} parameters`;
  const sections: Section[] = [
    { title: "Learning", body: figures(learningPanels(epochs).map((panel) => panelSvg(panel))) },
    ...(details === undefined ? [] : detailSections(details)),
    { title: "Network", body: networkTable(network, epochs.at(-1)) },
    {
      title: "Settings",
      body: `${settingsTable(settings)}<details><summary>Specification</summary><pre>${escaped(
        JSON.stringify(network.specification, null, 2),
      )}</pre></details>`,
    },
    { title: "Machine", body: settingsTable(machine) },
    {
      title: "To repeat it",
      note: "Results do not depend on the machine, the build or the number of threads; only times do.",
      body: command === undefined ? "" : `<pre>${escaped(command)}</pre>`,
    },
  ];
  return page(title, `${lead}, ${parameters}`, headTiles(epochs.at(-1)), sections);
}

function headTiles(last: EpochMetrics | undefined): string {
  if (last === undefined) return "";
  const { accuracy } = last.test ?? last.train;
  const name = last.test ? "test" : "training";
  const { forward, gradient } = last.synapticOperations;
  return tiles([
    ...accuracy.map((value, layer) => [percent(value), `layer ${layer + 1}, ${name} accuracy`] as const),
    [large((forward + gradient) / Math.max(1, last.samples)), "synaptic operations a recording, learning included"],
  ]);
}

function networkTable(network: NetworkDescription, last: EpochMetrics | undefined): string {
  const tested = last?.test;
  const heads = ["layer", "kind", "input", "neurons", "output", "parameters"];
  const numbers = last === undefined ? [] : ["training loss", "training accuracy", "density"];
  const testHeads = tested === undefined ? [] : ["test loss", "test accuracy"];
  const rows = network.layers.map((layer, index) => [
    `${index + 1}`,
    layer.type,
    layer.inputShape.join("×"),
    layer.shape.join("×"),
    layer.pooledShape.join("×"),
    layer.parameters.toLocaleString("en"),
    ...(last === undefined
      ? []
      : [decimals(last.train.loss[index]), share(last.train.accuracy[index]), decimals(last.density.layers[index])]),
    ...(tested === undefined ? [] : [decimals(tested.loss[index]), share(tested.accuracy[index])]),
  ]);
  return table([...heads, ...numbers, ...testHeads], rows, (column) => column >= 5);
}

function decimals(value: number | undefined): string {
  return value === undefined ? "" : value.toFixed(4);
}

function share(value: number | undefined): string {
  return value === undefined ? "" : percent(value);
}
