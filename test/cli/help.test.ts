/** What `--help` says: options, and examples that are understood. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { examplesOf } from "../../src/cli/examples.js";
import { program } from "../../src/cli/program.js";
import { temporary } from "../data/files.js";
import { decolle } from "./command.js";

const whole = program();
const examples = [whole, ...whole.commands].flatMap((command) =>
  examplesOf(command).map((example) => [command.name(), example] as const),
);

describe("the help", () => {
  it.each(whole.commands.map((command) => command.name()))("of %s has examples", async (name) => {
    const { code, stdout } = await decolle(name, "--help");
    expect(code).toBe(0);
    const shown = stdout
      .slice(stdout.search(/^Examples?:$/m))
      .split("\n")
      .slice(1);
    expect(shown.filter((line) => line.startsWith("  ")).length).toBeGreaterThan(0);
    expect(stdout).toContain(`decolle ${name}`);
  });

  it.each(examples)("of %s gives an example whose commands and options there are: %s", (_, example) => {
    const words = /decolle ([^|<>')]*)/.exec(example)?.[1]?.trim().split(/ +/) ?? [];
    const command = whole.commands.find((one) => one.name() === words[0]);
    const options = (command?.options ?? []).map(({ long }) => long);
    expect(command, words[0]).toBeDefined();
    for (const word of words.filter((word) => word.startsWith("--") && word !== "--help"))
      expect(options).toContain(word);
    for (const option of command?.options ?? [])
      if (option.mandatory) expect(words.includes("--help") ? [option.long] : words).toContain(option.long);
    const needed = (command?.registeredArguments ?? []).filter(({ required }) => required).length;
    expect(words.length > needed || words.includes("--help")).toBe(true);
  });
});

describe("what there is not", () => {
  it.each([
    [["trian"], "(Did you mean train?)"],
    [["train", "--epoch", "3"], "(Did you mean --epochs?)"],
    [["train", "--preset", "nmnist-mpl"], "did you mean nmnist-mlp?"],
    [["train", "--data", "nmnits:data"], "did you mean nmnist?"],
    [["train", "--initialization", "lsvu"], "expected one of plain, lsuv"],
    [["inspect", "a.raw", "--format", "evt4"], "did you mean evt2?"],
    [["convert", "a", "b", "--to", "texts"], "did you mean text?"],
    [["bench", "--quik"], "(Did you mean --quick?)"],
    [["info", "--jsn"], "(Did you mean --json?)"],
    [["presets", "dvsgestures"], "did you mean dvsgesture?"],
    [["train", "--backend", "nativ"], "did you mean native?"],
    [["stream", "--model", "m", "--decision", "majorty"], "did you mean majority?"],
    [["sweep", "--out", "x", "--grid", "learningrate=1"], "did you mean learningRate?"],
  ])("%j is answered with what was likely meant", async (words, message) => {
    expect(await decolle(...words)).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(message) });
  });

  it.each([
    [{ network: { cost: { type: "smoothL2" } } }, "did you mean `smoothL1`?"],
    [{ network: { optimizer: { type: "adamax", learningRate: 1 } } }, "did you mean `adaMax`?"],
    [{ network: { neuron: { type: "Lif" } } }, "did you mean `lif`?"],
    [{ network: { layers: [{ type: "conv2", channels: 1, kernel: 1 }] } }, "did you mean `conv"],
    [{ training: { batch_size: 3 } }, "did you mean batchSize?"],
    [{ trainings: {} }, "did you mean training?"],
  ])("%j in a configuration file is answered with what was likely meant", async (file, message) => {
    const path = join(await temporary(), "file.json");
    await writeFile(path, JSON.stringify(file));
    const { code, stderr } = await decolle("train", "--config", path);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });
});
