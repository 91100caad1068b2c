// @ts-check
/**
 * The page that learns gestures, examples/live, in Chromium: frames per second, tasks of its thread that are longer than
 * 50 ms, what a step takes, and how well it tells fresh gestures apart, while it is shown three and learns them.
 */

import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { build, preview } from "vite";
import { machine } from "./machine.mjs";
import { writeResult } from "./results.mjs";
import { textTable } from "./table.mjs";
import { verdict } from "./targets.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * One stretch of time.
 *
 * @typedef {object} Row
 * @property {string} phase
 * @property {number} seconds
 * @property {number} frames - A second.
 * @property {number} longTasks - Tasks of more than 50 ms on the page's thread.
 * @property {number} longest - The longest of them, in milliseconds; 0 for none.
 * @property {string} watching - A step of the network that watches.
 * @property {string} learning - A step of a clip of the one that learns.
 * @property {string} updates - So far.
 * @property {string} accuracy - Of each layer over the last 20 clips.
 */

/** Titles of the table. */
export const head = [
  "phase",
  "seconds",
  "frames/s",
  "tasks over 50 ms",
  "longest",
  "step, watching",
  "step, learning",
  "updates",
  "accuracy of each layer",
];

/**
 * A row as text.
 *
 * @param {Row} row
 * @returns {string[]}
 */
export function cells({ phase, seconds, frames, longTasks, longest, watching, learning, updates, accuracy }) {
  const longestText = verdict({ atMost: 50, unit: "ms" }, longest);
  return [phase, `${seconds}`, frames.toFixed(1), `${longTasks}`, longestText, watching, learning, updates, accuracy];
}

/**
 * Runs the benchmark.
 *
 * @param {(text: string) => void} report - Told what goes on.
 * @param {import("./list.mjs").Options} [options]
 * @returns {Promise<string>} The table.
 */
export async function run(report, { quick = false } = {}) {
  const on = machine();
  const configFile = join(root, "examples", "live", "vite.config.ts");
  const outDir = join(root, "target", "live");
  await build({ configFile, logLevel: "warn", build: { outDir } });
  const server = await preview({ configFile, build: { outDir }, preview: { port: await freePort() } });
  const browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.addInitScript(count);
    await page.goto(server.resolvedUrls?.local[0] ?? "");
    await page.locator("#classes li").nth(2).waitFor();
    /** @type {Row[]} */
    const rows = [];
    const seconds = quick ? 2 : 10;
    const phase = async (/** @type {string} */ name, /** @type {number} */ last = seconds) => {
      const row = await measure(page, name, last);
      rows.push(row);
      report(cells(row).join(" | "));
    };
    await phase("watching");
    for (const label of [0, 1, 2]) {
      const button = page.locator("#classes .hold").nth(label);
      await button.hover();
      await page.mouse.down();
      await phase(`recording gesture ${label + 1}`);
      await page.mouse.up();
    }
    await phase("learning, fresh gestures");
    await phase("learning, fresh gestures, later");
    writeResult("live", on, rows, { quick });
    return textTable(head, rows.map(cells));
  } finally {
    await browser.close();
    await server.close();
  }
}

/** Counts frames and long tasks of a page, from its start. */
function count() {
  const here = /** @type {any} */ (globalThis);
  here.counted = { frames: 0, tasks: [] };
  const frame = () => {
    here.counted.frames++;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) here.counted.tasks.push(duration);
  }).observe({ type: "longtask", buffered: true });
}

/**
 * @param {import("playwright-core").Page} page
 * @param {string} phase
 * @param {number} seconds
 * @returns {Promise<Row>}
 */
async function measure(page, phase, seconds) {
  const start = () => {
    const here = /** @type {any} */ (globalThis);
    here.counted = { ...here.counted, frames: 0, tasks: [], since: performance.now() };
  };
  const end = () => {
    const { frames, tasks, since } = /** @type {any} */ (globalThis).counted;
    return { frames: (1000 * frames) / (performance.now() - since), tasks };
  };
  await page.evaluate(start);
  await page.waitForTimeout(1000 * seconds);
  const { frames, tasks } = await page.evaluate(end);
  const text = async (/** @type {string} */ id) => (await page.locator(`#${id}`).textContent()) ?? "";
  return {
    phase,
    seconds,
    frames,
    longTasks: tasks.length,
    longest: Math.round(Math.max(0, ...tasks)),
    watching: await text("watching"),
    learning: await text("teaching"),
    updates: await text("updates"),
    accuracy: (await page.locator("#accuracy").getAttribute("data-accuracy")) ?? "none yet",
  };
}

/** @returns {Promise<number>} A port that nobody listens on. */
function freePort() {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close();
      if (address === null || typeof address === "string") reject(new Error("there is no port"));
      else resolve(address.port);
    });
  });
}
