/** The package, bundled by Vite, trains in Chromium, and its bits are those of Node. */
import { existsSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { agreed } from "../determinism/agreed.js";
import { bundle, isolation, serve } from "./bundle.js";
import { installed, launch } from "./chromium.js";
import type { Outcome, Page, Request } from "./page/page.js";

const built = existsSync(new URL("../../dist/wasm-threads/decolle_bg.wasm", import.meta.url));

describe.runIf(installed)("in Chromium", () => {
  let browser: Browser;
  let site: string;
  beforeAll(async () => {
    [site, browser] = await Promise.all([bundle("training"), launch()]);
  });
  afterAll(() => browser?.close());

  /** Opens the page, served with these headers, and trains there. */
  async function train(headers: Readonly<Record<string, string>>, where: "inWorker" | "onPage", request: Request) {
    const server = await serve(site, headers);
    const page = await browser.newPage();
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(String(error)));
    try {
      await page.goto(server.address);
      const outcome: Outcome = await page.evaluate(
        ([place, wanted]) => (globalThis as unknown as { page: Page }).page[place](wanted),
        [where, request] as const,
      );
      return { ...outcome, said };
    } finally {
      await page.close();
      server.close();
    }
  }

  const twoThreads = { threads: 2 } as const;

  describe.runIf(built).each(["dense", "convolutional"] as const)("a %s network", (training) => {
    it("trains with two threads in a Worker of an isolated page, to the agreed bits", async () => {
      const outcome = await train(isolation, "inWorker", { training, choice: { backend: "wasm", ...twoThreads } });
      expect(outcome.error).toBeUndefined();
      expect(outcome).toMatchObject({ backend: { kind: "wasm", threads: 2, simd: "simd128" }, threads: 2 });
      expect(outcome.fallback).toBeUndefined();
      expect(outcome.digest).toBe(agreed[training]);
      expect(outcome.times).toEqual([9, 12]);
    });
  });

  it("trains with one thread in a Worker of any other page, to the agreed bits, and says why", async () => {
    const outcome = await train({}, "inWorker", { training: "convolutional", choice: twoThreads });
    expect(outcome.error).toBeUndefined();
    expect(outcome).toMatchObject({ backend: { kind: "wasm", threads: 1, simd: "simd128" }, threads: 1 });
    expect(outcome.fallback?.message).toBe("WebAssembly runs 1 thread, since threads cannot be had here");
    expect(outcome.fallback?.cause).toContain("cross-origin isolated");
    // Nothing else is said, above all of an addon, which nobody expects in a browser.
    expect(outcome.said).toEqual([expect.stringContaining("cross-origin isolated")]);
    expect(outcome.digest).toBe(agreed.convolutional);
  });

  it("trains with one thread on a page's own thread where that is asked for, to the agreed bits", async () => {
    const choice = { backend: "wasm", threads: 1, worker: false } as const;
    const outcome = await train(isolation, "onPage", { training: "dense", choice });
    expect(outcome).toMatchObject({ backend: { threads: 1 }, digest: agreed.dense, times: [9, 12], said: [] });
  });

  it("refuses threads on a page's own thread, which may not wait", async () => {
    const choice = { backend: "wasm", ...twoThreads, worker: false } as const;
    const { error } = await train(isolation, "onPage", { training: "dense", choice });
    expect(error).toMatchObject({ code: "unsupported", message: expect.stringContaining("may not wait") });
  });

  it("refuses threads on a page that is not isolated", async () => {
    const choice = { backend: "wasm", ...twoThreads } as const;
    const { error } = await train({}, "inWorker", { training: "dense", choice });
    expect(error).toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("Cross-Origin-Opener-Policy"),
    });
  });
});
