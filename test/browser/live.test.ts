/** The page that learns gestures, examples/live, driven as a person would. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../../build/command.mjs";
import { conv2d, Network } from "../../src/index.js";
import { isolation, serve } from "./bundle.js";
import { installed, launch } from "./chromium.js";

const site = join(root, "target", "live");
const patient = { timeout: 60_000 };

/** The page, open, and what ends it. */
async function open(browser: Browser, headers: Readonly<Record<string, string>> = isolation) {
  const server = await serve(site, headers);
  const context = await browser.newContext({ acceptDownloads: true });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
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

/** Holds the button of a gesture until the network remembers so many clips of it. */
async function record(page: Page, label: number, clips: number): Promise<void> {
  await holds(page, label).hover();
  await page.mouse.down();
  await expect.poll(async () => (await counts(page))[label], patient).toBeGreaterThanOrEqual(clips);
  await page.mouse.up();
}

describe.runIf(installed)("the live page in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    const configFile = join(root, "examples", "live", "vite.config.ts");
    [browser] = await Promise.all([launch(), build({ configFile, logLevel: "warn", build: { outDir: site } })]);
  }, 180_000);
  afterAll(() => browser?.close());

  it("learns three gestures that were recorded by holding buttons", { timeout: 300_000 }, async () => {
    const { page, faults, close } = await open(browser);
    for (const label of [0, 1, 2]) await record(page, label, 11);
    await expect.poll(() => figure(page, "updates"), { timeout: 120_000 }).toBeGreaterThanOrEqual(600);
    await page.getByLabel("Learning", { exact: true }).uncheck();
    const judged = async () => Number(await page.locator("#accuracy").getAttribute("data-clips"));
    const before = await judged();
    // As many as the moving accuracy is taken over, all shown after the last lesson.
    await expect.poll(judged, patient).toBeGreaterThanOrEqual(before + 22);
    const accuracy = (await page.locator("#accuracy").getAttribute("data-accuracy"))?.split(" ").map(Number);
    expect(accuracy?.at(-1)).toBeGreaterThanOrEqual(0.9);
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
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save" }).click(),
    ]);
    const bytes = readFileSync(await download.path());
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

  it("says in words that there is not enough memory", async () => {
    const small = await launch("--js-flags=--wasm-max-mem-pages=20");
    const server = await serve(site, isolation);
    const page = await small.newPage();
    await page.goto(server.address);
    await expect.poll(() => alert(page).textContent(), patient).toContain("memory");
    await small.close();
    server.close();
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
});
