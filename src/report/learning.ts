/** What metrics of epochs look like: loss, accuracy, density, synaptic operations and time of every layer. */
import type { EpochMetrics } from "../network/metrics.js";
import type { Panel, Series } from "./plot.js";

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

function single(epochs: readonly EpochMetrics[], name: string, color: number, read: (epoch: EpochMetrics) => number) {
  return { name, color, points: epochs.map((epoch) => [epoch.epoch, read(epoch)] as const) };
}

/**
 * Plots of a training.
 *
 * @param epochs - Metrics, in order.
 * @returns Panels; none before the first epoch.
 */
export function learningPanels(epochs: readonly EpochMetrics[]): Panel[] {
  if (epochs.length === 0) return [];
  const tested = epochs.some((epoch) => epoch.test !== undefined);
  const called = (suffix: string) => (layer: number) => `layer ${layer + 1}${suffix}`;
  const both = (read: (part: EpochMetrics["train"]) => readonly number[]): Series[] => [
    ...(tested ? perLayer(epochs, called(", test"), (epoch) => epoch.test && read(epoch.test)) : []),
    ...perLayer(epochs, called(", training"), (epoch) => read(epoch.train), tested),
  ];
  const zero = [0, 0] as const;
  return [
    { title: "Accuracy", x: "epoch", y: "share right, by vote", yRange: [0, 1], series: both((part) => part.accuracy) },
    { title: "Loss", x: "epoch", y: "mean local cost", yRange: zero, series: both((part) => part.loss) },
    {
      title: "Spike density in training",
      x: "epoch",
      y: "spikes per neuron and step",
      yRange: zero,
      series: [
        ...perLayer(epochs, called(""), (epoch) => epoch.density.layers),
        single(epochs, "input", 5, (epoch) => epoch.density.input),
      ],
    },
    {
      title: "Synaptic operations in training",
      x: "epoch",
      y: "10⁹ an epoch",
      yRange: zero,
      series: [
        single(epochs, "potentials", 0, (epoch) => epoch.synapticOperations.forward / 1e9),
        single(epochs, "gradients", 1, (epoch) => epoch.synapticOperations.gradient / 1e9),
      ],
    },
    {
      title: "Time",
      x: "epoch",
      y: "seconds",
      yRange: zero,
      series: [
        single(epochs, "training", 0, (epoch) => epoch.seconds),
        ...(tested ? [single(epochs, "test", 1, (epoch) => epoch.test?.seconds ?? Number.NaN)] : []),
      ],
    },
  ];
}
