/** `examples/own-data.mjs`, run as a user runs it. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const example = fileURLToPath(new URL("../../examples/own-data.mjs", import.meta.url));

it("trains on recordings of its own and names what it has not seen", async () => {
  const folder = await mkdtemp(join(tmpdir(), "decolle-example-"));
  try {
    const words = [example, "--recordings", "80", "--out", join(folder, "own.safetensors")];
    const { stdout } = await promisify(execFile)(process.execPath, words);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toBe("64 recordings to learn from, 16 to judge by");
    expect(lines.filter((line) => line.startsWith("epoch ")).length).toBeLessThan(20);
    const predictions = lines.slice(-4).map((line) => /^(\w+): predicted (\w+) /.exec(line)?.slice(1));
    expect(predictions).toEqual(["left", "right", "up", "down"].map((direction) => [direction, direction]));
    expect(await readdir(folder)).toEqual(["own.safetensors"]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
