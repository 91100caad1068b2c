/** The page: a source of events, a network that watches, one that learns, and the panels that show them. */
import { Classes } from "./classes.js";
import { trainer } from "./networks.js";
import { keepOffline } from "./offline.js";
import { AccuracyPanel } from "./panels/accuracy.js";
import { find } from "./panels/elements.js";
import { EventsPanel } from "./panels/events.js";
import { BarsPanel, ConfusionPanel } from "./panels/predictions.js";
import { RasterPanel } from "./panels/raster.js";
import { SynapsePanel } from "./panels/synapse.js";
import { camera, drawn, gestures, pointer, recording, type Source } from "./sources.js";
import { startTheme, themeColors } from "./theme.js";
import type { Start } from "./trainer.js";
import type { Seen } from "./watcher.js";
import { Watching } from "./watching.js";
import { inWords } from "./words.js";

const screen = find("events", HTMLCanvasElement);
const [events, raster, synapse] = [
  new EventsPanel(screen),
  new RasterPanel(find("raster", HTMLCanvasElement)),
  new SynapsePanel(),
];
const [bars, confusion, accuracy] = [
  new BarsPanel(find("bars", HTMLElement), find("seen", HTMLOutputElement)),
  new ConfusionPanel(find("confusion", HTMLTableElement)),
  new AccuracyPanel(find("accuracy", HTMLElement)),
];
const write = (id: string, text: string) => {
  find(id, HTMLElement).textContent = text;
};
let [updates, seed, colors] = [0, 1, themeColors()];
/** The batch under way. */
let lesson: Promise<unknown> = Promise.resolve();
/** The last work between two batches, and how much of it is not done yet: meanwhile no batch may begin. */
let [changing, changes]: [Promise<unknown>, number] = [Promise.resolve(), 0];

const classes: Classes = new Classes({
  begin: (label) => trainer.take(label).catch(complain),
  forget: (label, all) => trainer.forget(label, all).then((counts) => classes.count(counts), complain),
  rename: (names) => {
    bars.rename(names);
    confusion.rename(names);
  },
});
const watching = new Watching({
  show: (block) => events.add(block.events),
  seen: show,
  held: () => classes.held,
  complain,
});

/** Says on the page what went wrong. */
function complain(error: unknown): void {
  write("alert", inWords(error));
  find("alert", HTMLElement).hidden = false;
}

/** Shows what the network made of a piece, and remembers a clip that was recorded. */
function show({ votes, spikes, clip }: Seen, milliseconds: number): void {
  bars.add(votes, milliseconds);
  raster.add(spikes, colors);
  if (clip === null) return;
  const { label, events: recorded, perLayer } = clip;
  if (classes.held === label) trainer.keep(recorded, label).then((counts) => classes.count(counts), complain);
  if (updates === 0) return;
  accuracy.add(label, perLayer);
  confusion.add(label, perLayer.at(-1) ?? 0);
}

/** Works on the network that learns, between two batches, and after other such work. */
async function between<T>(work: () => Promise<T>): Promise<T> {
  changes++;
  const after = Promise.all([changing, lesson]);
  const working = after.then(work);
  changing = working.catch(() => undefined);
  try {
    return await working;
  } finally {
    changes--;
  }
}

/** Starts a network anew, or takes one from a file. */
async function start(from: Start): Promise<void> {
  await between(async () => {
    const facts = await trainer.start(from);
    await watching.start(await trainer.toBytes(facts.classes));
    updates = 0;
    write("updates", "0");
    classes.start(facts.classes);
    classes.count(await trainer.counts());
    bars.start(facts.layers, facts.classes);
    confusion.start(facts.classes);
    // A frame for each, so that none takes long.
    await new Promise(requestAnimationFrame);
    accuracy.start(facts.layers);
    await new Promise(requestAnimationFrame);
    synapse.start(facts);
    const threads = facts.threads === 1 ? "1 thread" : `${facts.threads} threads`;
    write(
      "facts",
      `${facts.layers.length} layers, ${facts.parameters.toLocaleString("en")} weights, ${threads}. Nothing leaves this page.`,
    );
  });
}

/** Learns one batch, and shows what came out. */
async function learn(): Promise<void> {
  const learned = await trainer.learn(synapse.synapse);
  if (learned === null) return;
  updates += learned.updates;
  watching.learned(learned.weights, learned.operations);
  synapse.add(learned);
  write("updates", `${updates}`);
  write("teaching", `${learned.milliseconds.toFixed(2)} ms`);
}

/** Learns, batch after batch, as long as it may. */
async function goOn(): Promise<never> {
  for (;;) {
    const before = updates;
    if (changes === 0 && find("learning", HTMLInputElement).checked) {
      lesson = learn().catch(complain);
      await lesson;
    }
    if (updates === before) await new Promise((resolve) => setTimeout(resolve, 100));
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
  write("rate", `${Math.round(rate).toLocaleString("en")} events/s`);
  write("operations", operations < 1e9 ? `${(operations / 1e6).toFixed(0)} M` : `${(operations / 1e9).toFixed(1)} G`);
  write("watching", step === null ? "–" : `${step.toFixed(2)} ms`);
  accuracy.draw();
}

/** Shows another source; where it fails, now or later, the drawn gestures go on. */
async function choose(name: string, file?: File): Promise<void> {
  find("alert", HTMLElement).hidden = true;
  find("tour", HTMLElement).hidden = name !== "gestures";
  find("hint", HTMLElement).hidden = name !== "pointer";
  try {
    mark(name);
    const source = await sourceOf(name, file);
    void watching.from(source).catch(fall);
  } catch (error) {
    void fall(error);
  }
}

/** Opens a source. */
function sourceOf(name: string, file?: File): Source | Promise<Source> {
  if (name === "camera") return camera();
  if (name === "pointer") return pointer(screen);
  if (file !== undefined) return recording(file);
  return gestures(() => classes.held);
}

/** Goes on with the drawn gestures, and says why. */
async function fall(error: unknown): Promise<void> {
  await choose("gestures");
  complain(error);
}

/** Checks the button of a source. */
function mark(name: string): void {
  for (const button of document.querySelectorAll<HTMLInputElement>("#sources input"))
    button.checked = button.value === name;
}

/** Records the gestures by itself, one after the other. */
async function tour(): Promise<void> {
  for (const label of drawn.keys()) {
    classes.press(label);
    while (classes.held === label) await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Hands the network to the person as a file. */
async function save(): Promise<void> {
  const bytes = await between(() => trainer.toBytes(classes.names));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes]));
  link.download = "gestures.safetensors";
  link.click();
  URL.revokeObjectURL(link.href);
}

/** The file that was chosen; the same one may be chosen again. */
function taken(input: HTMLInputElement): File | undefined {
  const file = input.files?.[0];
  input.value = "";
  return file;
}

/** Does what is asked for, and says what went wrong. */
function on(id: string, event: string, work: (target: HTMLInputElement) => unknown): void {
  find(id, HTMLElement).addEventListener(event, async ({ target }) => {
    // What went wrong before is of no more interest.
    find("alert", HTMLElement).hidden = true;
    try {
      await work(target as HTMLInputElement);
    } catch (error) {
      complain(error);
    }
  });
}

on("sources", "click", ({ value }) => value === "file" && find("recording", HTMLInputElement).click());
on("sources", "change", ({ value }) => value !== "file" && choose(value));
on("recording", "change", (input) => choose("file", taken(input)));
on("recording", "cancel", () => choose("gestures"));
on("events", "pointerdown", () => {
  find("hint", HTMLElement).hidden = true;
});
on("tour", "click", tour);
on("restart", "click", () => start({ classes: classes.names, seed: ++seed }));
on("save", "click", save);
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  const [file] = event.dataTransfer?.files ?? [];
  if (file !== undefined) void choose("file", file);
});
on("load", "change", async (input) => start({ bytes: new Uint8Array((await taken(input)?.arrayBuffer()) ?? []) }));
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
  void goOn();
} catch (error) {
  complain(error);
}
