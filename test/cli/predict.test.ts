/** `decolle predict`, run as a user runs it. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decolle, recordings, small } from "./command.js";

let folder: string;
let config: string;
let model: string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "decolle-predict-"));
  config = join(folder, "small.json");
  await writeFile(config, JSON.stringify(small));
  const words = ["train", "--data", `nmnist:${recordings}`, "--config", config, "--epochs", "1", "--out", folder];
  expect((await decolle(...words)).code).toBe(0);
  model = ["--model", join(folder, "model.safetensors")];
});
afterAll(() => rm(folder, { recursive: true }));

describe("decolle predict", () => {
  const file = (name: string) => join(recordings, "Train", name);

  it("names the class of each recording as the network was trained, in their order", async () => {
    const files = [file("7/00043.bin"), file("0/00261.bin")];
    const { code, stdout } = await decolle("predict", ...model, "--json", ...files);
    expect(code).toBe(0);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { name: string; file: string });
    expect(lines.map((line) => line.file)).toEqual(files);
    for (const line of lines) {
      expect(line).toMatchObject({ name: expect.stringMatching(/^\d$/), share: expect.any(Number) });
      expect(line).toMatchObject({ perLayer: [expect.any(Number), Number(line.name)] });
    }
    const table = await decolle("predict", ...model, ...files);
    expect(table.stdout.split("\n")[1]).toMatch(new RegExp(`00043\\.bin\\s+${lines[0]?.name}\\s+[\\d.]+ ?%`));
  });

  it("answers what is no recording with exit code 1 and its path, and no recording with exit code 2", async () => {
    const { code, stderr, stdout } = await decolle("predict", ...model, file("7/00043.bin"), config);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(config);
    expect((await decolle("predict", ...model)).code).toBe(2);
    expect((await decolle("predict", file("7/00043.bin"))).code).toBe(2);
  });
});
