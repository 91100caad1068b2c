/** A page with the package on it, in Chromium, for tests of live events. */
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { bundle, serve } from "./bundle.js";
import { launch } from "./chromium.js";

/** What a test finds. */
export interface Opened {
  /** The browser of a block. */
  browser: Browser;
  /** A page of each test's own. */
  page: Page;
  /** What it said on its console; nothing, in the end. */
  said: string[];
}

/**
 * Bundles the page and serves it, for the tests of a block.
 *
 * @param place - Where it is bundled.
 * @returns What opens it in a browser with further arguments, for the tests of a block within.
 */
export function sourcesPage(place: string): (...given: string[]) => Opened {
  let server: Awaited<ReturnType<typeof serve>>;
  beforeAll(async () => {
    server = await serve(await bundle("sources", join("sources", place)), {});
  });
  afterAll(() => server?.close());
  return (...given) => {
    const opened = {} as Opened;
    beforeAll(async () => {
      opened.browser = await launch(...given);
    });
    afterAll(() => opened.browser?.close());
    beforeEach(async () => {
      opened.page = await opened.browser.newPage();
      opened.said = [];
      opened.page.on("console", (message) => opened.said.push(message.text()));
      opened.page.on("pageerror", (error) => opened.said.push(String(error)));
      await opened.page.goto(server.address);
      await opened.page.waitForFunction(() => "decolle" in globalThis);
    });
    afterEach(async () => {
      expect(opened.said).toEqual([]);
      await opened.page.close();
    });
    return opened;
  };
}
