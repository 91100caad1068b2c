/** Live events on pages with a content security policy. */
import { describe, expect, it } from "vitest";
import { installed } from "./chromium.js";
import type { Global } from "./sources/sources.js";
import { type Opened, sourcesPage } from "./sources-page.js";

const strict = "default-src 'none'; connect-src 'self'; img-src data:; style-src 'unsafe-inline'";

/** Looks at a canvas that is drawn anew once, and gives the number of events, or the error. */
const watch = ({ page }: Opened) =>
  page.evaluate(async () => {
    const { DecolleError, events } = (globalThis as unknown as Global).decolle;
    const canvas = document.getElementById("canvas") as HTMLCanvasElement;
    const context = canvas.getContext("2d") as CanvasRenderingContext2D;
    context.fillStyle = "#404040";
    context.fillRect(0, 0, 160, 160);
    const source = events.fromCanvas(canvas);
    let count = 0;
    try {
      for await (const { t } of source) {
        count += t.length;
        context.fillStyle = "#c0c0c0";
        context.fillRect(40, 40, 80, 80);
        if (source.taken === 6) break;
      }
      return count;
    } catch (error) {
      return DecolleError.is(error) ? `${error.code} ${error.message}` : String(error);
    }
  });

describe.runIf(installed)("in Chromium, a page", () => {
  describe("that allows WebAssembly and its own Workers", () => {
    const policy = `${strict}; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'`;
    const opened = sourcesPage("policy", { "Content-Security-Policy": policy })();

    it("has live events", async () => {
      expect(await watch(opened)).toBeGreaterThan(1000);
    });
  });
});

describe.runIf(installed)("in Chromium, a page", () => {
  describe("that allows no Workers", () => {
    const policy = `${strict}; script-src 'self' 'wasm-unsafe-eval'; worker-src 'none'`;
    const opened = sourcesPage("no-workers", { "Content-Security-Policy": policy })();

    it("is told that the camera's Worker does not start", async () => {
      expect(await watch(opened)).toMatch(/^backend camera: the Worker of the simulated camera failed: /);
      // The browser complains on the console, too.
      expect(opened.said.splice(0).join()).toContain("worker-src");
    });
  });
});
