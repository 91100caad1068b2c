/** `README.md`: its programs compile and run, and its commands of `decolle` do. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { recordings } from "../cli/command.js";
import { Page } from "./code.js";
import { openShell, type Shell } from "./shell.js";

const page = new Page("../README.md");
const programs = page.blocks("ts");

let shell: Shell;
beforeAll(async () => {
  shell = await openShell();
});
afterAll(() => shell.close());

describe("README.md", () => {
  it("has programs that compile under the strictest settings", () => {
    expect(programs).toHaveLength(2);
    for (const program of programs) expect(page.faults([program])).toEqual([]);
  }, 120_000);

  it("has a program that trains and saves a network", async () => {
    await page.run(
      (code) =>
        code
          .replace("path/to/N-MNIST", recordings)
          .replace("digits.safetensors", join(shell.folder, "digits.safetensors"))
          .replace("epochs: 10", "epochs: 1")
          .replaceAll("steps: 300, burnIn: 60", "steps: 30, burnIn: 10"),
      programs.slice(0, 1),
    );
    expect(await readdir(shell.folder)).toContain("digits.safetensors");
  });

  it("has a program that derives and proves a rule", async () => {
    const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
    try {
      await page.run((code) => code, programs.slice(1));
      const [[derived], [passed]] = log.mock.calls as [[string], [boolean]];
      expect(derived).toContain("ΔW_ij = −η Σ_n δ_i potential_j[t]");
      expect(derived).toContain("0 bytes per synapse");
      expect(passed).toBe(true);
    } finally {
      log.mockRestore();
    }
  });

  it("has commands that do what it says", async () => {
    const commands = page.blocks("sh").find((block) => block.startsWith("npx decolle")) ?? "";
    const { code, stderr } = await shell.run(commands.replace("--epochs 5", "--epochs 1 --steps 40 --burn-in 10"));
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    expect(await readdir(shell.folder)).toEqual(expect.arrayContaining(["model.nir", "comparison.html"]));
    expect(await readdir(join(shell.folder, "runs/first"))).toEqual(
      expect.arrayContaining(["metrics.jsonl", "model.safetensors", "report.html"]),
    );
  }, 240_000);
});
