/** The page `docs/streams.md`: its code compiles, runs, and prints what the page says. */
import { copyFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { Network, preset } from "../../src/index.js";
import { recordings } from "../cli/command.js";
import { Page } from "./code.js";
import { openShell } from "./shell.js";

const page = new Page("streams.md");

it("runs from the first block to the last and prints what the page says", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  try {
    await page.run();
    const printed = log.mock.calls.map((words) => `${words.join(" ")}\n`);
    expect(printed).toEqual(page.blocks("text"));
  } finally {
    log.mockRestore();
  }
});

it("compiles under the strictest settings", () => {
  expect(page.faults()).toEqual([]);
}, 120_000);

it("has commands that give a line for every window, and save what they learned", async () => {
  // What stands for a camera's own tool; a recording that grows is one that has grown.
  const shell = await openShell({ "my-camera-tool": 'cat "$(dirname "$0")/recording.bin"' });
  try {
    const { network: specification } = preset("nmnist-mlp");
    using network = await Network.create({ ...specification, layers: [{ type: "dense", units: 16 }] });
    await network.save(join(shell.folder, "digits.safetensors"));
    for (const name of ["recording.bin", "growing.bin"])
      await copyFile(join(recordings, "Train", "0", "00261.bin"), join(shell.folder, name));
    await writeFile(join(shell.folder, "labels.csv"), "0,100000,0\n");
    const commands = page.blocks("sh").join("\n");
    expect(commands).toContain(" --follow ");
    const { code, stdout, stderr } = await shell.run(commands.replace(" --follow ", " "));
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    for (const line of stdout.trim().split("\n")) expect(JSON.parse(line)).toMatchObject({ start: expect.any(Number) });
    expect(await readdir(shell.folder)).toContain("taught.safetensors");
  } finally {
    await shell.close();
  }
}, 240_000);
