/** The command line, run as a user runs it: a process of its own, its exit code, and what it leaves behind. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decolle, metrics, recordings as place, running, small } from "./command.js";

const recordings = `nmnist:${place}`;

let folder: string;
let config: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "decolle-cli-"));
  config = join(folder, "small.json");
  await writeFile(config, JSON.stringify(small));
});
afterAll(() => rm(folder, { recursive: true }));

describe("decolle train", () => {
  it("leaves a model, metrics of every epoch and a report, and prints a table of the layers", async () => {
    const out = join(folder, "whole");
    const { code, stdout, stderr } = await decolle(
      ...["train", "--data", recordings, "--config", config, "--epochs", "2", "--out", out],
    );
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toMatch(/layer\s+training loss/);
    expect((await readdir(out)).sort()).toEqual(["metrics.jsonl", "model.safetensors", "report.html"]);
    const lines = await metrics(out);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatchObject({ epoch: 2, train: { loss: [expect.any(Number), expect.any(Number)] } });
    expect(await readFile(join(out, "report.html"), "utf8")).toMatch(/^<!doctype html>[\s\S]*<svg[\s\S]*<\/html>\s*$/);
  });

  it("goes on after --resume as if it had never stopped", async () => {
    const [whole, parts] = [join(folder, "whole"), join(folder, "parts")];
    const begin = ["train", "--data", recordings, "--config", config];
    expect((await decolle(...begin, "--epochs", "1", "--out", parts)).code).toBe(0);
    expect((await decolle("train", "--resume", "--epochs", "2", "--out", parts)).code).toBe(0);
    expect(await metrics(parts)).toEqual(await metrics(whole));
  });

  it("goes on after --resume at another learning rate, and keeps it", async () => {
    const [parts, slow] = [join(folder, "parts"), join(folder, "slow")];
    const begin = ["train", "--data", recordings, "--config", config, "--learning-rate", "0.002"];
    expect((await decolle(...begin, "--epochs", "1", "--out", slow)).code).toBe(0);
    expect((await decolle("train", "--resume", "--epochs", "2", "--learning-rate", "5e-7", "--out", slow)).code).toBe(
      0,
    );
    expect((await decolle("train", "--resume", "--epochs", "3", "--out", slow)).code).toBe(0);
    const losses = (lines: unknown[]) => lines.map((line) => (line as { train: { loss: number[] } }).train.loss);
    const [first, second] = losses(await metrics(slow));
    expect(first).not.toEqual(losses(await metrics(parts))[0]);
    expect(second).not.toEqual(losses(await metrics(parts))[1]);
    const report = await readFile(join(slow, "report.html"), "utf8");
    expect(report).toContain("learningRate 5e-7");
    const wrong = await decolle("train", "--resume", "--learning-rate", "-1", "--out", slow);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("--learning-rate") });
  });

  it("ends with exit code 130 and its state saved when interrupted, and can be resumed", async () => {
    const out = join(folder, "interrupted");
    const words = ["train", "--data", recordings, "--config", config, "--epochs", "100000", "--out", out];
    const { child, printed, ended } = running(...words);
    await printed("epoch ");
    child.kill("SIGINT");
    const { code, stderr } = await ended;
    expect(stderr).toMatch(/interrupted; state saved/);
    expect(code).toBe(130);
    const done = (await metrics(out)).length;
    expect((await decolle("train", "--resume", "--epochs", `${done + 1}`, "--out", out)).code).toBe(0);
    expect(await metrics(out)).toHaveLength(done + 1);
  });

  it.each([
    ["an unknown preset", ["train", "--preset", "cifar"]],
    ["a batch of nothing", ["train", "--batch", "0"]],
    ["an unknown backend", ["train", "--backend", "gpu"]],
    ["an unknown command", ["learn"]],
    ["an unknown option", ["train", "--speed", "9"]],
    ["resuming without a folder", ["train", "--resume"]],
    ["resuming with another seed", ["train", "--resume", "--out", "anywhere", "--seed", "2"]],
  ])("answers %s with exit code 2", async (_, words) => {
    const { code, stdout, stderr } = await decolle(...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/error/);
  });

  it.each([
    ["a place where no folder can be made", "/proc/decolle"],
    ["a file in the folder's place", fileURLToPath(import.meta.url)],
  ])("answers %s with exit code 1 and its name", async (_, out) => {
    const { code, stderr } = await decolle("train", "--data", recordings, "--config", config, "--out", out);
    expect(code).toBe(1);
    expect(stderr).toContain(`${out}: could not be made`);
  });

  it("answers a folder without recordings with exit code 1 and the folder's name", async () => {
    const { code, stderr } = await decolle("train", "--data", `nmnist:${folder}`);
    expect(code).toBe(1);
    expect(stderr).toContain(join(folder, "Train"));
  });
});

describe("decolle evaluate", () => {
  it("finds the accuracy that the training ended with", async () => {
    const out = join(folder, "whole");
    const { stdout } = await decolle("evaluate", "--model", join(out, "model.safetensors"), "--json");
    const { accuracy } = JSON.parse(stdout) as { accuracy: number[] };
    expect((await metrics(out))[1]).toMatchObject({ test: { accuracy } });
  });

  it("answers a damaged model with exit code 1", async () => {
    const path = join(folder, "damaged.safetensors");
    await writeFile(path, "not a model");
    const { code, stderr } = await decolle("evaluate", "--model", path);
    expect(code).toBe(1);
    expect(stderr).toContain("[checkpoint]");
  });
});

describe("decolle info", () => {
  it("says as JSON which builds load here", async () => {
    const { stdout } = await decolle("info", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ version: expect.any(String) });
  });
});
