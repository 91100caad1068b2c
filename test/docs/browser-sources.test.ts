/** The page `docs/browser-sources.md`: its code compiles, runs, and prints what the page says. */
import { format } from "node:util";
import { expect, it, vi } from "vitest";
import { Page } from "./code.js";

const page = new Page("browser-sources.md");

it("runs from the first block to the last and prints what the page says", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  try {
    await page.run();
    const printed = log.mock.calls.map((words) => `${format(...words)}\n`);
    expect(printed).toEqual(page.blocks("text"));
  } finally {
    log.mockRestore();
  }
});

it("compiles under the strictest settings", () => {
  expect(page.faults()).toEqual([]);
}, 120_000);

it("has pieces of pages that compile, with what the text around them speaks of", () => {
  const [webcam = "", pointer = "", microphone = "", usb = "", ...others] = page.blocks("js");
  const declarations = `
    import { events, type Network } from "decolle";
    declare const stream: ReturnType<Network["stream"]>;
    declare const preview: HTMLVideoElement;
    declare const pad: HTMLElement;
    declare const device: {
      open(): Promise<void>;
      claimInterface(number: number): Promise<void>;
      transferIn(endpoint: number, length: number): Promise<{ data: DataView }>;
    };`;
  expect(page.faultsInPage(declarations, [webcam, pointer, microphone, `export ${usb}`])).toEqual([]);
  expect(others).toEqual([]);
}, 120_000);
