/** The page `docs/data-sets.md`: its code compiles, runs, and prints what the page says. */
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { namedDatasets } from "../../src/datasets/named.js";
import { aedat2, drawn, put, temporary } from "../data/files.js";
import { Page } from "./code.js";

const page = new Page("data-sets.md");

it("runs from the first block to the last", async () => {
  const folder = await temporary();
  await put(folder, {
    "poker/split-1.txt": "cl_1_td.dat cl 1 0\nsp_2_td.dat sp 4 1\ndi_3_td.dat di 2 2\nhe_78_td.dat he 3 2\n",
    "poker/pips/cl_1.aedat": aedat2(drawn(1, 32)),
    "poker/pips/sp_2.aedat": aedat2(drawn(2, 32)),
    "poker/pips/di_3.aedat": aedat2(drawn(3, 32)),
    "cifar/airplane/1.aedat": aedat2(drawn(1, 128)),
    "cifar/airplane/2.aedat": aedat2(drawn(2, 128)),
  });
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  try {
    await page.run((code) =>
      code
        .replaceAll("path/to/poker-dvs", join(folder, "poker"))
        .replaceAll("path/to/CIFAR10DVS", join(folder, "cifar")),
    );
    expect(log.mock.calls).toEqual([
      [["clubs", "diamonds", "hearts", "spades"], 2, 1],
      [["1 of 4 recordings of split-1.txt are missing: he_78"]],
      [1],
      [160],
    ]);
  } finally {
    log.mockRestore();
  }
});

it("compiles under the strictest settings", () => {
  expect(page.faults()).toEqual([]);
}, 120_000);

it("has a line for every data set", () => {
  const lines = page.text.split("\n").filter((line) => /^\| `/.test(line));
  expect(lines.map((line) => /^\| `([^`]+)`/.exec(line)?.[1])).toEqual(Object.keys(namedDatasets));
});
