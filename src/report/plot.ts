/** Line plots as SVG: several panels, each with its axes and legend; no script, legible in light and in dark. */
import { nice, tickStep, ticks } from "d3-array";
import { format, precisionFixed } from "d3-format";
import { unfit } from "../errors.js";
import { list, numbers } from "../values/arrays.js";
import { demanded, type Fields, reading, readOptions, text } from "../values/options.js";
import { escaped } from "./markup.js";
import { colors, paletteRules } from "./palette.js";

/** One line. */
export interface Series {
  /** Name in the legend; an empty one has no place there. */
  readonly name: string;
  /** Points (x, y) in the order of x; a y that is not finite leaves a gap. */
  readonly points: ReadonlyArray<readonly [number, number]>;
  /** Number of its colour; by default its place among the series. Series of one thing share a colour. */
  readonly color?: number;
  /** Whether it is dashed, for the lesser of two lines of one colour. */
  readonly dashed?: boolean;
  /** Whether its points are drawn as short upright strokes and not joined, as spikes are; false by default. */
  readonly ticks?: boolean;
  /** Whether its points are left unmarked however few they are; false by default. */
  readonly plain?: boolean;
}

/** One pair of axes. */
export interface Panel {
  /** Heading. */
  readonly title: string;
  /** What x is, with its unit. */
  readonly x: string;
  /** What y is, with its unit. */
  readonly y: string;
  /** Lines, drawn in this order. */
  readonly series: readonly Series[];
  /** Range of x that is shown at least; by default that of the points. */
  readonly xRange?: readonly [number, number];
  /** Range of y that is shown at least; by default that of the points. */
  readonly yRange?: readonly [number, number];
}

/** Size and arrangement of a figure. */
export interface FigureOptions {
  /** Width of a panel in pixels; 560 by default. */
  readonly width?: number;
  /** Height of a panel in pixels, legend included; 280 by default. */
  readonly height?: number;
}

const figureFields: Fields<FigureOptions> = { width: "number", height: "number" };
const panelFields: Fields<Panel> = {
  title: "value",
  x: "value",
  y: "value",
  series: "value",
  xRange: "value",
  yRange: "value",
};
const seriesFields: Fields<Series> = {
  name: "value",
  points: "value",
  color: "number",
  dashed: "boolean",
  ticks: "boolean",
  plain: "boolean",
};

/** Refuses what cannot be drawn; points with a y that is not finite leave a gap. */
function checkPanel(given: Panel, path: string): void {
  const panel = readOptions(demanded(given, path), panelFields, "a panel", path);
  for (const name of ["title", "x", "y"] as const) text(panel[name], `${path}.${name}`);
  for (const [index, one] of list(panel.series, `${path}.series`).entries()) {
    const at = `${path}.series[${index}]`;
    const series = readOptions(demanded(one, at), seriesFields, "a series", at);
    text(series.name, `${at}.name`);
    for (const [place, point] of list(series.points, `${at}.points`).entries())
      checkPair(point, `${at}.points[${place}]`);
  }
  for (const name of ["xRange", "yRange"] as const) {
    const range = panel[name];
    if (range !== undefined) checkPair(range, `${path}.${name}`);
  }
}

function checkPair(pair: readonly [number, number], path: string): void {
  if (numbers(list(pair, path), path).length === 2) return;
  throw unfit("shape", path, "two numbers", `${pair.length}`);
}

const margin = { left: 58, right: 16, bottom: 42 } as const;
const headingHeight = 30;
const legendRow = 18;
/** Mean width of a character of the legend's 12-pixel type; text cannot be measured without a browser. */
const characterWidth = 6.6;
/** Up to this many points each is marked, so that a single one is seen at all. */
const mostMarks = 30;

/** CSS that plots need; {@link figure} brings it along, pages that use {@link panelSvg} include it once. */
export const plotRules = [
  ".plot{font:12px system-ui,sans-serif;background:var(--surface)}",
  ".plot text{fill:var(--muted)}.plot .heading{fill:var(--ink);font-size:14px;font-weight:600}",
  ".plot .grid{stroke:var(--line)}.plot path{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}",
  ".plot .dashed{stroke-dasharray:2 5;stroke-width:2}.plot .ticks{stroke-width:1.3;stroke-linecap:butt}",
].join("");

/**
 * Draws panels below one another as one SVG file.
 *
 * @param panels - At least one.
 * @param options - Size of each panel.
 * @returns A complete SVG document.
 */
export function figure(panels: readonly Panel[], options: FigureOptions = {}): string {
  const { width = 560, height = 280 } = readOptions(options, figureFields, "figure");
  reading("panels", () => {
    for (const [index, panel] of list(panels, "panels").entries()) checkPanel(panel, `panels[${index}]`);
  });
  const total = height * panels.length;
  const style = `<style>${paletteRules(".plot")}${plotRules}</style>`;
  const background = `<rect width="${width}" height="${total}" style="fill:var(--surface)"/>`;
  const drawn = panels.map(
    (panel, index) => `<g transform="translate(0 ${index * height})">${draw(panel, width, height)}</g>`,
  );
  const open = `<svg xmlns="http://www.w3.org/2000/svg" class="plot" role="img" ${size(width, total)}>`;
  return `${open}${style}${background}${drawn.join("")}</svg>\n`;
}

/**
 * Draws one panel as an SVG element for a page that has the palette and {@link plotRules}.
 *
 * @param panel - What to draw.
 * @param options - Its size.
 * @returns An `svg` element.
 */
export function panelSvg(panel: Panel, options: FigureOptions = {}): string {
  const { width = 560, height = 280 } = options;
  return `<svg class="plot" role="img" ${size(width, height)}>${draw(panel, width, height)}</svg>`;
}

function size(width: number, height: number): string {
  return `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`;
}

function draw(panel: Panel, width: number, height: number): string {
  const legend = drawLegend(panel.series, width - margin.left - margin.right);
  const top = headingHeight + legend.rows * legendRow + 6;
  const bounds = domains(panel);
  const x: Scale = { domain: bounds.x, range: [margin.left, width - margin.right] };
  // Rows of spikes fill the panel.
  const rows = panel.series.some(({ ticks }) => ticks);
  const y: Scale = { domain: rows ? bounds.y : nice(...bounds.y, 5), range: [height - margin.bottom, top] };
  return [
    `<title>${escaped(panel.title)}</title>`,
    `<text class="heading" x="${margin.left}" y="20">${escaped(panel.title)}</text>`,
    `<g transform="translate(${margin.left} ${headingHeight})">${legend.svg}</g>`,
    drawAxes(panel, x, y, width, height, top),
    ...panel.series.map((series, index) => drawSeries(series, index, x, y)),
  ].join("");
}

/** Values, and where they are drawn, in pixels. */
interface Scale {
  readonly domain: readonly [number, number];
  readonly range: readonly [number, number];
}

/** Where a value is drawn, to a tenth of a pixel. */
function place({ domain: [low, high], range: [from, to] }: Scale, value: number): number {
  const share = (value - low) / (high - low);
  return round(from * (1 - share) + to * share);
}

/** What writes the ticks of a scale, with as many decimals as tell them apart. */
function tickFormat({ domain }: Scale, count: number): (value: number) => string {
  return format(`,.${precisionFixed(tickStep(...domain, count))}f`);
}

function domains(panel: Panel): { x: [number, number]; y: [number, number] } {
  const points = panel.series.flatMap((series) => series.points.filter((point) => point.every(Number.isFinite)));
  const range = (values: readonly number[]): [number, number] => {
    const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
    const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    if (low > high) return [0, 1];
    // A single value has no extent of its own to draw.
    return low === high ? [low - 0.5, high + 0.5] : [low, high];
  };
  return {
    x: range([...points.map(([x]) => x), ...(panel.xRange ?? [])]),
    y: range([...points.map(([, y]) => y), ...(panel.yRange ?? [])]),
  };
}

function drawAxes(panel: Panel, x: Scale, y: Scale, width: number, height: number, top: number): string {
  const right = width - margin.right;
  const bottom = height - margin.bottom;
  const [xTicks, yTicks] = [whole(ticks(...x.domain, 6), panel), ticks(...y.domain, 5)];
  const xFormat = xTicks.every(Number.isInteger) ? String : tickFormat(x, 6);
  const yFormat = tickFormat(y, 5);
  const rows = yTicks.map((value) => {
    const at = place(y, value);
    const rule = `<line class="grid" x1="${margin.left}" x2="${right}" y1="${at}" y2="${at}"/>`;
    return `${rule}<text x="${margin.left - 8}" y="${at + 4}" text-anchor="end">${yFormat(value)}</text>`;
  });
  const columns = xTicks.map(
    (value) => `<text x="${place(x, value)}" y="${bottom + 17}" text-anchor="middle">${xFormat(value)}</text>`,
  );
  const middle = round((top + bottom) / 2);
  const xTitle = `<text x="${(margin.left + right) / 2}" y="${height - 8}" text-anchor="middle">${escaped(panel.x)}</text>`;
  const yTitle = `<text transform="translate(14 ${middle}) rotate(-90)" text-anchor="middle">${escaped(panel.y)}</text>`;
  return [...rows, ...columns, xTitle, yTitle].join("");
}

/** Leaves out ticks between whole numbers where all x are whole, as epochs are. */
function whole(ticks: readonly number[], panel: Panel): readonly number[] {
  const allWhole = panel.series.every((series) => series.points.every(([x]) => Number.isInteger(x)));
  return allWhole ? ticks.filter(Number.isInteger) : ticks;
}

function drawSeries(series: Series, index: number, x: Scale, y: Scale): string {
  const color = colorOf(series, index);
  if (series.ticks) return drawTicks(series, color, x, y);
  const drawn = `<path${series.dashed ? ' class="dashed"' : ""} style="stroke:${color}" d="${path(series, x, y)}"/>`;
  if (series.plain || series.points.length > mostMarks) return drawn;
  const marks = series.points
    .filter(([, value]) => Number.isFinite(value))
    .map(([at, value]) => {
      const label = `<title>${escaped(series.name)}: ${at}, ${Number(value.toPrecision(4))}</title>`;
      const fill = series.dashed ? "var(--surface)" : color;
      const style = `fill:${fill};stroke:${color};stroke-width:1.5`;
      return `<circle cx="${place(x, at)}" cy="${place(y, value)}" r="3" style="${style}">${label}</circle>`;
    });
  return drawn + marks.join("");
}

/** The pieces of a line between gaps; a point between two gaps is closed, so that its round cap shows. */
function path(series: Series, x: Scale, y: Scale): string {
  const pieces: string[][] = [[]];
  for (const [at, value] of series.points) {
    if (Number.isFinite(value)) pieces.at(-1)?.push(`${place(x, at)},${place(y, value)}`);
    else pieces.push([]);
  }
  const drawn = pieces.filter((piece) => piece.length > 0);
  return drawn.map((piece) => `M${piece.join("L")}${piece.length === 1 ? "Z" : ""}`).join("");
}

/** Strokes as high as a unit of y, but no smaller than can be seen and no larger than looks well. */
function drawTicks(series: Series, color: string, x: Scale, y: Scale): string {
  const height = Math.min(9, Math.max(1.4, 0.8 * Math.abs(place(y, 1) - place(y, 0))));
  const strokes = series.points
    .filter((point) => point.every(Number.isFinite))
    .map(([at, value]) => `M${place(x, at)} ${round(place(y, value) - height / 2)}v${round(height)}`);
  return `<path class="ticks" style="stroke:${color}" d="${strokes.join("")}"/>`;
}

function drawLegend(series: readonly Series[], width: number): { svg: string; rows: number } {
  let [left, row] = [0, 0];
  const named = series.map((entry, index) => [entry, index] as const).filter(([{ name }]) => name !== "");
  const entries = named.map(([entry, index]) => {
    const extent = 28 + entry.name.length * characterWidth + 14;
    if (left > 0 && left + extent > width) [left, row] = [0, row + 1];
    const [at, top] = [round(left), row * legendRow + 9];
    left += extent;
    const dashed = entry.dashed ? ' class="dashed"' : "";
    const stroke = `style="stroke:${colorOf(entry, index)}"`;
    return `<path${dashed} ${stroke} d="M${at} ${top}h20"/><text x="${at + 27}" y="${top + 4}">${escaped(entry.name)}</text>`;
  });
  return { svg: entries.join(""), rows: named.length === 0 ? 0 : row + 1 };
}

function colorOf(series: Series, index: number): string {
  return `var(--series-${(series.color ?? index) % colors})`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
