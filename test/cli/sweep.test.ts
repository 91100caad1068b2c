/** A sweep trains every combination once, goes on where it was interrupted, and never uses a core twice. */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configure } from "../../src/cli/configuration.js";
import { share } from "../../src/cli/sweep.js";
import { parseAxis, parseSeeds, planSweep } from "../../src/cli/sweep-plan.js";
import { decolle, metrics, recordings as place, running, small } from "./command.js";

const data = `nmnist:${place}`;

let folder: string;
let config: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "decolle-sweep-"));
  config = join(folder, "small.json");
  await writeFile(config, JSON.stringify(small));
});
afterAll(() => rm(folder, { recursive: true }));

describe("a plan", () => {
  const base = configure("nmnist-mlp");

  it("has every combination with every seed, in an order of its own", () => {
    const axes = [parseAxis("learningRate=1e-3,1e-2"), parseAxis("network.neuron.alpha=0.9,0.95")];
    const runs = planSweep(base, axes, parseSeeds("0-1,7"));
    expect(runs).toHaveLength(12);
    expect(runs[4]?.name).toBe("learningRate=0.001,network.neuron.alpha=0.95,seed=1");
    expect(runs[4]?.group).toBe("learningRate=0.001,network.neuron.alpha=0.95");
    expect(runs[4]?.configuration.network).toMatchObject({
      seed: 1,
      neuron: { alpha: 0.95 },
      optimizer: { learningRate: 0.001 },
    });
    expect(runs[11]?.configuration.network).toMatchObject({ seed: 7, optimizer: { learningRate: 0.01 } });
    expect(planSweep(base, [], []).map(({ name }) => name)).toEqual([`seed=${base.network.seed ?? 1}`]);
    expect(planSweep(base, [parseAxis("steps=50")], [])[0]?.configuration.training).toMatchObject({
      steps: 50,
      testSteps: 50,
    });
  });

  it.each([
    ["learningRate", "expected a name and values"],
    ["learning=1", "expected learningRate, epochs"],
    ["seed=1,2", "seeds are given by --seeds"],
    ["epochs=1,1", "expected each value once"],
    ["epochs=1,,2", "values between commas"],
  ])("refuses the axis %s", (text, message) => {
    expect(() => parseAxis(text)).toThrow(expect.objectContaining({ message: expect.stringContaining(message) }));
  });

  it.each(["", "a", "3-1", "1,1", "-1"])("refuses the seeds %j", (text) => {
    expect(() => parseSeeds(text)).toThrow(expect.objectContaining({ code: "config" }));
  });

  it("refuses a setting that is not there", () => {
    const axis = parseAxis("network.errorTrigger.threshold=0.1");
    expect(() => planSweep({ ...base, network: { ...base.network, errorTrigger: null } }, [axis], [])).toThrow(
      expect.objectContaining({ code: "config", message: expect.stringContaining("grid.network.errorTrigger") }),
    );
  });
});

describe("cores", () => {
  it.each([
    [6, {}, 4, { jobs: 4, threads: 1 }],
    [2, {}, 8, { jobs: 2, threads: 4 }],
    [1, {}, 2, { jobs: 1, threads: 2 }],
    [9, { threads: 2 }, 8, { jobs: 4, threads: 2 }],
    [9, { jobs: 2 }, 8, { jobs: 2, threads: 4 }],
    [9, { jobs: 2, threads: 3 }, 8, { jobs: 2, threads: 3 }],
  ] as const)("are used by %d trainings with %j of %d as %j", (runs, asked, cores, expected) => {
    expect(share(runs, asked, cores)).toEqual(expected);
  });

  it("are refused where there are fewer", () => {
    expect(() => share(9, { jobs: 3, threads: 3 }, 8)).toThrow(expect.objectContaining({ code: "range" }));
  });
});

describe("decolle sweep", () => {
  const rates = ["--grid", "learningRate=1e-3,1e-2"];
  const names = ["learningRate=0.001,seed=1", "learningRate=0.01,seed=1"] as const;
  const sweep = (...words: string[]) =>
    decolle("sweep", "--data", data, "--config", config, ...rates, "--out", join(folder, "sweep"), ...words);

  it("leaves a folder for each training, a page and a table", async () => {
    const { code, stdout, stderr } = await sweep("--epochs", "1");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect((await readdir(join(folder, "sweep"))).sort()).toEqual([...names, "settings", "sweep.html"]);
    expect(stdout).toMatch(/learningRate=0.01 +1 /);
    expect(await readFile(join(folder, "sweep", "sweep.html"), "utf8")).toMatch(/log₁₀ learningRate/);
  });

  it("leaves alone what is finished", async () => {
    const model = join(folder, "sweep", names[0], "model.safetensors");
    const before = await stat(model);
    expect((await sweep("--epochs", "1")).code).toBe(0);
    expect((await stat(model)).mtimeMs).toBe(before.mtimeMs);
  });

  it("takes one training by its index, here for more epochs", async () => {
    expect((await sweep("--epochs", "2", "--index", "1")).code).toBe(0);
    expect(await metrics(join(folder, "sweep", names[1]))).toHaveLength(2);
    expect(await metrics(join(folder, "sweep", names[0]))).toHaveLength(1);
  });

  it("lists its trainings, and refuses an index that is not there and other settings under the same names", async () => {
    expect((await sweep("--list")).stdout.trim().split("\n")).toEqual(names.map((name, index) => `${index}  ${name}`));
    const outside = await sweep("--index", "2");
    expect(outside).toMatchObject({ code: 1, stderr: expect.stringContaining("--index: expected 0 to 1, found 2") });
    const other = await sweep("--epochs", "1", "--batch", "2");
    expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining("begun with other settings") });
  });

  it("leaves folders that decolle report compares", async () => {
    const page = join(folder, "compared.html");
    const folders = names.map((name) => join(folder, "sweep", name));
    const { code, stdout, stderr } = await decolle("report", ...folders, "--out", page, "--json", "--tensorboard");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toHaveLength(2);
    expect(await readFile(page, "utf8")).toMatch(/2 trainings compared[\s\S]*learningRate 0.01/);
    expect(await readdir(join(folder, "sweep", names[0]))).toContain("events.out.tfevents.decolle");
  });

  it("goes on after an interrupt", async () => {
    const out = join(folder, "interrupted");
    const words = ["sweep", "--data", data, "--config", config, "--grid", "updateEvery=1,2", "--out", out];
    const { child, printed, ended } = running(...words, "--epochs", "1", "--jobs", "1");
    await printed("1/2");
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
    expect(await metrics(join(out, "updateEvery=1,seed=1"))).toHaveLength(1);
    const again = await decolle(...words, "--epochs", "1");
    expect(again).toMatchObject({ code: 0, stderr: "" });
    for (const every of [1, 2]) expect(await metrics(join(out, `updateEvery=${every},seed=1`))).toHaveLength(1);
  });

  it("says which trainings failed, after the others have ended", async () => {
    const out = join(folder, "failed");
    const words = ["sweep", "--data", data, "--config", config, "--epochs", "1", "--grid", "burnIn=5,99"];
    const { code, stderr, stdout } = await decolle(...words, "--out", out);
    expect(code).toBe(1);
    expect(stderr).toMatch(/1 of 2 trainings failed: burnIn=99,seed=1: decolle: burnIn/);
    expect(stdout).toMatch(/burnIn=5 /);
  });
});
