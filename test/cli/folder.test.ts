/** The folder of a training is never lost: what may be overwritten and when, who may write, and what a crash leaves. */
import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { command, decolle, metrics, program, recordings, running, small } from "./command.js";

const data = `nmnist:${recordings}`;
const files = ["metrics.jsonl", "model.safetensors", "report.html"];

let root: string;
let config: string;
let trained: string;
let out: string;
let begin: string[];
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "decolle-folder-"));
  config = join(root, "small.json");
  await writeFile(config, JSON.stringify(small));
  trained = join(root, "trained");
  begin = ["train", "--data", data, "--config", config, "--quiet"];
  expect((await decolle(...begin, "--epochs", "2", "--out", trained)).code).toBe(0);
});
beforeEach(async () => {
  out = join(await mkdtemp(join(root, "case-")), "run");
  await cp(trained, out, { recursive: true });
});
afterAll(() => rm(root, { recursive: true }));

/** All files of a folder, hidden ones included. */
async function contents(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder);
  const texts = names.map(async (name) => [name, await readFile(join(folder, name), "latin1")] as const);
  return Object.fromEntries(await Promise.all(texts));
}

/** Runs and expects the folder of the training to be as before, and to go on. */
async function expectKept(): Promise<void> {
  expect(await contents(out)).toEqual(await contents(trained));
  expect((await decolle("train", "--resume", "--epochs", "3", "--quiet", "--out", out)).code).toBe(0);
  expect(await metrics(out)).toHaveLength(3);
}

describe("a folder with a training", () => {
  it("is refused without --resume or --force, and stays as it is", async () => {
    const { code, stderr } = await decolle(...begin, "--epochs", "1", "--out", out);
    expect(code).toBe(1);
    expect(stderr).toMatch(/holds a training already; --resume .* --force .*\[config\]/);
    await expectKept();
  });

  it.each([
    ["a typing error in --data", ["--data", "nmnist:/no/such/folder"], "/no/such/folder"],
    ["a configuration that is not there", ["--config", "/no/such/file.json"], "/no/such/file.json"],
    ["recordings of another sensor", ["--preset", "synthetic"], "inputs"],
  ])("stays as it is after %s, even with --force", async (_, words, named) => {
    const { code, stderr } = await decolle(...begin, ...words, "--out", out, "--force");
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(named) });
    await expectKept();
  });

  it("is replaced by --force, all files together", async () => {
    const { code } = await decolle(...begin, "--seed", "5", "--epochs", "1", "--out", out, "--force");
    expect(code).toBe(0);
    expect((await readdir(out)).sort()).toEqual(files);
    expect(await metrics(out)).toHaveLength(1);
    const { stdout } = await decolle("evaluate", "--model", join(out, "model.safetensors"), "--json");
    expect((await metrics(out))[0]).toMatchObject({ test: { accuracy: JSON.parse(stdout).accuracy } });
  });

  it("behind links is replaced where the links lead", async () => {
    const store = join(root, "store.safetensors");
    await rename(join(out, "model.safetensors"), store);
    await symlink(store, join(out, "model.safetensors"));
    expect((await decolle(...begin, "--epochs", "1", "--out", out, "--force")).code).toBe(0);
    expect((await readdir(out, { withFileTypes: true })).filter((entry) => entry.isSymbolicLink())).toHaveLength(1);
    expect(await readFile(store)).not.toEqual(await readFile(join(trained, "model.safetensors")));
  });

  it.each(files)("is not replaced where %s is a pipe", async (name) => {
    await rm(join(out, name));
    execFileSync("mkfifo", [join(out, name)]);
    const { code, stderr } = await decolle(...begin, "--out", out, "--force");
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("expected a regular file") });
    for (const other of files.filter((file) => file !== name)) {
      expect(await readFile(join(out, other))).toEqual(await readFile(join(trained, other)));
    }
    expect((await readdir(out)).sort()).toEqual(files);
  });

  it("stays as it is where the new one is interrupted within its first epoch", async () => {
    // So many steps that the first epoch is far from its end when the signal comes.
    const words = [...begin.slice(0, -1), "--batch", "1", "--steps", "100000", "--burn-in", "0"];
    const { child, printed, ended } = running(...words, "--out", out, "--force");
    await printed("recordings to learn from");
    child.kill("SIGTERM");
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toContain("the training that was to be replaced is still there");
    await expectKept();
  });

  it("stays as it is where the new one is killed within its first epoch; its lock is taken over", async () => {
    const words = [...begin.slice(0, -1), "--batch", "1", "--steps", "100000", "--burn-in", "0"];
    const { child, printed, ended } = running(...words, "--out", out, "--force");
    await printed("recordings to learn from");
    child.kill("SIGKILL");
    await ended;
    const { ".lock": lock, ...kept } = await contents(out);
    expect(JSON.parse(lock ?? "")).toMatchObject({ pid: child.pid });
    expect(kept).toEqual(await contents(trained));
    expect((await decolle("train", "--resume", "--epochs", "3", "--quiet", "--out", out)).code).toBe(0);
    expect((await readdir(out)).sort()).toEqual(files);
  });

  it.skipIf(process.platform === "win32")("stays as it is where there is no room for the new one", async () => {
    // A limit on the size of files stands for a full disk: the lock and the metrics fit, the model does not.
    const words = [...program, ...begin, "--epochs", "3", "--seed", "2", "--out", out, "--force"];
    const { code, stderr } = await command(["sh", "-c", 'ulimit -f 16 && exec "$@"', "sh", ...words]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("could not be written") });
    await expectKept();
  });

  it("is completed where a crash left it between two of the renames", async () => {
    const other = join(root, `other-${Date.now()}`);
    expect((await decolle(...begin, "--seed", "7", "--epochs", "1", "--out", other)).code).toBe(0);
    // The metrics are renamed already, the others are not.
    await cp(join(other, "metrics.jsonl"), join(out, "metrics.jsonl"));
    const rest = [
      ["gone.part", "metrics.jsonl"],
      [".a.part", "model.safetensors"],
      [".b.part", "report.html"],
    ];
    for (const [part = "", name = ""] of rest.slice(1)) await cp(join(other, name), join(out, part));
    await writeFile(join(out, ".replacing"), JSON.stringify(rest));
    expect((await decolle("train", "--resume", "--epochs", "2", "--quiet", "--out", out)).code).toBe(0);
    expect((await decolle("train", "--resume", "--epochs", "2", "--quiet", "--out", other)).code).toBe(0);
    expect(await metrics(out)).toEqual(await metrics(other));
    expect((await readdir(out)).sort()).toEqual(files);
  });
});

describe("a folder in which a process trains", () => {
  it("is refused to every other one, which is told who it is, and is free afterwards", async () => {
    const fresh = join(out, "..", "fresh");
    const { child, printed, ended } = running(...begin.slice(0, -1), "--epochs", "100000", "--out", fresh);
    await printed("epoch ");
    for (const words of [[...begin, "--force"], [...begin], ["train", "--resume"]]) {
      const { code, stderr } = await decolle(...words, "--out", fresh);
      expect(code).toBe(1);
      expect(stderr).toContain(`process ${child.pid} has been training in it`);
      expect(stderr).toContain("[busy]");
    }
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
    const lines = await metrics(fresh);
    expect(lines.map((line) => (line as { epoch: number }).epoch)).toEqual(lines.map((_, index) => index + 1));
    expect((await decolle("train", "--resume", "--epochs", "1", "--quiet", "--out", fresh)).code).toBe(0);
  });

  it.each([
    ["of a process that is no more", { pid: 2 ** 22 + 1 }],
    ["of a process whose number another one has now", { pid: process.pid, started: "another boot 1" }],
  ])("is taken over with a lock %s", async (_, owner) => {
    const lock = { token: "old", host: hostname(), started: null, since: "2026-01-01T00:00:00.000Z", ...owner };
    await writeFile(join(out, ".lock"), JSON.stringify(lock));
    expect((await decolle("train", "--resume", "--epochs", "3", "--quiet", "--out", out)).code).toBe(0);
    expect((await readdir(out)).sort()).toEqual(files);
  });

  it("is taken over with a lock that is damaged", async () => {
    await writeFile(join(out, ".lock"), "");
    expect((await decolle("train", "--resume", "--epochs", "3", "--quiet", "--out", out)).code).toBe(0);
  });

  it("is not taken over from another machine, whose processes nobody can see", async () => {
    const lock = { token: "old", pid: 1, host: "elsewhere", started: null, since: "2026-01-01T00:00:00.000Z" };
    await writeFile(join(out, ".lock"), JSON.stringify(lock));
    const { code, stderr } = await decolle("train", "--resume", "--epochs", "3", "--out", out);
    expect(code).toBe(1);
    expect(stderr).toContain("process 1 on elsewhere");
    expect(stderr).toContain(join(out, ".lock"));
  });

  it("of which the lock was taken away is not written to any more", async () => {
    const fresh = join(out, "..", "fresh");
    const { printed, ended } = running(...begin.slice(0, -1), "--epochs", "100000", "--out", fresh);
    await printed("epoch ");
    await rm(join(fresh, ".lock"));
    expect(await ended).toMatchObject({ code: 1, stderr: expect.stringContaining("was taken away") });
  });
});

describe("the data of a training", () => {
  it("given by a relative path are found from another folder", async () => {
    const place = join(out, "..");
    await cp(recordings, join(place, "digits"), { recursive: true });
    const words = ["train", "--data", "nmnist:digits", "--config", relative(place, config), "--epochs", "1", "--quiet"];
    expect((await command([...program, ...words, "--out", "new"], place)).code).toBe(0);
    const model = join(place, "new", "model.safetensors");
    expect((await command([...program, "evaluate", "--model", model], root)).code).toBe(0);
    const resume = ["train", "--resume", "--epochs", "2", "--quiet", "--out", join(place, "new")];
    expect((await command([...program, ...resume], root)).code).toBe(0);
    // Where they have gone, it is said where they were, and how to name them.
    await rename(join(place, "digits"), join(place, "moved"));
    for (const again of [["evaluate", "--model", model], resume]) {
      const { code, stderr } = await command([...program, ...again], root);
      expect(code).toBe(1);
      expect(stderr).toContain(`trained on nmnist:${join(place, "digits")}`);
      expect(stderr).toContain("--data");
    }
    const named = ["evaluate", "--model", model, "--data", `nmnist:${join(place, "moved")}`];
    expect((await decolle(...named)).code).toBe(0);
  });

  it("are described with what was left out of them", async () => {
    const place = join(out, "..", "cluttered");
    await cp(recordings, place, { recursive: true });
    await writeFile(join(place, "Train", "0", "._00261.bin"), "Mac OS X");
    await writeFile(join(place, "Test", "0", "notes.txt"), "");
    const { code, stdout } = await decolle("train", "--data", `nmnist:${place}`, "--config", config, "--epochs", "1");
    expect(code).toBe(0);
    expect(stdout).toContain("10 recordings to learn from, 10 to test, 2 files left out that are no recordings");
  });
});

describe.skipIf(process.platform === "win32")("the first signal", () => {
  /** Starts a command that reads from a pipe, and signals it while nothing comes out of the pipe. */
  async function interrupt(pipe: string, signal: NodeJS.Signals, words: readonly string[]) {
    execFileSync("mkfifo", [pipe]);
    const { child, ended } = running(...words);
    const writer = await openForWriting(pipe);
    try {
      child.kill(signal);
      return await ended;
    } finally {
      closeSync(writer);
    }
  }

  it.each([
    ["a model", "SIGTERM", (pipe: string) => ["evaluate", "--model", pipe]],
    ["a model", "SIGINT", (pipe: string) => ["evaluate", "--model", pipe]],
    ["a configuration", "SIGTERM", (pipe: string) => ["train", "--config", pipe]],
  ] as const)("is heard while %s comes through a pipe, %s", async (_, signal, words) => {
    const pipe = join(out, "..", "pipe");
    const { code, stderr } = await interrupt(pipe, signal, words(pipe));
    expect({ code, stderr }).toEqual({ code: 130, stderr: expect.stringContaining("[aborted]") });
  });

  it("is heard while a model to resume comes through a pipe", async () => {
    const pipe = join(out, "model.safetensors");
    await rm(pipe);
    const { code } = await interrupt(pipe, "SIGTERM", ["train", "--resume", "--out", out]);
    expect(code).toBe(130);
    expect(await readdir(out)).not.toContain(".lock");
  });
});

/** Opens a pipe once somebody reads from it. */
async function openForWriting(pipe: string): Promise<number> {
  for (;;) {
    try {
      return openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENXIO") throw error;
      await delay(10);
    }
  }
}

it("an empty folder, and one with other files, can be trained in", async () => {
  const place = join(out, "..", "mine");
  await mkdir(place);
  await writeFile(join(place, "notes.txt"), "mine");
  expect((await decolle(...begin, "--epochs", "1", "--out", place)).code).toBe(0);
  expect((await readdir(place)).sort()).toEqual([...files, "notes.txt"].sort());
});

describe("bad usage", () => {
  it.each([
    ["--force without a folder", ["train", "--force"]],
    ["--force with --resume", ["train", "--force", "--resume", "--out", "anywhere"]],
  ])("is answered with exit code 2: %s", async (_, words) => {
    expect(await decolle(...words)).toMatchObject({ code: 2, stdout: "" });
  });

  it("is answered with exit code 1 where there is nothing to resume", async () => {
    const { code, stderr } = await decolle("train", "--resume", "--out", join(out, "nowhere"));
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("no training to resume") });
  });
});
