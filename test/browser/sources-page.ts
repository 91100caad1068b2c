/** A page with the package on it, in Chromium, for tests of live events. */
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

/** How a page is opened. */
export interface Opening {
  /** Further arguments of the browser. */
  readonly given?: readonly string[];
  /** Headers that are sent with every file. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Packing and bundling, in milliseconds, on a machine that has other work to do. */
const patience = 240_000;

/**
 * Bundles the page, for the tests of a file.
 *
 * @param name - Of the folder that this is done in.
 * @returns What opens it in a browser, for the tests of a block within.
 */
export function sourcesPage(name: string): (opening?: Opening) => Opened {
  let site: string;
  beforeAll(async () => {
    site = await bundle(name, "sources");
  }, patience);
  return ({ given = [], headers = {} } = {}) => {
    const opened = {} as Opened;
    let server: Awaited<ReturnType<typeof serve>>;
    beforeAll(async () => {
      [server, opened.browser] = await Promise.all([serve(site, headers), launch(...given)]);
    });
    afterAll(async () => {
      await opened.browser?.close();
      server?.close();
    });
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
