/** A summary in plain text, for a terminal. */
import type { RecordingFacts } from "../events/reading.js";
import { hotness, type Rate, type Summary } from "./statistics.js";

/** Columns and rows of the plot of the rate. */
const plot = { columns: 64, rows: 6 } as const;
const blocks = " ▁▂▃▄▅▆▇█";

/**
 * Lays out a summary.
 *
 * @param file - Name of the file.
 * @param facts - What the reader knows.
 * @param summary - What the recording holds.
 * @returns Lines, without a trailing newline.
 */
export function summaryText(file: string, facts: RecordingFacts, summary: Summary): string {
  const { events, on, off, duration, first = 0, columns, rows } = summary;
  const rate = duration > 0 ? `, ${counted(Math.round((events / duration) * 1e6))} a second` : "";
  const lines: Array<[string, string]> = [
    ["format", facts.format ?? "unknown"],
    ["sensor", facts.sensor ? `${facts.sensor.width}×${facts.sensor.height}` : "not said by the file"],
  ];
  if (columns !== undefined && rows !== undefined) {
    lines.push([
      "pixels",
      `x ${columns.join(" to ")}, y ${rows.join(" to ")}; ${counted(summary.activePixels)} with events`,
    ]);
    lines.push(["duration", `${spanned(duration)}, from ${counted(first)} to ${counted(first + duration)} µs`]);
  }
  lines.push(["events", `${counted(events)}${rate}`]);
  if (events > 0) lines.push(["polarity", `${share(on, events)} brighter, ${share(off, events)} darker`]);
  lines.push(["hot pixels", hotText(summary)], ["time", orderText(summary)]);
  if (summary.untimed > 0)
    lines.push(["no time", `${counted(summary.untimed)} events before the file's first time, left out`]);
  if (facts.damage !== undefined) lines.push(["damage", `read up to there: ${facts.damage.message}`]);
  const width = Math.max(...lines.map(([name]) => name.length));
  const told = lines.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
  return [file, ...told, ...(events > 0 ? ["", ...ratePlot(summary.rate)] : [])].join("\n");
}

function hotText({ hot, hotPixels }: Summary): string {
  if (hot === 0) return `none above ${hotness} times what nine pixels in ten have at most`;
  const some = hotPixels.slice(0, 4).map((pixel) => `(${pixel.x}, ${pixel.y}) with ${counted(pixel.events)} events`);
  return `${counted(hot)}: ${some.join(", ")}${hot > some.length ? ", …" : ""}`;
}

function orderText({ dropped, firstDropped }: Summary): string {
  if (firstDropped === undefined) return "never goes backwards";
  const { event, byte, time, latest } = firstDropped;
  const place = `event ${counted(event)}${byte === undefined ? "" : ` (byte ${counted(byte)})`}`;
  const where = `first at ${place}: ${counted(time)} µs after ${counted(latest)} µs`;
  return `goes backwards, ${where}; ${counted(dropped)} events left out`;
}

/** The rate over time, brighter and darker together, as bars of eighths. */
function ratePlot({ width, on, off }: Rate): string[] {
  const counts = on.map((count, bin) => count + (off[bin] ?? 0));
  const group = Math.ceil(counts.length / plot.columns);
  const columns = Array.from({ length: Math.ceil(counts.length / group) }, (_, column) => {
    const bins = counts.slice(column * group, (column + 1) * group);
    return bins.reduce((sum, count) => sum + count, 0) / (bins.length * width * 1e-6);
  });
  const most = Math.max(...columns);
  const eighths = columns.map((rate) => Math.round((rate / most) * plot.rows * 8));
  const label = `${short(most)}/s`;
  const lines = Array.from({ length: plot.rows }, (_, line) => {
    const below = (plot.rows - 1 - line) * 8;
    const bar = eighths.map((height) => blocks[Math.min(8, Math.max(0, height - below))]).join("");
    return `  ${(line === 0 ? label : "").padStart(label.length)} │${bar.trimEnd()}`;
  });
  const end = spanned(width * counts.length);
  const axis = "─".repeat(columns.length);
  const foot = `${spanned(0)}${end.padStart(Math.max(end.length + 1, columns.length - spanned(0).length))}`;
  return [...lines, `  ${"0".padStart(label.length)} └${axis}`, `  ${"".padStart(label.length)}  ${foot}`];
}

function counted(value: number): string {
  return value.toLocaleString("en-US");
}

function share(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)} %`;
}

/** A span of microseconds in the unit that suits it. */
function spanned(microseconds: number): string {
  if (microseconds >= 120e6) return `${(microseconds / 60e6).toFixed(1)} min`;
  if (microseconds >= 1e6) return `${(microseconds / 1e6).toFixed(2)} s`;
  if (microseconds >= 1e3) return `${(microseconds / 1e3).toFixed(1)} ms`;
  return `${microseconds} µs`;
}

/** A number to three digits, with the letter of its thousands. */
function short(value: number): string {
  const [scale, letter] = value >= 1e6 ? [1e6, " M"] : value >= 1e3 ? [1e3, " k"] : [1, " "];
  return `${(value / scale).toPrecision(3)}${letter}`;
}
