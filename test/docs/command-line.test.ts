/** The page `docs/command-line.md`: its commands run, one after the other, as a user runs them. */
import { chmod, copyFile, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { program as commandLine } from "../../src/cli/program.js";
import { probeBackends } from "../../src/index.js";
import { command, program, recordings } from "../cli/command.js";
import { Page } from "./code.js";

const page = new Page("command-line.md");
const files = ["small.json", "theirs.json"];

/** A block of commands, and what it should print, where the page says so. */
interface Block {
  readonly commands: string;
  readonly fails: boolean;
  readonly prints: string | undefined;
}

const blocks = Array.from(
  page.text.matchAll(/```sh( fails)?\n([\s\S]*?)```(?:\n\n```text\n([\s\S]*?)```)?/g),
  ([, fails, commands = "", prints]): Block => ({ commands, fails: fails !== undefined, prints }),
);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "decolle-page-"));
  const words = program.map((word) => `'${word}'`).join(" ");
  await writeFile(join(folder, "decolle"), `#!/bin/sh\nexec ${words} "$@"\n`);
  await chmod(join(folder, "decolle"), 0o755);
  for (const [place, text] of page.blocks("json").entries()) await writeFile(join(folder, files[place] ?? ""), text);
  await command(["mkdir", "-p", join(folder, "path/to")]);
  await symlink(recordings, join(folder, "path/to/N-MNIST"));
  await copyFile(join(recordings, "Train", "0", "00261.bin"), join(folder, "digit.bin"));
  const pyTorch = new URL("../exchange/pytorch/convolution.pth", import.meta.url);
  await copyFile(fileURLToPath(pyTorch), join(folder, "checkpoint.pth"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("the page of the command line", () => {
  it.each(blocks)(
    "has commands that end as it says: $commands",
    async ({ commands, fails, prints }) => {
      const path = `export PATH='${folder}'${delimiter}$PATH`;
      const { code, stdout, stderr } = await command(["bash", "-c", `set -e\n${path}\n${commands}`], folder);
      expect({ code, stderr: fails || code === 0 ? "" : stderr }).toEqual({ code: fails ? 2 : 0, stderr: "" });
      if (prints !== undefined) expect(stdout + stderr).toContain(prints.trimEnd());
      expect(stdout + stderr).not.toBe("");
    },
    240_000,
  );

  it("leaves behind what it says", async () => {
    const left = [
      "comparison.html",
      "digit.png",
      "digit.es",
      "learned.safetensors",
      "theirs.safetensors",
      "digits.nir",
    ];
    expect(await readdir(folder)).toEqual(expect.arrayContaining(left));
    expect(await readdir(join(folder, "runs"))).toEqual(["digits", "first", "rates", "small"]);
  });

  it("measures every build that loads in every mode, and says on what", async () => {
    const { machine, samples, missing, rows } = JSON.parse(await readFile(join(folder, "bench.json"), "utf8")) as {
      machine: object;
      samples: number;
      missing: string[];
      rows: Array<{
        network: string;
        backend: string;
        updateEvery: number;
        density: { layers: number[] };
        milliseconds: { values: number[] };
      }>;
    };
    expect(machine).toMatchObject({ processor: expect.any(String), node: process.version, cores: expect.any(Number) });
    expect(samples).toBeGreaterThan(0);
    const builds = await probeBackends();
    const loading = builds.filter(({ loads }) => loads).map(({ kind }) => kind);
    expect(missing).toHaveLength(builds.length - loading.length);
    const expected = ["nmnist-mlp", "nmnist-small"].flatMap((network) =>
      [0, 1, 10, 50].flatMap((updateEvery) => loading.map((backend) => ({ network, backend, updateEvery }))),
    );
    expect(rows.map(({ network, backend, updateEvery }) => ({ network, backend, updateEvery }))).toEqual(expected);
    for (const { density, milliseconds } of rows) {
      expect(milliseconds.values.every((value) => value > 0)).toBe(true);
      // Neurons fire: a network that is silent takes next to no time.
      for (const layer of density.layers) expect(layer).toBeGreaterThan(0.002);
    }
  });

  it("shows every command", () => {
    const all = blocks.map(({ commands }) => commands).join("");
    for (const one of commandLine().commands) expect(all).toMatch(new RegExp(`^decolle ${one.name()}\\b`, "m"));
  });
});
