/** `decolle data`: what lies in a data set, and what is missing from it. */
import type { BackendChoice } from "../backend/select.js";
import type { AnyDataset, AnySplits } from "../datasets/dataset.js";
import { type DatasetSpec, formatDatasetSpec } from "../datasets/spec.js";
import { hasUnits } from "../events/train.js";
import { openData } from "./inputs.js";
import { textTable } from "./table.js";

/** Options of the command, as commander gives them. */
export interface DataFlags extends BackendChoice {
  readonly json?: boolean;
}

/** A part of a data set. */
interface Part {
  readonly name: string;
  readonly recordings: number;
  /** Recordings of each class; absent where classes are not known before recordings are read. */
  readonly perClass?: readonly number[];
  readonly ignored: number;
  readonly ignoredPaths: readonly string[];
}

/**
 * Says what a data set holds.
 *
 * @param data - Which one.
 * @param flags - The command's options.
 * @param signal - Aborts.
 */
export async function dataCommand(data: DatasetSpec, flags: DataFlags, signal: AbortSignal): Promise<void> {
  const splits = await openData(data, { ...flags, data }, signal);
  console.log(flags.json ? asJson(formatDatasetSpec(data), splits) : asText(splits));
}

function partsOf({ train, validation, test }: AnySplits): Part[] {
  return [train, ...(validation === undefined ? [] : [validation]), test].map((dataset) => partOf(dataset));
}

function partOf({ name, length, classes, labels, ignored = 0, ignoredPaths = [] }: AnyDataset): Part {
  const perClass = labels && classes.map((_, own) => Array.from(labels).filter((label) => label === own).length);
  return { name, recordings: length, ...(perClass && { perClass }), ignored, ignoredPaths };
}

function asJson(spec: string, splits: AnySplits): string {
  const { classes, sensor, duration } = splits.train;
  return JSON.stringify({
    data: spec,
    classes,
    sensor,
    duration,
    parts: partsOf(splits),
    remarks: splits.remarks ?? [],
  });
}

function asText(splits: AnySplits): string {
  const { classes, sensor, duration } = splits.train;
  const parts = partsOf(splits);
  const size = hasUnits(sensor) ? `${sensor.units} units` : `${sensor.width}×${sensor.height} pixels`;
  const rows = classes.map((name, own) => [name, ...parts.map(({ perClass }) => `${perClass?.[own] ?? "?"}`)]);
  const table = textTable([
    ["class", ...parts.map(({ name }) => name)],
    ...rows,
    ["all", ...parts.map(({ recordings }) => `${recordings}`)],
  ]);
  const ignored = parts.flatMap(({ ignored: count, ignoredPaths: paths }) => {
    const more = count > paths.length ? [`${count - paths.length} more`] : [];
    return count === 0 ? [] : [`left out, since they are no recordings: ${[...paths, ...more].join(", ")}`];
  });
  const notes = (splits.remarks ?? []).map((remark) => `note: ${remark}`);
  return [`${splits.name}: ${size}, some ${duration / 1000} ms a recording`, table, ...notes, ...ignored].join("\n");
}
