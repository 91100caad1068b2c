/** The report of a training: one HTML page without script or outside files. */
import type { EpochMetrics } from "../network/metrics.js";
import type { NetworkDescription } from "../network/specification.js";
import { escaped } from "./markup.js";
import { paletteRules } from "./palette.js";
import { type Panel, panelSvg, plotRules, type Series } from "./plot.js";

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
}

const pageRules = [
  "*{box-sizing:border-box}body{margin:0;background:var(--surface);color:var(--ink);font:15px/1.5 system-ui,sans-serif}",
  "main{max-width:1200px;margin:0 auto;padding:32px 24px 64px}h1{font-size:26px;line-height:1.2;margin:0 0 4px}",
  "h2{font-size:17px;margin:40px 0 12px}.lead{color:var(--muted);margin:0}",
  ".figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:16px;margin-top:28px}",
  ".figures svg{width:100%;height:auto;border:1px solid var(--line);border-radius:8px;padding:6px}",
  ".tiles{display:flex;flex-wrap:wrap;gap:12px;margin-top:24px}.tile{background:var(--raised);border-radius:8px;padding:10px 16px}",
  ".tile b{display:block;font-size:22px;font-variant-numeric:tabular-nums}.tile span{color:var(--muted);font-size:13px}",
  ".scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}",
  "th,td{padding:6px 14px 6px 0;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}",
  "th{color:var(--muted);font-weight:500;white-space:nowrap}td.number,th.number{text-align:right}",
  ".settings td{overflow-wrap:anywhere}",
].join("");

/**
 * Writes the report of a training.
 *
 * @param content - Settings, network, metrics of every epoch.
 * @returns A complete HTML document.
 */
export function report(content: ReportContent): string {
  const { title, settings, network, epochs } = content;
  const seconds = epochs.reduce((sum, epoch) => sum + epoch.seconds, 0);
  const lead = `${epochs.length} ${epochs.length === 1 ? "epoch" : "epochs"}, ${duration(seconds)} of training`;
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>${escaped(title)}</title><style>${paletteRules(":root")}${pageRules}${plotRules}</style></head><body><main>`,
    `<h1>${escaped(title)}</h1><p class="lead">${lead}, ${network.parameters.toLocaleString("en")} parameters</p>`,
    tiles(epochs.at(-1)),
    `<div class="figures">${panels(epochs)
      .map((panel) => panelSvg(panel))
      .join("")}</div>`,
    `<h2>Network</h2><div class="scroll">${networkTable(network, epochs.at(-1))}</div>`,
    `<h2>Settings</h2><div class="scroll">${settingsTable(settings)}</div>`,
    "</main></body></html>\n",
  ].join("\n");
}

/**
 * A time span for people.
 *
 * @param seconds - At least 0.
 * @returns Such as `4.2 s`, `3 min 20 s` or `2 h 5 min`.
 */
export function duration(seconds: number): string {
  const tenths = Math.round(10 * seconds);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * A share for people.
 *
 * @param share - From 0 to 1.
 * @returns Such as `93.0 %`.
 */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function tiles(last: EpochMetrics | undefined): string {
  if (last === undefined) return "";
  const { accuracy } = last.test ?? last.train;
  const name = last.test ? "test" : "training";
  const tile = (value: number, layer: number) =>
    `<div class="tile"><b>${percent(value)}</b><span>layer ${layer + 1}, ${name} accuracy</span></div>`;
  return `<div class="tiles">${accuracy.map(tile).join("")}</div>`;
}

/** One line a layer, read from every epoch. */
function perLayer(
  epochs: readonly EpochMetrics[],
  name: (layer: number) => string,
  read: (epoch: EpochMetrics) => readonly number[] | undefined,
  dashed = false,
): Series[] {
  const layers = epochs[0]?.train.loss.length ?? 0;
  return Array.from({ length: layers }, (_, layer) => ({
    name: name(layer),
    points: epochs.map((epoch) => [epoch.epoch, read(epoch)?.[layer] ?? Number.NaN] as const),
    color: layer,
    dashed,
  }));
}

function panels(epochs: readonly EpochMetrics[]): Panel[] {
  if (epochs.length === 0) return [];
  const tested = epochs.some((epoch) => epoch.test !== undefined);
  const called = (suffix: string) => (layer: number) => `layer ${layer + 1}${suffix}`;
  const both = (read: (part: EpochMetrics["train"]) => readonly number[]): Series[] => [
    ...(tested ? perLayer(epochs, called(", test"), (epoch) => epoch.test && read(epoch.test)) : []),
    ...perLayer(epochs, called(", training"), (epoch) => read(epoch.train), tested),
  ];
  const input = { name: "input", points: epochs.map((epoch) => [epoch.epoch, epoch.density.input] as const), color: 5 };
  return [
    { title: "Loss", x: "epoch", y: "mean local cost", yRange: [0, 0], series: both((part) => part.loss) },
    { title: "Accuracy", x: "epoch", y: "share right, by vote", yRange: [0, 1], series: both((part) => part.accuracy) },
    {
      title: "Spike density in training",
      x: "epoch",
      y: "spikes per neuron and step",
      yRange: [0, 0],
      series: [...perLayer(epochs, called(""), (epoch) => epoch.density.layers), input],
    },
    {
      title: "Time",
      x: "epoch",
      y: "seconds",
      yRange: [0, 0],
      series: [{ name: "training", points: epochs.map((epoch) => [epoch.epoch, epoch.seconds] as const) }],
    },
  ];
}

function networkTable(network: NetworkDescription, last: EpochMetrics | undefined): string {
  const tested = last?.test;
  const heads = ["layer", "kind", "input", "neurons", "output", "parameters"];
  const figures = last === undefined ? [] : ["training loss", "training accuracy", "density"];
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
  return table([...heads, ...figures, ...testHeads], rows, (column) => column >= 5);
}

function settingsTable(settings: ReportContent["settings"]): string {
  const rows = settings.map(([name, value]) => `<tr><th>${escaped(name)}</th><td>${escaped(value)}</td></tr>`);
  return `<table class="settings">${rows.join("")}</table>`;
}

function table(
  heads: readonly string[],
  rows: ReadonlyArray<readonly string[]>,
  numeric: (column: number) => boolean,
): string {
  const cells = (tag: "th" | "td", row: readonly string[]) =>
    row.map((text, column) => `<${tag}${numeric(column) ? ' class="number"' : ""}>${escaped(text)}</${tag}>`).join("");
  const body = rows.map((row) => `<tr>${cells("td", row)}</tr>`).join("");
  return `<table><thead><tr>${cells("th", heads)}</tr></thead><tbody>${body}</tbody></table>`;
}

function decimals(value: number | undefined): string {
  return value === undefined ? "" : value.toFixed(4);
}

function share(value: number | undefined): string {
  return value === undefined ? "" : percent(value);
}
