/** The page `docs/recordings.md`: its program runs, and its commands do. */
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { datasets, events } from "../../src/index.js";
import { Page } from "./code.js";
import { openShell, type Shell } from "./shell.js";

const page = new Page("recordings.md");

let shell: Shell;
beforeAll(async () => {
  // What stands for a camera's own tool.
  shell = await openShell({ camera: 'cat "$(dirname "$0")/recording.raw"' });
  const { test } = await datasets.synthetic({ train: 12, test: 12 });
  const bytes = await events.encode((await test.sample(0)).events, { format: "evt2", sensor: test.sensor });
  await writeFile(join(shell.folder, "recording.raw"), bytes);
});
afterAll(() => shell.close());

describe("the page of recordings", () => {
  it("has a program that reads and writes one", async () => {
    const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
    try {
      await page.run(
        (code) =>
          code
            .replaceAll('"recording.raw"', JSON.stringify(join(shell.folder, "recording.raw")))
            .replace("events.load(file)", `events.load(${JSON.stringify(join(shell.folder, "recording.raw"))})`)
            .replace('"recording.es"', JSON.stringify(join(shell.folder, "written.es"))),
        page.blocks("js"),
      );
      const blocks = log.mock.calls.map(([length]) => length as number);
      const { t } = (await events.load(join(shell.folder, "written.es"))).events;
      expect(blocks.reduce((sum, length) => sum + length, 0)).toBe(t.length);
    } finally {
      log.mockRestore();
    }
  });

  it("has commands that do what they say", async () => {
    const { code, stdout, stderr } = await shell.run(page.blocks("sh").join("\n"));
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    expect(await readdir(shell.folder)).toEqual(expect.arrayContaining(["all.png", "course.gif", "recording.es"]));
    expect(stdout).toMatch(/^0\.\d{6} \d+ \d+ [01]$/m);
  }, 240_000);
});
