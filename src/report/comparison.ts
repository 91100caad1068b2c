/** Several trainings side by side: a table, accuracy over epochs, and what became of each setting that was varied. */
import type { EpochMetrics } from "../network/metrics.js";
import { duration, figures, page, percent, table, tiles } from "./page.js";
import { type Panel, panelSvg, type Series } from "./plot.js";

/** A training. */
export interface ComparedRun {
  /** Name, such as that of its folder. */
  readonly name: string;
  /** Metrics of its epochs, in order; may be empty. */
  readonly epochs: readonly EpochMetrics[];
}

/** Trainings that differ in their seeds at most; they are averaged. */
export interface ComparedGroup {
  /** What sets it apart from others. */
  readonly name: string;
  /** Its trainings, at least one. */
  readonly runs: readonly ComparedRun[];
  /** Settings in which the groups differ, as name and value. */
  readonly settings: ReadonlyArray<readonly [name: string, value: string]>;
}

/** Mean and standard deviation. */
export interface Spread {
  /** Mean. */
  readonly mean: number;
  /** Standard deviation of a sample; 0 of one value. */
  readonly deviation: number;
}

/** What a group came to. */
export interface Standing {
  /** The group. */
  readonly group: ComparedGroup;
  /** Accuracy of each layer after the last epoch: of the test, or of training where there is none. */
  readonly accuracy: readonly Spread[];
  /** The best that the last layer did after any epoch, mean of the trainings. */
  readonly best: number;
  /** Loss of the last layer. */
  readonly loss: number;
  /** Spikes per neuron and step in training, mean of the layers. */
  readonly density: number;
  /** Synaptic operations of an epoch. */
  readonly operations: number;
  /** Seconds of training in all, a training. */
  readonly seconds: number;
  /** Fewest epochs that one of its trainings has. */
  readonly epochs: number;
}

/** Most lines of a plot. */
const mostLines = 12;

/**
 * Compares groups of trainings.
 *
 * @param groups - Groups; those without an epoch are left out.
 * @returns What each came to, the best last layer first.
 */
export function standings(groups: readonly ComparedGroup[]): Standing[] {
  const compared = groups.map((group) => ({ ...group, runs: group.runs.filter(({ epochs }) => epochs.length > 0) }));
  const ranked = compared.filter(({ runs }) => runs.length > 0).map(standingOf);
  const accuracy = ({ accuracy: layers }: Standing) => layers.at(-1)?.mean ?? 0;
  return ranked.sort((one, other) => accuracy(other) - accuracy(one));
}

function standingOf(group: ComparedGroup): Standing {
  const ends = group.runs.map(({ epochs }) => epochs.at(-1) as EpochMetrics);
  const layers = ends[0]?.train.loss.length ?? 0;
  const mean = (read: (end: EpochMetrics) => number) => spreadOf(ends.map(read)).mean;
  const best = group.runs.map(({ epochs }) => Math.max(...epochs.map((epoch) => lastOf(scoresOf(epoch).accuracy))));
  const times = group.runs.map(({ epochs }) => epochs.reduce((sum, { seconds }) => sum + seconds, 0));
  return {
    group,
    accuracy: Array.from({ length: layers }, (_, layer) =>
      spreadOf(ends.map((end) => scoresOf(end).accuracy[layer] ?? Number.NaN)),
    ),
    best: spreadOf(best).mean,
    loss: mean((end) => lastOf(scoresOf(end).loss)),
    density: mean(({ density }) => spreadOf(density.layers).mean),
    operations: mean(({ synapticOperations: { forward, gradient } }) => forward + gradient),
    seconds: spreadOf(times).mean,
    epochs: Math.min(...group.runs.map(({ epochs }) => epochs.length)),
  };
}

/**
 * The comparison as rows of text, heads first.
 *
 * @param ranked - What each group came to.
 * @returns Cells.
 */
export function standingRows(ranked: readonly Standing[]): string[][] {
  const layers = Math.max(0, ...ranked.map(({ accuracy }) => accuracy.length));
  const several = ranked.some(({ group }) => group.runs.length > 1);
  const numbered = Array.from({ length: layers }, (_, layer) => `layer ${layer + 1}`);
  const heads = ["training", ...(several ? ["seeds"] : []), "epochs", ...numbered, "best", "loss", "density", "time"];
  const rows = ranked.map(({ group, accuracy, best, loss, density, seconds, epochs }) => [
    group.name,
    ...(several ? [`${group.runs.length}`] : []),
    `${epochs}`,
    ...numbered.map((_, layer) => spreadText(accuracy[layer])),
    percent(best),
    loss.toFixed(4),
    density.toFixed(4),
    duration(seconds),
  ]);
  return [heads, ...rows];
}

/**
 * Writes a page that compares trainings.
 *
 * @param title - Heading.
 * @param groups - Groups of trainings.
 * @returns A complete HTML document.
 */
export function comparison(title: string, groups: readonly ComparedGroup[]): string {
  const ranked = standings(groups);
  const [heads = [], ...rows] = standingRows(ranked);
  const runs = groups.reduce((sum, group) => sum + group.runs.length, 0);
  const [best] = ranked;
  const head =
    best === undefined ? "" : tiles([[spreadText(best.accuracy.at(-1)), `best last layer: ${best.group.name}`]]);
  const lines = ranked.slice(0, mostLines);
  const shown = ranked.length > mostLines ? ` The best ${mostLines} are drawn.` : "";
  return page(title, `${runs} ${runs === 1 ? "training" : "trainings"}`, head, [
    {
      title: "Comparison",
      note: "Accuracy of every layer after the last epoch, with the standard deviation over seeds; best of the last layer after any epoch; loss of the last layer; density of spikes; time of training.",
      body: table(
        heads,
        rows,
        (column) => column >= 1,
        (row) => row === 0,
      ),
    },
    {
      title: "Over epochs",
      note: `Last layer, mean over seeds.${shown}`,
      body: figures(epochPanels(lines).map((panel) => panelSvg(panel))),
    },
    {
      title: "By setting",
      note: "Accuracy of the last layer after the last epoch, one line for each combination of the other settings.",
      body: figures(settingPanels(ranked).map((panel) => panelSvg(panel))),
    },
    { title: "Settings that differ", body: differences(ranked) },
  ]);
}

/** Names and values in which groups differ, a row a group. */
function differences(ranked: readonly Standing[]): string {
  const names = namesOf(ranked);
  if (names.length === 0) return "";
  const rows = ranked.map(({ group }) => [group.name, ...names.map((name) => settingOf(group, name))]);
  return table(["training", ...names], rows, () => false);
}

function namesOf(ranked: readonly Standing[]): string[] {
  return Array.from(new Set(ranked.flatMap(({ group }) => group.settings.map(([name]) => name))));
}

function settingOf({ settings }: ComparedGroup, name: string): string {
  return settings.find(([own]) => own === name)?.[1] ?? "";
}

function epochPanels(lines: readonly Standing[]): Panel[] {
  const over = (read: (epoch: EpochMetrics) => number): Series[] =>
    lines.map(({ group, epochs }, place) => ({
      name: group.name,
      color: place,
      // Colours come round after six.
      dashed: place >= 6,
      points: Array.from({ length: epochs }, (_, index) => {
        const values = group.runs.map((run) => read(run.epochs[index] as EpochMetrics));
        return [index + 1, spreadOf(values).mean] as const;
      }),
    }));
  const accuracy = over((epoch) => lastOf(scoresOf(epoch).accuracy));
  return lines.length === 0
    ? []
    : [
        { title: "Accuracy", x: "epoch", y: "share right, by vote", yRange: [0, 1], series: accuracy },
        {
          title: "Loss",
          x: "epoch",
          y: "mean local cost",
          yRange: [0, 0],
          series: over((epoch) => lastOf(scoresOf(epoch).loss)),
        },
      ];
}

/** Accuracy over each setting that is a number. */
function settingPanels(ranked: readonly Standing[]): Panel[] {
  return namesOf(ranked).flatMap((name) => {
    const numeric = ranked.map(({ group }) => Number(settingOf(group, name) || Number.NaN));
    if (numeric.some((value) => !Number.isFinite(value)) || new Set(numeric).size < 2) return [];
    const [least, most] = [Math.min(...numeric), Math.max(...numeric)];
    const logarithmic = least > 0 && most / least >= 8;
    const lines = new Map<string, Array<readonly [number, number]>>();
    for (const [place, { group, accuracy }] of ranked.entries()) {
      const others = group.settings.filter(([own]) => own !== name).map((pair) => pair.join(" "));
      const value = numeric[place] as number;
      const points = lines.get(others.join(", ")) ?? [];
      points.push([logarithmic ? Math.log10(value) : value, accuracy.at(-1)?.mean ?? Number.NaN]);
      lines.set(others.join(", "), points);
    }
    const series = Array.from(
      lines,
      ([own, points]): Series => ({ name: own, points: points.sort(([a], [b]) => a - b) }),
    );
    const x = logarithmic ? `log₁₀ ${name}` : name;
    return [{ title: name, x, y: "share right, by vote", yRange: [0, 1], series: series.slice(0, mostLines) }];
  });
}

/** Scores that trainings are compared by. */
function scoresOf({ train, test }: EpochMetrics): { accuracy: readonly number[]; loss: readonly number[] } {
  return test ?? train;
}

function lastOf(layers: readonly number[]): number {
  return layers.at(-1) ?? Number.NaN;
}

function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)) };
}

function spreadText(spread: Spread | undefined): string {
  if (spread === undefined || !Number.isFinite(spread.mean)) return "";
  return spread.deviation === 0
    ? percent(spread.mean)
    : `${percent(spread.mean)} ± ${(100 * spread.deviation).toFixed(1)}`;
}
