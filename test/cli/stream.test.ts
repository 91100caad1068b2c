/** `decolle stream`, run as a user runs it. */
import { spawn } from "node:child_process";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseTargets, targetsOver } from "../../src/cli/targets.js";
import { Network } from "../../src/index.js";
import { decolle, program, recordings, running, small } from "./command.js";

let folder: string;
let model: string;
const recording = join(recordings, "Train", "7", "00043.bin");
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "decolle-stream-"));
  const config = join(folder, "small.json");
  await writeFile(config, JSON.stringify(small));
  const words = ["train", "--data", `nmnist:${recordings}`, "--config", config, "--epochs", "1", "--out", folder];
  expect((await decolle(...words)).code).toBe(0);
  model = join(folder, "model.safetensors");
});
afterAll(() => rm(folder, { recursive: true }));

interface Line {
  readonly start: number;
  readonly end: number;
  readonly events: number;
  readonly steps: number;
  readonly prediction: number;
  readonly name: string;
  readonly target: number | null;
  readonly updates: number;
}

function lines(stdout: string): Line[] {
  const text = stdout.trimEnd();
  return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line) as Line);
}

/** What was decided, without what differs from run to run. */
function decided(stdout: string) {
  return lines(stdout).map(({ ...line }) => ({ ...line, latency: 0, behind: 0 }));
}

describe("decolle stream", () => {
  it("writes a line a window, the same for a file and for a pipe in small pieces", async () => {
    const { code, stdout } = await decolle("stream", "--model", model, "--window", "50", recording);
    expect(code).toBe(0);
    const windows = lines(stdout);
    expect(windows.length).toBeGreaterThan(4);
    for (const [place, line] of windows.entries()) {
      expect(line.name).toBe(`${line.prediction}`);
      if (place > 0) expect(line.start).toBe(windows[place - 1]?.end);
    }
    const bytes = await readFile(recording);
    expect(windows.reduce((sum, line) => sum + line.events, 0)).toBe(bytes.length / 5);
    const child = spawn(program[0], [program[1], "stream", "--model", model, "--window", "50"]);
    let piped = "";
    child.stdout.on("data", (chunk: Buffer) => {
      piped += chunk.toString();
    });
    for (let start = 0; start < bytes.length; start += 997) child.stdin.write(bytes.subarray(start, start + 997));
    child.stdin.end();
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(0);
    expect(decided(piped)).toEqual(decided(stdout));
  });

  it("learns where there are targets, saves, and goes on", async () => {
    const targets = join(folder, "targets.csv");
    await writeFile(targets, "start,end,class\n50000,120000,7\n");
    const taught = join(folder, "taught.safetensors");
    const words = ["stream", "--model", model, "--window", "50", "--targets", targets, "--save", taught, recording];
    const { code, stdout } = await decolle(...words);
    expect(code).toBe(0);
    const windows = lines(stdout);
    expect(new Set(windows.map(({ target }) => target))).toEqual(new Set([7, null]));
    const updates = windows.reduce((sum, line) => sum + line.updates, 0);
    expect(updates).toBeGreaterThanOrEqual(69);
    expect(updates).toBeLessThanOrEqual(71);
    using before = await Network.load(model);
    using after = await Network.load(taught);
    expect((await after.describe()).counters.updates - (await before.describe()).counters.updates).toBe(updates);
    // The recording again lies in the past of the stream.
    const again = await decolle("stream", "--model", taught, "--resume", recording);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("time-order") });
  });

  it("follows a file that grows, until it is interrupted", async () => {
    const growing = join(folder, "growing.bin");
    const bytes = await readFile(recording);
    const half = bytes.length - (bytes.length % 10);
    await writeFile(growing, bytes.subarray(0, half / 2 + 2));
    const saved = join(folder, "followed.safetensors");
    const words = ["stream", "--model", model, "--window", "20", "--follow", "--save", saved, growing];
    const { child, printed, ended } = running(...words);
    await printed("\n");
    await appendFile(growing, bytes.subarray(half / 2 + 2));
    await printed('"start":2');
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ code: 0, stderr: "" });
    using network = await Network.load(saved);
    expect(() => network.stream({ resume: true, burnIn: 7 })).toThrow(expect.objectContaining({ code: "config" }));
  });

  it("answers what it cannot read with exit code 1, and bad usage with 2", async () => {
    const words = ["stream", "--model", model];
    expect(await decolle(...words, join(folder, "none.bin"))).toMatchObject({ code: 1, stdout: "" });
    const bad = join(folder, "bad.csv");
    await writeFile(bad, "start,end,class\n5,4,1\n");
    const refused = await decolle(...words, "--targets", bad, recording);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(`${bad}:2`) });
    expect((await decolle(...words, "--drop", "oldest", recording)).code).toBe(2);
    expect((await decolle(...words, "--window", "0", recording)).code).toBe(2);
  });
});

describe("targets", () => {
  const expected = [
    { start: 10, end: 20, class: 3 },
    { start: 30, end: 40, class: 0 },
  ];

  it.each([
    ["CSV", "30,40,0\n10,20,3\n"],
    ["CSV with a head", "startTime,endTime,class\r\n10,20,3\r\n30,40,0\r\n"],
    ["labels of DvsGesture, whose classes start at 1", "class,startTime_usec,endTime_usec\n4,10,20\n1,30,40"],
    ["JSON lines", '{"start":10,"end":20,"class":3}\n\n{"class":0,"end":40,"start":30}\n'],
  ])("are read from %s", (_, text) => {
    expect(parseTargets(text, "file")).toEqual(expected);
  });

  it.each([
    ["1,2", "format", 1],
    ["start,end,class\n1,x,2", "format", 2],
    ["1,2,", "format", 1],
    ["1,2,1.5", "format", 1],
    ["{", "format", 1],
    ['{"start":1,"end":2}', "format", 1],
    ["class,start,end\n0,1,2", "format", 2],
    ["1,5,0\n4,6,1", "time-order", 2],
  ])("are refused in %j with the line", (text, code, line) => {
    expect(() => parseTargets(text, "file")).toThrow(expect.objectContaining({ code, path: `file:${line}` }));
  });

  it("are looked up along the stream", () => {
    const at = targetsOver(expected);
    expect(at(0)).toEqual({ class: undefined, until: 10 });
    expect(at(10)).toEqual({ class: 3, until: 20 });
    expect(at(25)).toEqual({ class: undefined, until: 30 });
    expect(at(39)).toEqual({ class: 0, until: 40 });
    expect(at(40)).toEqual({ class: undefined, until: Number.POSITIVE_INFINITY });
  });
});
