/** `decolle convert`, run as a user runs it. */
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { events } from "../../src/index.js";
import { decolle, program, recordings } from "./command.js";

const backend = ["--backend", process.env["DECOLLE_BACKEND"] ?? "auto"] as const;
const digit = join(recordings, "Train", "0", "00261.bin");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "decolle-convert-"));
});
afterAll(() => rm(folder, { recursive: true }));

const convert = (...words: string[]) => decolle("convert", ...backend, ...words);

describe("decolle convert", () => {
  it("writes the format that the name says, and back again to the same bytes", async () => {
    const [es, bin] = [join(folder, "a.es"), join(folder, "a.bin")];
    const bytes = await readFile(digit);
    const there = await convert(digit, es);
    expect(there).toMatchObject({ code: 0, stderr: "" });
    const count = (bytes.length / 5).toLocaleString("en-US");
    expect(there.stdout).toBe(`${digit} (nmnist) → ${es} (es): ${count} events\n`);
    expect((await convert(es, bin, "--quiet")).stdout).toBe("");
    expect(await readFile(bin)).toEqual(bytes);
  });

  it("takes standard input and gives standard output", async () => {
    const bytes = await readFile(digit);
    const [node, main] = program;
    const words = [main, "convert", ...backend, "-", "-", "--to", "text"];
    const { stdout, stderr, status } = spawnSync(node, words, { input: bytes, maxBuffer: 2 ** 26 });
    expect(status).toBe(0);
    expect(stderr.toString()).toContain("- (nmnist) → - (text)");
    expect((await events.load(new Uint8Array(stdout))).events).toEqual((await events.load(bytes)).events);
  });

  it("takes the sensor from the command line where the file does not say it", async () => {
    const text = join(folder, "b.txt");
    await convert(digit, text);
    expect(await convert(text, join(folder, "b.es"))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("--sensor"),
    });
    const { code } = await convert(text, join(folder, "b.es"), "--sensor", "34x34");
    expect(code).toBe(0);
    expect(await events.load(join(folder, "b.es"))).toMatchObject({ sensor: { width: 34, height: 34 } });
  });

  it("does with times that go backwards what it is told, and says how many", async () => {
    const path = join(folder, "back.bin");
    await writeFile(path, Uint8Array.of(1, 2, 0, 0, 9, 1, 2, 0, 0, 12, 1, 2, 0, 0, 7, 1, 2, 0, 0, 13));
    const to = (name: string) => [path, join(folder, name), "--format", "nmnist"];
    expect(await convert(...to("refused.es"))).toMatchObject({ code: 1, stderr: expect.stringContaining("byte 10") });
    expect((await convert(...to("sorted.es"), "--order", "sort")).code).toBe(0);
    expect((await convert(...to("dropped.es"), "--order", "drop")).stdout).toContain("1 events left out");
    const times = async (name: string) => Array.from((await events.load(join(folder, name))).events.t);
    expect(await times("sorted.es")).toEqual([7, 9, 12, 13]);
    expect(await times("dropped.es")).toEqual([9, 12, 13]);
  });

  it("leaves the file that is there where it fails, and nothing beside it", async () => {
    const own = join(folder, "own");
    await mkdir(own);
    const [cut, out] = [join(own, "cut.bin"), join(own, "a.es")];
    await writeFile(cut, (await readFile(digit)).subarray(0, 1003));
    await writeFile(out, "something else");
    expect(await convert(cut, out)).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("byte 1000"),
    });
    expect(await readFile(out, "utf8")).toBe("something else");
    expect((await readdir(own)).toSorted()).toEqual(["a.es", "cut.bin"]);
    const partly = await convert(cut, out, "--partial");
    expect(partly.stdout).toMatch(/200 events\n {2}read up to the damage: /);
    expect((await events.load(out)).events.t).toHaveLength(200);
  });

  it("refuses what it cannot write", async () => {
    expect(await convert(digit, join(folder, "none", "a.es"))).toMatchObject({ code: 1 });
    expect(await convert(digit, join(folder, "a.xyz"))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--to"),
    });
    expect(await convert(digit, "-")).toMatchObject({ code: 2, stderr: expect.stringContaining("--to") });
    expect(await convert(digit, join(folder, "a.es"), "--to", "evt3")).toMatchObject({ code: 2 });
    expect(await convert(digit, join(folder, "a.es"), "--sensor", "34")).toMatchObject({ code: 2 });
    expect(await convert(digit)).toMatchObject({ code: 2 });
  });
});
