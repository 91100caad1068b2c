/** The page that learns gestures, examples/live, driven as a person would. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../../build/command.mjs";
import { Watcher } from "../../examples/live/watcher.js";
import { conv2d, type EventColumns, Network, syntheticStream } from "../../src/index.js";
import { isolation, serve } from "./bundle.js";
import { installed, launch } from "./chromium.js";
import { writeFilm } from "./film.js";

const site = join(root, "target", "live");
const patient = { timeout: 240_000 };

/** The page, open, and what ends it. */
async function open(
  browser: Browser,
  headers: Readonly<Record<string, string>> = isolation,
  serviceWorkers: "allow" | "block" = "allow",
) {
  const server = await serve(site, headers);
  const context = await browser.newContext({ acceptDownloads: true, serviceWorkers });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  await page.addInitScript(() => {
    // So that a test can unplug a camera.
    const tracks: EventTarget[] = [];
    Object.assign(globalThis, { tracks });
    const devices = navigator.mediaDevices;
    const ask = devices?.getUserMedia.bind(devices);
    if (ask) {
      devices.getUserMedia = async (constraints) => {
        const stream = await ask(constraints);
        tracks.push(...stream.getTracks());
        return stream;
      };
    }
  });
  await page.goto(server.address);
  await page.locator("#classes li").nth(2).waitFor(patient);
  const close = async () => {
    await context.close();
    server.close();
  };
  return { page, faults, server, close };
}

const holds = (page: Page, label: number) => page.locator("#classes .hold").nth(label);
const counts = async (page: Page) =>
  (await page.locator("#classes li > span").allTextContents()).map((text) => Number.parseInt(text, 10));
const figure = async (page: Page, id: string) => Number(await page.locator(`#${id}`).textContent());
const alert = (page: Page) => page.getByRole("alert");

/** Gestures before a webcam: where a disc is and how large, in heights of the picture, at a time in seconds. */
const filmed = {
  swinging: (time: number) => [0.667 + 0.35 * Math.sin(2 * Math.PI * 1.5 * time), 0.5, 0.18],
  nodding: (time: number) => [0.667, 0.5 + 0.3 * Math.sin(2 * Math.PI * 1.5 * time), 0.18],
  growing: (time: number) => [0.667, 0.5, 0.1 + 0.3 * ((1.25 * time) % 1)],
} as const;

/** Writes a film of a gesture, two seconds of 30 frames, that begins somewhere within. */
function film(path: string, gesture: keyof typeof filmed, phase: number): void {
  const [width, height, rate] = [160, 120, 30];
  const luma = (x: number, y: number, frame: number) => {
    const [column = 0, row = 0, radius = 0] = filmed[gesture](frame / rate + phase);
    const inside = radius * height - Math.hypot(x + 0.5 - column * height, y + 0.5 - row * height);
    return Math.round(50 + 150 * Math.min(1, Math.max(0, inside / 4 + 0.5)));
  };
  writeFilm(path, { width, height, rate, frames: 4 * rate, luma });
}

/** Holds the button of a gesture until the network remembers so many clips of it. */
async function record(page: Page, label: number, clips: number): Promise<void> {
  await holds(page, label).hover();
  await page.mouse.down();
  await expect.poll(async () => (await counts(page))[label], patient).toBeGreaterThanOrEqual(clips);
  await page.mouse.up();
}

/**
 * Shows a network clips that were drawn anew, in the way of the page, and gives the share that its last layer tells right. Without
 * the page's clock a clip takes a fraction of its 0.8 seconds.
 */
async function accuracyOf(bytes: Uint8Array, clips: number): Promise<number> {
  const watcher = new Watcher();
  await watcher.start(bytes);
  const [shown, duration, alike, pieces] = [[10, 8, 6], 200_000, 4, 10];
  const waiting: EventColumns[][] = shown.map(() => []);
  const hits: boolean[] = [];
  let time = 0;
  for await (const { events, label, start } of syntheticStream(duration, {
    width: 32,
    height: 32,
    duration,
    seed: 2718,
  })) {
    const place = shown.indexOf(label);
    if (place < 0) continue;
    waiting[place]?.push({ ...events, t: events.t.map((t) => t - start) });
    if (waiting[place]?.length !== alike) continue;
    for (const gesture of waiting[place].splice(0)) {
      for (let piece = 0; piece < pieces; piece++) {
        const [from, until] = [piece, piece + 1].map((end) => (end * duration) / pieces) as [number, number];
        const within = columnsOf(gesture, from, until, time - from);
        time += until - from;
        const { clip } = await watcher.see(
          { events: within, from: time - until + from, until: time, label: place },
          null,
        );
        if (clip !== null) hits.push(clip.perLayer.at(-1) === place);
      }
    }
    if (hits.length >= clips) return hits.filter(Boolean).length / hits.length;
  }
  throw new Error("the stream ended");
}

/** The events of a stretch of time, moved in time. */
function columnsOf({ x, y, p, t }: EventColumns, from: number, until: number, shift: number): EventColumns {
  const kept = Array.from(t.keys()).filter((event) => (t[event] ?? 0) >= from && (t[event] ?? 0) < until);
  const of = (values: ArrayLike<number>) => kept.map((event) => values[event] ?? 0);
  const times = of(t).map((time) => time + shift);
  return {
    x: Uint16Array.from(of(x)),
    y: Uint16Array.from(of(y)),
    p: Uint8Array.from(of(p)),
    t: Float64Array.from(times),
  };
}

/** Hands the page's network over as a file, as a person saves it. */
async function saved(page: Page): Promise<Buffer> {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Save" }).click(),
  ]);
  return readFileSync(await download.path());
}

describe.runIf(installed)("the live page in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    const configFile = join(root, "examples", "live", "vite.config.ts");
    [browser] = await Promise.all([launch(), build({ configFile, logLevel: "warn", build: { outDir: site } })]);
  }, 180_000);
  afterAll(() => browser?.close());

  it("learns three gestures that were recorded by holding buttons", { timeout: 900_000 }, async () => {
    const { page, faults, close } = await open(browser);
    for (const label of [0, 1, 2]) await record(page, label, 11);
    await expect.poll(() => figure(page, "updates"), patient).toBeGreaterThanOrEqual(1000);
    await page.getByLabel("Learning", { exact: true }).uncheck();
    const judged = async () => Number(await page.locator("#accuracy").getAttribute("data-clips"));
    const before = await judged();
    // The clips that the page itself judges are few, in its own time; the most of them must be right.
    await expect.poll(judged, patient).toBeGreaterThanOrEqual(before + 8);
    const accuracy = (await page.locator("#accuracy").getAttribute("data-accuracy"))?.split(" ").map(Number);
    expect(accuracy?.at(-1)).toBeGreaterThanOrEqual(0.6);
    // A network that tells 95 of 100 right fails this in 1 of 9,000 runs (binomial, fewer than 104 of 120 clips right).
    expect(await accuracyOf(await saved(page), 120)).toBeGreaterThanOrEqual(104 / 120);
    expect(await page.locator("#error").textContent()).toMatch(/\d/);
    expect(await page.locator(".inside math").count()).toBeGreaterThan(3);
    expect(faults).toEqual([]);
    await close();
  });

  it("undoes the last take, and forgets a gesture", { timeout: 120_000 }, async () => {
    const { page, close } = await open(browser);
    await record(page, 0, 2);
    await record(page, 0, 4);
    await page.getByRole("button", { name: "Undo the last take of Swinging" }).click();
    await expect.poll(async () => (await counts(page))[0]).toBeLessThan(4);
    expect((await counts(page))[0]).toBeGreaterThan(0);
    await page.getByRole("button", { name: "Forget all of Swinging" }).click();
    await expect.poll(async () => (await counts(page))[0]).toBe(0);
    await close();
  });

  it("records by the keyboard, where a tap holds the button", { timeout: 120_000 }, async () => {
    const { page, close } = await open(browser);
    await holds(page, 1).focus();
    await page.keyboard.press("Space");
    expect(await holds(page, 1).getAttribute("aria-pressed")).toBe("true");
    await expect.poll(async () => (await counts(page))[1], patient).toBeGreaterThanOrEqual(1);
    await page.keyboard.press("Space");
    expect(await holds(page, 1).getAttribute("aria-pressed")).toBe("false");
    await close();
  });

  it("saves its network with the names of the gestures, and loads it again", { timeout: 120_000 }, async () => {
    const { page, close } = await open(browser);
    await page.getByLabel("Name of gesture 1").fill("Wave");
    const bytes = await saved(page);
    const network = await Network.fromBytes(bytes);
    expect(JSON.parse(network.metadata["gestures"] ?? "")).toEqual(["Wave", "Circling", "Growing"]);
    network.dispose();
    await page.getByLabel("Name of gesture 1").fill("Other");
    await page.locator("#load").setInputFiles({ name: "gestures.safetensors", mimeType: "", buffer: bytes });
    await expect.poll(() => page.getByLabel("Name of gesture 1").inputValue()).toBe("Wave");
    await close();
  });

  it("loads a network that was trained in Node, with as many gestures as it tells apart", async () => {
    const { page, close } = await open(browser);
    const network = await Network.create({
      input: { channels: 2, height: 32, width: 32 },
      layers: [conv2d({ channels: 4, kernel: 5, stride: 4, padding: 2 })],
      readout: { units: 4 },
    });
    network.metadata["gestures"] = JSON.stringify(["a", "b"]);
    const buffer = Buffer.from(await network.toBytes());
    network.dispose();
    await page.locator("#load").setInputFiles({ name: "node.safetensors", mimeType: "", buffer });
    await expect.poll(() => page.locator("#classes li").count()).toBe(4);
    const names = await page
      .locator("#classes input")
      .evaluateAll((all) => all.map((one) => (one as HTMLInputElement).value));
    expect(names).toEqual(["a", "b", "Gesture 3", "Gesture 4"]);
    await close();
  });

  it("says in words that a file is not understood, and goes on", async () => {
    const { page, close } = await open(browser);
    const buffer = Buffer.from("neither a recording nor a model");
    await page.locator("#load").setInputFiles({ name: "a.safetensors", mimeType: "", buffer });
    await expect.poll(() => alert(page).textContent()).toContain("This file is not a model that is understood here.");
    await page.locator("#recording").setInputFiles({ name: "a.raw", mimeType: "", buffer: Buffer.alloc(64, 255) });
    await expect.poll(() => alert(page).textContent()).toContain("This file is not a recording");
    await page.setViewportSize({ width: 420, height: 700 });
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    const seen = await alert(page).boundingBox();
    expect(seen?.y).toBeGreaterThanOrEqual(0);
    expect(seen?.y).toBeLessThan(700);
    await expect.poll(() => page.locator("#rate").textContent()).not.toMatch(/^0 events/);
    await close();
  });

  it("plays a recording of any format", async () => {
    const { page, close } = await open(browser);
    await page.locator("#recording").setInputFiles(join(root, "test", "data", "nmnist", "Test", "0", "00944.bin"));
    await page.getByText("File", { exact: true }).click();
    await expect.poll(() => page.locator("#rate").textContent(), patient).toMatch(/^[\d,]+ events/);
    expect(await alert(page).isVisible()).toBe(false);
    await close();
  });

  it("learns three gestures before a webcam, and says when it goes away", { timeout: 900_000 }, async () => {
    mkdirSync(join(root, "target", "browser"), { recursive: true });
    const path = join(root, "target", "browser", "gestures.y4m");
    const fake = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];
    film(path, "swinging", 0);
    const before = await launch(...fake, `--use-file-for-fake-video-capture=${path}`);
    const { page, close } = await open(before);
    // The file is read anew whenever the camera is opened.
    const watch = async (gesture: keyof typeof filmed, phase: number) => {
      await page.getByText("Drawn", { exact: true }).click();
      film(path, gesture, phase);
      await page.getByText("Camera", { exact: true }).click();
    };
    const gestures = Object.keys(filmed) as (keyof typeof filmed)[];
    for (const [label, gesture] of gestures.entries()) {
      await watch(gesture, 0);
      await page.getByLabel(`Name of gesture ${label + 1}`).fill(gesture);
      await record(page, label, 11);
    }
    await expect.poll(() => figure(page, "updates"), patient).toBeGreaterThanOrEqual(800);
    for (const gesture of gestures) {
      await watch(gesture, 0.4);
      await expect.poll(() => page.locator("#seen").textContent(), patient).toBe(gesture);
    }
    await page.evaluate(() => {
      // What the browser does where the camera is unplugged.
      for (const track of (globalThis as unknown as { tracks: EventTarget[] }).tracks)
        track.dispatchEvent(new Event("ended"));
    });
    await expect.poll(() => alert(page).textContent()).toMatch(/^The camera .*went away/);
    expect(await page.getByLabel("Drawn").isChecked()).toBe(true);
    await close();
    await before.close();
  });

  it.each([
    ["there is no camera", "There is no camera.", [], true],
    [
      "the camera may not be used",
      "The permission to use the camera was refused",
      ["--use-fake-device-for-media-stream", "--deny-permission-prompts"],
      false,
    ],
  ] as const)("says in words that %s, and goes on with what is drawn", async (_, words, flags, grants) => {
    const without = await launch(...flags);
    const { page, close } = await open(without);
    if (grants) await page.context().grantPermissions(["camera"]);
    await page.getByText("Camera", { exact: true }).click();
    await expect.poll(() => alert(page).textContent()).toContain(words);
    expect(await page.getByLabel("Drawn").isChecked()).toBe(true);
    await close();
    await without.close();
  });

  it("sees what a pointer draws", async () => {
    const { page, close } = await open(browser);
    await page.getByText("Pointer", { exact: true }).click();
    await expect.poll(() => page.locator("#hint").isVisible()).toBe(true);
    const box = await page.locator("#events").boundingBox();
    if (box === null) throw new Error("there is nothing to draw on");
    await page.mouse.move(box.x + 20, box.y + 20);
    await page.mouse.down();
    await expect
      .poll(async () => {
        for (let step = 0; step < 20; step++) await page.mouse.move(box.x + 20 + 10 * step, box.y + 20 + 8 * step);
        const rate = (await page.locator("#rate").textContent()) ?? "";
        return Number.parseInt(rate.replace(/\D/g, ""), 10);
      }, patient)
      .toBeGreaterThan(10);
    await page.mouse.up();
    expect(await page.locator("#hint").isVisible()).toBe(false);
    await close();
  });

  it("leaves no Worker behind when it starts over ten times", { timeout: 120_000 }, async () => {
    const { page, faults, close } = await open(browser);
    const started = page.getByRole("button", { name: "Start over" });
    const workers = () => page.workers().length;
    await expect.poll(() => page.locator("#rate").textContent(), patient).toMatch(/^[1-9]/);
    const before = workers();
    expect(before).toBeGreaterThanOrEqual(3);
    for (let time = 0; time < 10; time++) {
      await page.locator("#facts").evaluate((facts) => facts.replaceChildren("starting"));
      await started.click();
      await expect.poll(() => page.locator("#facts").textContent(), patient).toMatch(/weights/);
    }
    await expect.poll(workers, patient).toBe(before);
    // Events came all the time, and clicks sooner than a network is made.
    expect(await alert(page).isVisible()).toBe(false);
    expect(faults).toEqual([]);
    await close();
  });

  it("says in words that there is not enough memory", async () => {
    const small = await launch("--js-flags=--wasm-max-mem-pages=20");
    const server = await serve(site, isolation);
    const page = await small.newPage();
    await page.goto(server.address);
    await expect.poll(() => alert(page).textContent(), patient).toContain("memory");
    await small.close();
    server.close();
  });

  it("learns with one thread where nothing isolates it, under a policy that allows little", async () => {
    // The page's panels set styles of their elements; nothing is loaded from elsewhere.
    const policy =
      "default-src 'self'; img-src 'self' data:; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'";
    const { page, faults, close } = await open(browser, { "Content-Security-Policy": policy }, "block");
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
    await expect.poll(() => page.locator("#facts").textContent(), patient).toMatch(/, 1 thread\./);
    for (const label of [0, 1]) await record(page, label, 1);
    await expect.poll(() => figure(page, "updates"), patient).toBeGreaterThanOrEqual(1);
    expect(await alert(page).isVisible()).toBe(false);
    expect(faults).toEqual([]);
    await close();
  });

  it("isolates itself on a host that sends no headers, and works offline from then on", {
    timeout: 120_000,
  }, async () => {
    const { page, server, close } = await open(browser, {});
    await expect.poll(() => page.evaluate(() => crossOriginIsolated).catch(() => false), patient).toBe(true);
    await expect.poll(() => page.locator("#facts").textContent(), patient).toMatch(/threads?\./);
    server.close();
    await page.reload();
    await page.locator("#classes li").nth(2).waitFor(patient);
    await expect.poll(() => page.locator("#rate").textContent(), patient).toMatch(/^[1-9]/);
    await close();
  });

  it("measures the engine on its bench page, and says where tfjs is not there", { timeout: 180_000 }, async () => {
    const { page, server, close } = await open(browser);
    await page.goto(`${server.address}bench.html`);
    await page.getByRole("button", { name: "Measure" }).click();
    await expect.poll(() => page.locator("#state").textContent(), { timeout: 150_000 }).toBe("done");
    const rows = (await page.locator("#copied").inputValue())
      .split("\n")
      .filter((line) => /^\| (decolle|tfjs)/.test(line));
    const [ours, theirs] = ["decolle", "tfjs"].map((side) => rows.filter((row) => row.startsWith(`| ${side}`)));
    expect(ours?.[0]).toMatch(/^\| decolle \| WebAssembly, 1 thread \|/);
    for (const row of ours ?? []) expect(row).toMatch(/(\| \d+\.\d{3} ){2}/);
    expect(theirs).toHaveLength(3);
    for (const row of theirs ?? []) expect(row).toContain("tfjs is not part of this page");
    await close();
  });
});
