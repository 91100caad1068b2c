/** The packed package in a page of each bundler, and of none: it loads, it trains, its bits are those of Node, and it listens. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { Browser, Page as Tab } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { agreed } from "../determinism/agreed.js";
import { bundlers, folder, viteServing } from "./bundlers/bundlers.js";
import { copyPackage, copyProgram, html, prepare } from "./bundlers/program.js";
import { obstacle } from "./bundlers/tools.js";
import { installed, launch } from "./chromium.js";
import { isolation } from "./isolation.js";
import type { Outcome, Page, Request } from "./page/page.js";
import { serve } from "./server.js";

const built = existsSync(new URL("../../dist/wasm-threads/decolle_bg.wasm", import.meta.url));
/** Bundlers that are fetched for this test, and why they are not there. */
const fetched = ["webpack", "Rollup", "Parcel"];
const missing = installed ? obstacle() : undefined;

let browser: Browser;
beforeAll(async () => {
  if (!installed) return;
  [browser] = await Promise.all([launch(), prepare(folder)]);
}, 300_000);
afterAll(() => browser?.close());

/** Opens a page and asks it for something; what the page says besides is a failure. */
async function ask<Answer>(address: string, question: (page: Tab) => Promise<Answer>): Promise<Answer> {
  const page = await browser.newPage();
  const said: string[] = [];
  page.on("console", (message) => /warning|error/.test(message.type()) && said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  try {
    await page.goto(address);
    await page
      .waitForFunction(() => "page" in globalThis, undefined, { timeout: 30_000 })
      .catch((error) => {
        throw new Error(`the page did not load: ${said.join("; ")}`, { cause: error });
      });
    const answer = await question(page);
    expect(said).toEqual([]);
    return answer;
  } finally {
    await page.close();
  }
}

const train = (address: string, where: "inWorker" | "onPage", request: Request): Promise<Outcome> =>
  ask(address, (page) =>
    page.evaluate(([place, wanted]) => (globalThis as unknown as { page: Page }).page[place](wanted), [
      where,
      request,
    ] as const),
  );

/** Listens on a page that was touched, without which browsers compute no sound. */
const hears = (address: string): Promise<number> =>
  ask(address, async (page) => {
    await page.mouse.click(5, 5);
    return page.evaluate(() => (globalThis as unknown as { page: Page }).page.hears());
  });

const single: Request = { training: "dense", choice: { backend: "wasm", threads: 1 } };
const threaded: Request = { training: "convolutional", choice: { backend: "wasm", threads: 2 } };
const trained = (training: "dense" | "convolutional", threads: number) => ({
  digest: agreed[training],
  backend: { kind: "wasm", threads, simd: "simd128" },
  times: [9, 12],
});

/** Trains on the page with one thread, and in a Worker of it with two, and listens. */
async function trainsThere(address: string, inWorker = address): Promise<void> {
  expect(await train(address, "onPage", single)).toEqual({ ...trained("dense", 1), threads: 1 });
  // 1,024 samples, 44,100 or 48,000 a second.
  expect(await hears(address)).toBeGreaterThan(20_000);
  if (!built) return;
  expect(await train(inWorker, "inWorker", threaded)).toEqual({ ...trained("convolutional", 2), threads: 2 });
}

describe.runIf(installed)("a page with the package packed by", () => {
  for (const [name, build] of Object.entries(bundlers)) {
    const absent = fetched.includes(name) ? missing : undefined;
    const why = absent === undefined ? "" : ` (it could not be installed: ${absent})`;
    it.skipIf(absent !== undefined)(`${name} trains to the agreed bits${why}`, { timeout: 240_000 }, async () => {
      const server = await serve(await build(), isolation);
      const byAddress = name === "none" ? `${server.address}by-address.html` : server.address;
      await trainsThere(server.address, byAddress).finally(server.close);
    });
  }

  it("Vite trains while it is written, too", { timeout: 240_000 }, async () => {
    const server = await viteServing(isolation);
    await trainsThere(server.address).finally(server.close);
  });
});

describe.runIf(installed)("a page that nothing packed", () => {
  /** A site with the program; the package is at an address. */
  function site(name: string, address: string): string {
    const place = join(folder, name);
    copyProgram(folder, place, address);
    writeFileSync(join(place, "index.html"), html("./page.js"));
    return place;
  }

  it("trains by the package of another origin, as of a CDN, with threads too", { timeout: 240_000 }, async () => {
    const shared = { "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin" };
    copyPackage(folder, join(folder, "cdn"));
    const cdn = await serve(join(folder, "cdn"), shared);
    const server = await serve(site("customer", `${cdn.address}decolle/browser/decolle.js`), isolation);
    await trainsThere(server.address).finally(() => [server, cdn].map(({ close }) => close()));
    expect(cdn.sent).toContain("/decolle/wasm/decolle_bg.wasm");
  });

  it("trains under a strict content security policy", { timeout: 240_000 }, async () => {
    const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";
    const place = site("strict", "/decolle/browser/decolle.js");
    copyPackage(folder, place);
    const server = await serve(place, { ...isolation, "Content-Security-Policy": policy });
    await trainsThere(server.address).finally(server.close);
  });

  it.runIf(built).each([
    { flavour: "single", threads: 1, most: 450_000 },
    // Atomics, and what shares work among threads, come on top.
    { flavour: "threads", threads: 2, most: 470_000 },
  ])(
    "downloads at most $most bytes before it trains, packed by gzip: $flavour",
    { timeout: 120_000 },
    async ({ threads, most }) => {
      const place = site(`download-${threads}`, "/decolle/browser/decolle.js");
      copyPackage(folder, place);
      const small = `import { dense, Network } from "/decolle/browser/decolle.js";
      onmessage = async () => {
        const network = await Network.create(
          { input: { units: 4 }, layers: [dense({ units: 3 })], readout: { units: 2 } },
          { backend: "wasm", threads: ${threads} },
        );
        const input = { counts: new Float32Array(4).fill(1), samples: 1, steps: 1 };
        await network.learn({ input, target: { classes: [1] } });
        postMessage(network.backend.threads);
      };`;
      writeFileSync(join(place, "small.js"), small);
      writeFileSync(join(place, "index.html"), html("./empty.js"));
      writeFileSync(join(place, "empty.js"), "");
      const server = await serve(place, isolation);
      const page = await browser.newPage();
      try {
        await page.goto(server.address);
        const found = await page.evaluate(
          () =>
            new Promise((resolve, reject) => {
              const worker = new Worker("/small.js", { type: "module" });
              worker.onmessage = ({ data }) => resolve(data);
              worker.onerror = ({ message }) => reject(new Error(message));
              worker.postMessage("");
            }),
        );
        expect(found).toBe(threads);
      } finally {
        await page.close();
        server.close();
      }
      // A file that several threads load is downloaded once.
      const files = [...new Set(server.sent)].filter((path) => path.startsWith("/decolle/"));
      const bytes = files.map((path) => readFileSync(join(place, path)));
      const sum = (pack: (file: Buffer) => Buffer) => bytes.reduce((all, file) => all + pack(file).length, 0);
      const [gzip, brotli] = [sum(gzipSync), sum(brotliCompressSync)];
      console.log(`${files.length} files, ${gzip} bytes by gzip, ${brotli} by brotli`);
      expect(gzip).toBeLessThanOrEqual(most);
    },
  );
});
