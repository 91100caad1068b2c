/** What was recorded inside a network, as plots: spikes as a raster, potentials, traces and readouts over time. */
import { unfit } from "../errors.js";
import type { Tensor } from "../network/tensor.js";
import { finiteNumber, wholeNumber } from "../numbers.js";
import { list } from "../values/arrays.js";
import { isObject } from "../values/brands.js";
import { found } from "../values/found.js";
import { demanded, type Fields, readOptions, text } from "../values/options.js";
import { type FigureOptions, figure, type Panel, type Series } from "./plot.js";

/** What of a recorded tensor `[steps, samples, …units]` is drawn, and how. */
export interface InsideOptions extends FigureOptions {
  /** Place on the second axis; 0 by default. */
  readonly sample?: number;
  /**
   * Units, counted through all axes behind the second; by default in a raster up to 256 of them, evenly spaced, and in a plot of
   * lines the six that change most.
   */
  readonly units?: readonly number[];
  /** Length of a time step in microseconds, 1000 by default; time is shown in milliseconds. */
  readonly timeStep?: number;
  /** Heading. */
  readonly title?: string;
  /** What y is, with its unit. */
  readonly y?: string;
  /** Names of the lines, one a unit that is drawn; `unit 7` and the like by default. */
  readonly names?: readonly string[];
  /** What a line is called that has no name, before its number; `unit` by default. */
  readonly called?: string;
  /** A value to mark by a dashed line, such as 0, the threshold of potentials; none by default. */
  readonly level?: number;
}

const insideFields: Fields<InsideOptions> = {
  sample: "number",
  units: "value",
  timeStep: "number",
  title: "value",
  y: "value",
  names: "value",
  called: "value",
  level: "number",
  width: "number",
  height: "number",
};

/** Most units of a raster, and lines of a plot, unless they are chosen. */
const [mostUnits, mostLines] = [256, 6];

/** The rows of one sample. */
interface Rows {
  readonly steps: number;
  readonly units: number;
  /** The value of a unit at a step. */
  readonly at: (step: number, unit: number) => number;
}

/**
 * Draws spikes over time, one row a unit.
 *
 * @param spikes - Such as `recorded.layers[0].spikes`: `[steps, samples, …units]`, above 0 where a unit spiked.
 * @param options - Sample, units, length of a step, heading, size.
 * @returns A complete SVG document.
 * @throws {@link DecolleError} `shape`, `range` or `config` for a tensor, sample or unit that is not there.
 */
export function rasterFigure(spikes: Tensor<Uint8Array | Float32Array>, options: InsideOptions = {}): string {
  const read = readInside(options);
  return figure([rasterPanel(spikes, read)], sizeOf(read));
}

/**
 * Draws values over time, one line a unit: potentials, traces, readouts or gradients.
 *
 * @param values - Such as `recorded.layers[0].potentials`: `[steps, samples, …units]`.
 * @param options - Sample, units, length of a step, heading, names, size.
 * @returns A complete SVG document.
 * @throws {@link DecolleError} `shape`, `range` or `config` for a tensor, sample or unit that is not there.
 */
export function traceFigure(values: Tensor<Uint8Array | Float32Array>, options: InsideOptions = {}): string {
  const read = readInside(options);
  return figure([tracePanel(values, read)], sizeOf(read));
}

/**
 * The panel of {@link rasterFigure}.
 *
 * @internal
 *
 * @param spikes - Spikes.
 * @param options - What is drawn.
 * @returns The panel.
 */
export function rasterPanel(spikes: Tensor<Uint8Array | Float32Array>, options: InsideOptions): Panel {
  const { timeStep = 1000, title = "Spikes", y = "unit" } = options;
  const rows = rowsOf(spikes, options.sample ?? 0, "spikes");
  const units = chosenUnits(options, rows) ?? spaced(rows.units, mostUnits);
  const points = units.flatMap((unit) =>
    Array.from({ length: rows.steps }, (_, step) => step)
      .filter((step) => rows.at(step, unit) > 0)
      .map((step) => [(step * timeStep) / 1000, unit] as const),
  );
  const span = [units.reduce((least, unit) => Math.min(least, unit), rows.units), Math.max(0, ...units) + 1] as const;
  const xRange = [0, (rows.steps * timeStep) / 1000] as const;
  return { title, x: "time, ms", y, yRange: span, xRange, series: [{ name: "", points, ticks: true }] };
}

/**
 * The panel of {@link traceFigure}.
 *
 * @internal
 *
 * @param values - Values.
 * @param options - What is drawn.
 * @returns The panel.
 */
export function tracePanel(values: Tensor<Uint8Array | Float32Array>, options: InsideOptions): Panel {
  const { timeStep = 1000, title = "Values", y = "value", names, level, called = "unit" } = options;
  const rows = rowsOf(values, options.sample ?? 0, "values");
  const units = chosenUnits(options, rows) ?? liveliest(rows, mostLines);
  const time = (step: number) => (step * timeStep) / 1000;
  const series: Series[] = units.map((unit, place) => ({
    name: names?.[place] ?? `${called} ${unit}`,
    points: Array.from({ length: rows.steps }, (_, step) => [time(step), rows.at(step, unit)] as const),
    color: place,
    plain: true,
  }));
  if (level !== undefined) {
    const points = [0, rows.steps].map((step) => [time(step), level] as const);
    series.push({ name: "", points, color: 5, dashed: true, plain: true });
  }
  return { title, x: "time, ms", y, xRange: [0, time(rows.steps)], series };
}

/**
 * The units of a sample whose values vary most.
 *
 * @internal
 *
 * @param values - Values `[steps, samples, …units]`.
 * @param count - How many.
 * @returns Their numbers, ascending.
 */
export function liveliestUnits(values: Tensor<Uint8Array | Float32Array>, count: number): number[] {
  return liveliest(rowsOf(values, 0, "values"), count);
}

function readInside(given: InsideOptions): InsideOptions {
  const options = readOptions(given, insideFields, "a figure");
  if (options.timeStep !== undefined) finiteNumber(options.timeStep, Number.MIN_VALUE, "timeStep");
  for (const name of ["title", "y", "called"] as const) if (options[name] !== undefined) text(options[name], name);
  if (options.names !== undefined) {
    for (const [place, name] of list(options.names, "names").entries()) text(name, `names[${place}]`);
  }
  return options;
}

function sizeOf({ width, height }: InsideOptions): FigureOptions {
  return { ...(width !== undefined && { width }), ...(height !== undefined && { height }) };
}

function rowsOf({ shape, data }: Tensor<Uint8Array | Float32Array>, sample: number, path: string): Rows {
  const [steps, samples, ...axes] = list(demanded(shape, `${path}.shape`), `${path}.shape`);
  if (!isObject(data)) throw unfit("config", `${path}.data`, "a typed array", found(data));
  const units = axes.reduce((product, axis) => product * axis, 1);
  if (steps === undefined || samples === undefined || steps * samples * units !== data.length) {
    const expected = "steps, samples and units, as many in all as there are values";
    throw unfit("shape", `${path}.shape`, expected, `${shape} and ${data.length} values`);
  }
  wholeNumber(sample, 0, "sample");
  if (sample >= samples) throw unfit("range", "sample", `0 to ${samples - 1}`, `${sample}`);
  return { steps, units, at: (step, unit) => data[(step * samples + sample) * units + unit] ?? 0 };
}

function chosenUnits({ units }: InsideOptions, rows: Rows): readonly number[] | undefined {
  if (units === undefined) return undefined;
  return list(units, "units").map((unit, place) => {
    const path = `units[${place}]`;
    if (wholeNumber(unit, 0, path) < rows.units) return unit;
    throw unfit("range", path, `0 to ${rows.units - 1}`, `${unit}`);
  });
}

/** Numbers from 0 to `count` − 1, evenly spaced, at most so many. */
function spaced(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, index) => index);
  return Array.from({ length: most }, (_, place) => Math.floor((place * count) / most));
}

/** The units whose values vary most, in their order. */
function liveliest(rows: Rows, most: number): number[] {
  const varieties = Array.from({ length: rows.units }, (_, unit) => {
    let [sum, squares] = [0, 0];
    for (let step = 0; step < rows.steps; step++) {
      const value = rows.at(step, unit);
      sum += value;
      squares += value * value;
    }
    return [squares - (sum * sum) / Math.max(1, rows.steps), unit] as const;
  });
  const chosen = varieties.sort(([one], [other]) => other - one).slice(0, most);
  return chosen.map(([, unit]) => unit).sort((one, other) => one - other);
}
