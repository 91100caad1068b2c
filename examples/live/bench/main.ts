/** The bench page: this engine on one thread and on all, beside tfjs on wasm, webgl and webgpu, in the same page and run. */
import { wrap } from "comlink";
import { find, make } from "../panels/elements.js";
import { startTheme } from "../theme.js";
import type { BenchEngine } from "./engine.js";
import { backends, compare, start, Timed } from "./rivals.js";

/** Turns of each side, which take turns. */
const turns = 5;
/** Steps in a turn of tfjs, and steps that are compared. */
const [steps, compared] = [10, 3];
/** Modes: whether the network learns. */
const modes = { inference: false, "learning, an update a step": true } as const;

interface Row {
  readonly side: string;
  readonly where: string;
  readonly times: Partial<Record<keyof typeof modes, number>>;
  readonly note: string;
}

const engine = wrap<BenchEngine>(new Worker(new URL("./engine.ts", import.meta.url), { type: "module" }));
const say = (text: string) => {
  find("state", HTMLOutputElement).textContent = text;
};
let rows: Row[] = [];

/** The middle one of some numbers. */
const median = (values: number[]) =>
  values.sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;

async function timed(side: { time(learns: boolean): Promise<number> }): Promise<Row["times"]> {
  const times: Row["times"] = {};
  for (const [mode, learns] of Object.entries(modes)) {
    await side.time(learns);
    const found: number[] = [];
    for (let turn = 0; turn < turns; turn++) found.push(await side.time(learns));
    times[mode as keyof typeof modes] = median(found);
  }
  return times;
}

async function measure(): Promise<void> {
  const name = find("network", HTMLSelectElement).value;
  rows = [];
  say("preparing");
  await engine.prepare(name);
  for (const threads of crossOriginIsolated ? new Set([1, navigator.hardwareConcurrency]) : [1]) {
    const found = await engine.open(threads);
    say(`this engine, ${found.threads} threads`);
    const times = await timed({ time: (learns) => engine.time(learns) });
    add({
      side: "decolle",
      where: `WebAssembly, ${found.threads === 1 ? "1 thread" : `${found.threads} threads`}`,
      times,
      note: "",
    });
  }
  const lessons = await engine.lessons(compared);
  const { plain, frames } = await engine.measured(steps);
  for (const backend of backends) {
    say(`tfjs on ${backend}`);
    try {
      const ready = await start(backend);
      const { loss, change } = await compare(ready, lessons);
      const note = `computes the same: losses within ${loss.toExponential(0)}, updates within ${change.toExponential(0)}`;
      const side = new Timed(ready, plain, frames);
      add({ side: "tfjs", where: `${backend} (${ready.renderer})`, times: await timed(side), note });
      side.dispose();
    } catch (error) {
      add({ side: "tfjs", where: backend, times: {}, note: error instanceof Error ? error.message : String(error) });
    }
  }
  say("done");
}

function add(row: Row): void {
  rows.push(row);
  const cells = ({ side, where, times, note }: Row) => [
    side,
    where,
    ...Object.keys(modes).map((mode) => times[mode as keyof typeof modes]?.toFixed(3) ?? "–"),
    note,
  ];
  const head = ["", "runs on", ...Object.keys(modes).map((mode) => `${mode}, ms/step`), ""];
  find("results", HTMLTableElement).replaceChildren(
    make("thead", {}, make("tr", {}, ...head.map((textContent) => make("th", { textContent })))),
    make(
      "tbody",
      {},
      ...rows.map((one) => make("tr", {}, ...cells(one).map((textContent) => make("td", { textContent })))),
    ),
  );
  const line = (texts: string[]) => `| ${texts.join(" | ")} |`;
  find("copied", HTMLTextAreaElement).value = [
    `${find("network", HTMLSelectElement).value}, untrained, one sample, random input of 1 %; ${navigator.userAgent}, ${navigator.hardwareConcurrency} processors`,
    "",
    ...[head, head.map(() => "---"), ...rows.map(cells)].map(line),
  ].join("\n");
}

find("measure", HTMLButtonElement).addEventListener("click", async ({ currentTarget }) => {
  const button = currentTarget as HTMLButtonElement;
  button.disabled = true;
  await measure().catch((error: unknown) => say(`It failed: ${error instanceof Error ? error.message : error}`));
  button.disabled = false;
});
find("copy", HTMLButtonElement).addEventListener("click", () =>
  navigator.clipboard
    .writeText(find("copied", HTMLTextAreaElement).value)
    .catch(() => find("copied", HTMLTextAreaElement).select()),
);
startTheme(() => {});
