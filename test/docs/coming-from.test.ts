/** The page `docs/coming-from.md`: its code compiles, runs, and prints what the page says. */
import { expect, it, vi } from "vitest";
import { Page } from "./code.js";

const page = new Page("coming-from.md");

it("runs from the first block to the last and prints what the page says", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  try {
    await page.run();
    expect(log.mock.calls.map((words) => `${words.join(" ")}\n`)).toEqual(page.blocks("text"));
  } finally {
    log.mockRestore();
  }
});

it("compiles under the strictest settings", () => {
  expect(page.faults()).toEqual([]);
}, 120_000);
