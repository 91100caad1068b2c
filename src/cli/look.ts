/** Looks at a trained network for its report: what it confuses and misses, and what goes on inside. */

import type { EventColumns } from "../backend/contract.js";
import type { AnyDataset } from "../datasets/dataset.js";
import { hasUnits, type RecordedEvents, type SpikeTrain } from "../events/train.js";
import type { Sensor } from "../events/transform.js";
import type { BatchInput } from "../network/batch.js";
import type { Evaluation } from "../network/evaluate.js";
import type { Progress } from "../network/metrics.js";
import type { NetworkDescription } from "../network/specification.js";
import type { Network } from "../network/stored.js";
import type { Tensor } from "../network/tensor.js";
import type { ReportDetails, Shown, ShownInside, ShownRule } from "../report/details.js";
import type { Matrix } from "../report/kernels.js";
import type { Configuration } from "./configuration.js";

/** Most missed recordings that are drawn, pixels a side of a picture, bins of time of a spike train's, and steps that are recorded. */
const most = { missed: 12, side: 128, bins: 128, steps: 300 } as const;
/** Most numbers that are recorded of a recording, 128 MiB of float32. */
const mostRecorded = 2 ** 25;

/** A recording of the test set with its events. */
interface Sample extends Shown {
  readonly events: RecordedEvents;
}

/**
 * Evaluates a network once more and runs some recordings through it. Its neuron state is another one afterwards; weights stay.
 *
 * @param network - A trained network.
 * @param test - Recordings to show it.
 * @param configuration - How it was trained.
 * @param signal - Aborts.
 * @param onProgress - Told how far it has come.
 * @returns What a report says of it.
 * @throws {@link DecolleError} `aborted`, or what reading a recording throws.
 */
export async function lookInto(
  network: Network,
  test: AnyDataset,
  { training, transform }: Pick<Configuration, "training" | "transform">,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<ReportDetails> {
  const { batchSize, testSteps: steps, burnIn } = training;
  const options = { batchSize, steps, burnIn, transform, signal, onProgress };
  const evaluation = await network.evaluate(test, options);
  const description = await network.describe();
  const last = description.layers.length - 1;
  const given = (index: number) => evaluation.predictions.data[last * test.length + index] ?? 0;
  const all = Array.from(evaluation.labels.keys());
  const wrong = all.filter((index) => given(index) !== evaluation.labels[index]);
  const right = all.filter((index) => given(index) === evaluation.labels[index]);
  const span = steps * description.specification.timeStep;
  const open = async (index: number): Promise<Sample> => {
    const { events, label } = await test.sample(index);
    return { index, label, prediction: given(index), events, picture: pictureOf(events, test, span) };
  };
  const missed: Sample[] = [];
  for (const index of spread(wrong, most.missed)) missed.push(await open(index));
  const inside: ShownInside[] = [];
  for (const index of [right[0], wrong[0]]) {
    if (index !== undefined)
      inside.push(await runInside(network, description, await open(index), test, { training, transform }, signal));
  }
  return {
    classes: test.classes,
    confusion: description.layers.map((_, layer) => confusionOf(evaluation, layer, test.classes.length)),
    missed: missed.map(({ events: _, ...shown }) => shown),
    missedOf: [wrong.length, test.length],
    inside,
    timeStep: description.specification.timeStep,
    input: axesOf(description.specification.input),
    layers: description.layers,
    ...(await parametersOf(network, description)),
    rules: await rulesOf(network, description),
  };
}

/** How many recordings of a class a layer gave which, `[class][given]`. */
function confusionOf({ labels, predictions }: Evaluation, layer: number, classes: number): Uint32Array {
  const counts = new Uint32Array(classes * classes);
  for (const [index, label] of labels.entries()) {
    const place = label * classes + (predictions.data[layer * labels.length + index] ?? 0);
    counts[place] = (counts[place] ?? 0) + 1;
  }
  return counts;
}

async function runInside(
  network: Network,
  description: NetworkDescription,
  { events, ...shown }: Sample,
  { sensor }: AnyDataset,
  { training, transform }: Pick<Configuration, "training" | "transform">,
  signal: AbortSignal,
): Promise<ShownInside> {
  const row = description.layers.reduce((sum, layer) => sum + 2 * layer.units + product(layer.inputShape), 0);
  const steps = Math.max(1, Math.min(training.testSteps, most.steps, Math.floor(mostRecorded / row)));
  const input: BatchInput = hasUnits(sensor)
    ? { trains: [events as SpikeTrain], steps }
    : { events: [events as EventColumns], steps, sensor, transform };
  const record = { spikes: true, traces: true, potentials: true, readouts: true };
  const { recorded } = await network.run({ input }, { burnIn: Math.min(training.burnIn, steps), record, signal });
  return { ...shown, recorded: recorded ?? { samples: [], layers: [] } };
}

async function parametersOf(
  network: Network,
  { layers }: NetworkDescription,
): Promise<Pick<ReportDetails, "weights" | "readouts">> {
  const [weights, readouts]: [Tensor[], Tensor[]] = [[], []];
  for (const layer of layers.keys()) {
    weights.push(await network.tensor(`layers.${layer}.weight`));
    readouts.push(await network.tensor(`readouts.${layer}.weight`));
  }
  return { weights, readouts };
}

/** The rules of all layers; layers that learn by the same one share it. */
async function rulesOf(network: Network, { layers }: NetworkDescription): Promise<ShownRule[]> {
  const rules = new Map<string, number[]>();
  for (const layer of layers.keys()) {
    const { whole } = (await network.rule(layer)).mathml;
    rules.set(whole, [...(rules.get(whole) ?? []), layer]);
  }
  return Array.from(rules, ([mathml, own]) => ({ mathml, layers: own }));
}

/** Events by pixel, or spikes by unit and time, of so many microseconds. */
function pictureOf(events: RecordedEvents, { sensor }: AnyDataset, span: number): Matrix {
  if (hasUnits(sensor)) return trainPicture(events as SpikeTrain, sensor.units, span);
  return eventPicture(events as EventColumns, sensor, span);
}

function eventPicture({ x, y, p, t }: EventColumns, { width, height }: Sensor, span: number): Matrix {
  const block = Math.ceil(Math.max(width, height) / most.side);
  const [columns, rows] = [Math.ceil(width / block), Math.ceil(height / block)];
  const counts = new Float32Array(rows * columns);
  const end = (t[0] ?? 0) + span;
  for (let event = 0; event < t.length && (t[event] as number) < end; event++) {
    const place = Math.floor((y[event] as number) / block) * columns + Math.floor((x[event] as number) / block);
    counts[place] = (counts[place] ?? 0) + (p[event] === 0 ? -1 : 1);
  }
  return { rows, columns, at: (row, column) => counts[row * columns + column] ?? 0 };
}

/** Time runs to the right, units upwards. */
function trainPicture({ t, unit }: SpikeTrain, units: number, span: number): Matrix {
  const block = Math.ceil(units / most.side);
  const rows = Math.ceil(units / block);
  const counts = new Float32Array(rows * most.bins);
  for (let spike = 0; spike < t.length; spike++) {
    const bin = Math.floor((((t[spike] as number) - (t[0] as number)) / span) * most.bins);
    if (bin >= most.bins) continue;
    const place = (rows - 1 - Math.floor((unit[spike] as number) / block)) * most.bins + bin;
    counts[place] = (counts[place] ?? 0) + 1;
  }
  return { rows, columns: most.bins, at: (row, column) => counts[row * most.bins + column] ?? 0 };
}

/** Entries evenly spaced, at most so many. */
function spread(entries: readonly number[], count: number): number[] {
  if (entries.length <= count) return Array.from(entries);
  return Array.from({ length: count }, (_, place) => entries[Math.floor((place * entries.length) / count)] as number);
}

function axesOf(input: NetworkDescription["specification"]["input"]): number[] {
  if ("units" in input) return [input.units];
  return "length" in input ? [input.channels, input.length] : [input.channels, input.height, input.width];
}

function product(axes: readonly number[]): number {
  return axes.reduce((all, axis) => all * axis, 1);
}
