/** The page: a source of events, a network that watches and learns, and the panels that show it. */
import { wrap } from "comlink";
import { Classes } from "./classes.js";
import type { Learner, Seen } from "./learner.js";
import { AccuracyPanel } from "./panels/accuracy.js";
import { keepOffline } from "./offline.js";
import { find } from "./panels/elements.js";
import { EventsPanel } from "./panels/events.js";
import { BarsPanel, ConfusionPanel } from "./panels/predictions.js";
import { RasterPanel } from "./panels/raster.js";
import { SynapsePanel } from "./panels/synapse.js";
import { camera, drawn, gestures, pointer, recording, type Source } from "./sources.js";
import { startTheme, themeColors } from "./theme.js";
import { Watching } from "./watching.js";
import { inWords } from "./words.js";

const learner = wrap<Learner>(new Worker(new URL("./learner-worker.ts", import.meta.url), { type: "module" }));
const [events, raster, synapse] = [
  new EventsPanel(find("events", HTMLCanvasElement)),
  new RasterPanel(find("raster", HTMLCanvasElement)),
  new SynapsePanel(),
];
const [bars, confusion, accuracy] = [
  new BarsPanel(find("bars", HTMLElement), find("seen", HTMLOutputElement)),
  new ConfusionPanel(find("confusion", HTMLTableElement)),
  new AccuracyPanel(find("accuracy", HTMLElement)),
];
const learning = find("learning", HTMLInputElement);
let updates = 0;
let seed = 1;
let colors = themeColors();

const classes = new Classes({
  begin: (label) => void learner.take(label).catch(complain),
  end: () => {},
  forget: (label, all) => void learner.forget(label, all).then((counts) => classes.count(counts), complain),
  rename: (names) => {
    bars.rename(names);
    confusion.rename(names);
  },
});
const watching = new Watching(learner, {
  show: (block) => events.add(block),
  seen: show,
  held: () => classes.held,
  complain,
});

/** Says on the page what went wrong. */
function complain(error: unknown): void {
  const alert = find("alert", HTMLElement);
  alert.textContent = inWords(error);
  alert.hidden = false;
  console.error(error);
}

/** Shows what the network made of a piece. */
function show(seen: Seen, milliseconds: number): void {
  bars.add(seen.votes, milliseconds);
  raster.add(seen.spikes, colors);
  classes.count(seen.counts);
  if (seen.judged === null || updates === 0) return;
  accuracy.add(seen.judged.label, seen.judged.perLayer);
  confusion.add(seen.judged.label, seen.judged.perLayer.at(-1) ?? 0);
}

/** Starts a network anew, or takes one from a file. */
async function start(from: { classes: readonly string[]; seed: number } | { bytes: Uint8Array }): Promise<void> {
  const facts = await learner.start(from);
  updates = 0;
  find("updates", HTMLElement).textContent = "0";
  classes.start(facts.classes);
  classes.count(await learner.counts());
  bars.start(facts.layers, facts.classes);
  confusion.start(facts.classes);
  accuracy.start(facts.layers);
  synapse.start(facts.rule);
  find("facts", HTMLElement).textContent =
    `${facts.layers.length} layers, ${facts.parameters.toLocaleString("en")} weights, ` +
    `${facts.threads === 1 ? "1 thread" : `${facts.threads} threads`}. Nothing leaves this page.`;
}

/** Learns, batch after batch, as long as there is something to learn from. */
async function learn(): Promise<never> {
  for (;;) {
    const lesson = learning.checked ? await learner.learn(synapse.synapse).catch(complain) : null;
    if (!lesson) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      continue;
    }
    updates += lesson.updates;
    synapse.add(lesson);
    watching.worked(lesson.operations);
    find("updates", HTMLElement).textContent = `${updates}`;
    find("teaching", HTMLElement).textContent = `${lesson.milliseconds.toFixed(2)} ms`;
  }
}

/** Draws a frame. */
function draw(): void {
  events.draw();
  raster.draw();
  bars.draw(updates > 0);
  classes.draw();
  synapse.draw();
  requestAnimationFrame(draw);
}

/** Twice a second is enough for figures and curves. */
function tell(): void {
  const { rate, operations, step } = watching.rates();
  find("rate", HTMLOutputElement).textContent = `${Math.round(rate).toLocaleString("en")} events/s`;
  find("operations", HTMLElement).textContent = `${(operations / 1e6).toFixed(1)} M`;
  find("watching", HTMLElement).textContent = step === null ? "–" : `${step.toFixed(2)} ms`;
  accuracy.draw();
}

/** Changes the source. */
async function choose(name: string): Promise<void> {
  find("alert", HTMLElement).hidden = true;
  const file = find("recording", HTMLInputElement);
  if (name === "file" && !file.files?.[0]) return file.click();
  const sources: Record<string, () => Source | Promise<Source>> = {
    gestures: () => gestures(() => classes.held),
    camera,
    pointer: () => pointer(find("events", HTMLCanvasElement)),
    file: () => recording(file.files?.[0] as File),
  };
  find("tour", HTMLButtonElement).hidden = name !== "gestures";
  await watching.from(await (sources[name] ?? sources["gestures"])?.());
}

/** Records the three gestures by itself. */
async function tour(): Promise<void> {
  for (const label of drawn.keys()) {
    classes.press(label);
    while (classes.held === label) await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Hands a file to the person. */
async function save(): Promise<void> {
  const bytes = await learner.toBytes(classes.names);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes as BlobPart]));
  link.download = "gestures.safetensors";
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Runs what a button asks for. */
const on = (id: string, event: string, work: (target: HTMLInputElement) => unknown) =>
  find(id, HTMLElement).addEventListener(event, async ({ target }) => {
    try {
      await work(target as HTMLInputElement);
    } catch (error) {
      complain(error);
    }
  });

on("sources", "change", ({ value }) => choose(value));
on("recording", "change", () => choose("file"));
on("tour", "click", tour);
on("restart", "click", () => start({ classes: classes.names, seed: ++seed }));
on("save", "click", save);
on("load", "change", async ({ files }) => start({ bytes: new Uint8Array((await files?.[0]?.arrayBuffer()) ?? []) }));
startTheme(() => {
  colors = themeColors();
  accuracy.style();
});
keepOffline().catch(complain);
requestAnimationFrame(draw);
setInterval(tell, 500);
try {
  await start({ classes: drawn, seed });
  await choose("gestures");
  void learn();
} catch (error) {
  complain(error);
}
