/** What all pages share: their frame, tables, and figures for people. A page has no script and needs no other file. */
import { kernelRules } from "./kernels.js";
import { escaped } from "./markup.js";
import { paletteRules } from "./palette.js";
import { plotRules } from "./plot.js";

const rules = [
  "*{box-sizing:border-box}body{margin:0;background:var(--surface);color:var(--ink);font:15px/1.5 system-ui,sans-serif}",
  "main{max-width:1200px;margin:0 auto;padding:32px 24px 64px}h1{font-size:26px;line-height:1.2;margin:0 0 4px}",
  "h2{font-size:19px;margin:48px 0 4px}h3{font-size:15px;margin:24px 0 8px}.lead,.note{color:var(--muted);margin:0 0 12px}.note{font-size:14px;max-width:76ch}",
  ".figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,480px),1fr));gap:16px;margin-top:16px}",
  ".figures svg{width:100%;height:auto;border:1px solid var(--line);border-radius:8px;padding:6px}.figures svg.kernels{padding:14px}",
  ".tiles{display:flex;flex-wrap:wrap;gap:12px;margin-top:24px}.tile{background:var(--raised);border-radius:8px;padding:10px 16px}",
  ".tile b{display:block;font-size:22px;font-variant-numeric:tabular-nums}.tile span{color:var(--muted);font-size:13px}",
  ".scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}",
  "th,td{padding:6px 14px 6px 0;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}",
  "th{color:var(--muted);font-weight:500;white-space:nowrap}td.number,th.number{text-align:right}",
  ".settings td{overflow-wrap:anywhere}.best td{font-weight:600}a{color:var(--series-0)}",
  "pre{background:var(--raised);border-radius:8px;padding:12px 16px;overflow-x:auto;font-size:13px;margin:8px 0}",
  "details{margin-top:12px}summary{cursor:pointer;color:var(--muted)}math{font-size:16px}",
  "nav{display:flex;flex-wrap:wrap;gap:4px 18px;margin-top:16px;font-size:14px}nav a{text-decoration:none}",
  ".confusion{font-size:13px}.confusion td,.confusion th{padding:5px 8px;text-align:center;border:1px solid var(--line)}",
  ".confusion td{min-width:34px;background:color-mix(in srgb,var(--tint) calc(var(--share)*80%),transparent)}",
  ".confusion td.right{--tint:var(--series-2)}.confusion td.wrong{--tint:var(--series-1)}.confusion .upright{writing-mode:vertical-rl;transform:rotate(180deg);text-align:left;vertical-align:bottom}.confusion .small{padding:2px;min-width:8px;height:12px}",
  ".pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(132px,1fr));gap:14px;margin-top:12px}",
  ".pictures figure{margin:0}.pictures img{width:100%;image-rendering:pixelated;background:var(--raised);border-radius:6px;display:block}",
  "figcaption{font-size:13px;color:var(--muted);margin-top:4px;overflow-wrap:anywhere}figcaption b{color:var(--ink)}",
  "@media print{main{max-width:none}.figures,.pictures{break-inside:avoid}}",
].join("");

/** A part of a page. */
export interface Section {
  /** Heading. */
  readonly title: string;
  /** What it shows, in a sentence or two; plain text. */
  readonly note?: string;
  /** HTML. */
  readonly body: string;
}

/**
 * Puts a page together.
 *
 * @param title - Heading of the page.
 * @param lead - What it is about, in a line; plain text.
 * @param head - HTML above the first section.
 * @param sections - What follows; those without a body are left out.
 * @returns A complete HTML document.
 */
export function page(title: string, lead: string, head: string, sections: readonly Section[]): string {
  const shown = sections.filter(({ body }) => body !== "");
  const links = shown.map((section, index) => `<a href="#part-${index + 1}">${escaped(section.title)}</a>`);
  const parts = shown.map(({ title: heading, note, body }, index) => {
    const said = note === undefined ? "" : `<p class="note">${escaped(note)}</p>`;
    return `<section id="part-${index + 1}"><h2>${escaped(heading)}</h2>${said}${body}</section>`;
  });
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>${escaped(title)}</title><style>${paletteRules(":root")}${rules}${plotRules}${kernelRules}</style></head><body><main>`,
    `<h1>${escaped(title)}</h1><p class="lead">${escaped(lead)}</p>`,
    links.length > 2 ? `<nav>${links.join("")}</nav>` : "",
    head,
    ...parts,
    "</main></body></html>\n",
  ].join("\n");
}

/**
 * Figures side by side.
 *
 * @param drawn - SVG elements; none gives nothing.
 * @returns HTML.
 */
export function figures(drawn: readonly string[]): string {
  return drawn.length === 0 ? "" : `<div class="figures">${drawn.join("")}</div>`;
}

/**
 * A table, its cells plain text.
 *
 * @param heads - Heads of the columns.
 * @param rows - Cells, as many a row.
 * @param numeric - Whether a column holds numbers, which are aligned on the right.
 * @param marked - Whether a row stands out.
 * @returns HTML.
 */
export function table(
  heads: readonly string[],
  rows: ReadonlyArray<readonly string[]>,
  numeric: (column: number) => boolean,
  marked: (row: number) => boolean = () => false,
): string {
  const cells = (tag: "th" | "td", row: readonly string[]) =>
    row.map((text, column) => `<${tag}${numeric(column) ? ' class="number"' : ""}>${escaped(text)}</${tag}>`).join("");
  const body = rows.map((row, index) => `<tr${marked(index) ? ' class="best"' : ""}>${cells("td", row)}</tr>`).join("");
  const whole = `<table><thead><tr>${cells("th", heads)}</tr></thead><tbody>${body}</tbody></table>`;
  return `<div class="scroll">${whole}</div>`;
}

/**
 * A table of names and values.
 *
 * @param settings - Names and values, plain text; none gives nothing.
 * @returns HTML.
 */
export function settingsTable(settings: ReadonlyArray<readonly [name: string, value: string]>): string {
  const rows = settings.map(([name, value]) => `<tr><th>${escaped(name)}</th><td>${escaped(value)}</td></tr>`);
  return rows.length === 0 ? "" : `<div class="scroll"><table class="settings">${rows.join("")}</table></div>`;
}

/**
 * Figures that stand out.
 *
 * @param shown - Each figure and what it is, plain text; none gives nothing.
 * @returns HTML.
 */
export function tiles(shown: ReadonlyArray<readonly [figure: string, what: string]>): string {
  const drawn = shown.map(
    ([figure, what]) => `<div class="tile"><b>${escaped(figure)}</b><span>${escaped(what)}</span></div>`,
  );
  return drawn.length === 0 ? "" : `<div class="tiles">${drawn.join("")}</div>`;
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

/**
 * A large number for people.
 *
 * @param count - At least 0.
 * @returns Such as `312`, `4.2 million`, `1.3·10¹²`.
 */
export function large(count: number): string {
  if (count < 1e6) return Math.round(count).toLocaleString("en");
  if (count < 1e9) return `${(count / 1e6).toFixed(1)} million`;
  const power = Math.floor(Math.log10(count));
  const raised = [...`${power}`].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]).join("");
  return `${(count / 10 ** power).toFixed(1)}·10${raised}`;
}
