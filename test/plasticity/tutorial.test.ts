/** The tutorial `docs/write-your-own-neuron.md`: its code compiles, runs, and prints what the page says. */
import { expect, it, vi } from "vitest";
import { Page } from "../docs/code.js";

const page = new Page("write-your-own-neuron.md");

it("runs from the first block to the last", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  try {
    await page.run();
    const [printed, delta, treatments, bytes] = log.mock.calls.flat();
    for (const line of page.blocks("text").join("").trimEnd().split("\n")) expect(printed).toContain(line);
    expect(delta).toMatch(/^δ_i = E_i σ′\(U_i\[t\]\) \+ /);
    expect(treatments).toContain("threshold: depends on past spikes");
    expect(bytes).toBe(8);
  } finally {
    log.mockRestore();
  }
});

it("compiles under the strictest settings", () => {
  expect(page.faults()).toEqual([]);
}, 120_000);
