/** The page `docs/transforms.md`: its code compiles, runs, and prints what the page says. */
import { readFileSync } from "node:fs";
import { expect, it, vi } from "vitest";
import { transforms } from "../../src/index.js";
import { Page } from "./code.js";

const text = readFileSync(new URL("../../docs/transforms.md", import.meta.url), "utf8");
const page = new Page("transforms.md");

it("runs from the first block to the last, and prints what it says", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  await page.run();
  expect(log.mock.calls).toEqual([
    [{ width: 16, height: 16 }],
    [true],
    ["synthetic/train[randomFlipUD; dropEvent probability 0–0.3; seed 1]"],
    [[50_000, 50_000, 50_000, 50_000]],
    [["rest", "wave"]],
    [["rest", "wave"]],
    [101, 1],
  ]);
  log.mockRestore();
});

it("compiles under the strictest settings", () => {
  expect(page.faults()).toEqual([]);
}, 120_000);

it("has a line in its table for every transform", () => {
  const told = text.match(/(?<=^\| `)\w+(?=`)/gm);
  expect(told?.toSorted()).toEqual(Object.keys(transforms).toSorted());
});
