/** The page `docs/your-own-data.md`: its code compiles, runs, and prints what the page says. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { Page } from "./code.js";

const page = new Page("your-own-data.md");

it("runs from the first block to the last", async () => {
  const folder = await mkdtemp(join(tmpdir(), "decolle-page-"));
  for (const name of ["wave", "clap"]) {
    await mkdir(join(folder, "recordings", name), { recursive: true });
    await writeFile(join(folder, "recordings", name, "001.csv"), "0,1,2,1\n1500,3,4,0\n");
  }
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  try {
    await page.run((code) =>
      `${code}\nreturn Promise.all([hands.sample(1), drawn.sample(1)]);`
        .replaceAll("path/to/recordings", join(folder, "recordings"))
        .replaceAll("gestures.safetensors", join(folder, "gestures.safetensors")),
    );
    const [arrays, trains, listened, iterable, directory, parts, trained, names, predicted, pushed, resumed] =
      log.mock.calls;
    expect(arrays).toEqual([["left", "right"], 40]);
    expect(trains).toEqual([["down", "up"], 20, 28_501]);
    expect(listened).toEqual([4]);
    expect(iterable).toEqual([10]);
    expect(directory).toEqual([["clap", "wave"]]);
    expect(parts).toEqual([32, 8]);
    const [epochs, stopped, best, position] = trained as [number, boolean, number, number];
    expect(position).toBe(best);
    expect(stopped).toBe(epochs < 30);
    expect(names).toEqual([["left", "right"]]);
    expect(predicted).toEqual(["left", expect.any(Number)]);
    expect(pushed).toEqual([45]);
    expect(resumed).toEqual([50]);
  } finally {
    log.mockRestore();
    await rm(folder, { recursive: true });
  }
});

it("compiles under the strictest settings", () => {
  expect(page.faults()).toEqual([]);
}, 120_000);
