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
});
