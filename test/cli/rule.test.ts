/** `decolle rule`: what it prints, and what it refuses. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { runCommandLine } from "../../src/cli/program.js";
import { adaptive, Network, neuron } from "../../src/index.js";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "decolle-rule-"));
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

async function run(...words: string[]): Promise<{ code: number; out: string; errors: string }> {
  const out = vi.spyOn(console, "log").mockImplementation(() => undefined);
  const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const stream = vi.spyOn(process.stderr, "write").mockImplementation(() => true);
  const code = await runCommandLine(["rule", ...words]);
  const text = (calls: unknown[][]) => calls.flat().join("\n");
  const result = {
    code,
    out: text(out.mock.calls),
    errors: `${text(errors.mock.calls)}${text(stream.mock.calls)}`,
  };
  vi.restoreAllMocks();
  return result;
}

describe("decolle rule", () => {
  it("prints the rule of every layer of a preset", async () => {
    const { code, out } = await run("--preset", "poisson-regression");
    expect(code).toBe(0);
    expect(out.match(/^layer \d$/gm)).toEqual(["layer 0", "layer 1", "layer 2"]);
    expect(out).toContain("ΔW_ij = −η Σ_n δ_i P_j[t]");
    expect(out).toContain("ρ = 0.3");
  });

  it("prints one layer of a model as LaTeX or MathML", async () => {
    const path = join(folder, "model.safetensors");
    using network = await Network.create({
      input: { units: 3 },
      layers: [
        { type: "dense", units: 2, neuron: adaptive() },
        { type: "dense", units: 2, neuron: { type: "lif", refractory: "decayed" } },
      ],
      readout: { units: 2 },
    });
    await network.save(path);
    const latex = await run("--model", path, "--layer", "1", "--format", "latex");
    expect(latex.out).toMatch(/^\\begin\{aligned\}/);
    expect(latex.out).toBe((await network.rule(1)).latex.whole);
    expect((await run("--model", path, "--layer", "0", "--format", "mathml")).out).toBe(
      (await network.rule(0)).mathml.whole,
    );
  });

  it("prints the rule of a configuration file", async () => {
    const path = join(folder, "own.json");
    await writeFile(path, JSON.stringify({ network: { cost: { type: "crossEntropy" } } }));
    expect((await run("--config", path, "--layer", "0")).out).toContain("softmax(Y_k)");
  });

  it("checks the rules it prints, says how that went, and fails where one is wrong", async () => {
    const good = await run("--preset", "synthetic", "--layer", "0", "--check");
    expect(good.code).toBe(0);
    expect(good.out).toMatch(
      /check against finite differences\n {2}passed: \d+ derivatives agree, and an error of 1 %/,
    );
    const path = join(folder, "wrong.json");
    const wrong = neuron({
      name: "wrong",
      state: { potential: 0 },
      step: (s, { input }) => ({ potential: s.potential.times(0.9).plus(input) }),
      membrane: (s, bias) => s.potential.plus(bias),
      surrogate: { primitive: (u) => u.times(3).sigmoid(), derivative: (u) => u.abs().plus(1).reciprocal() },
    });
    await writeFile(path, JSON.stringify({ network: { neuron: wrong } }));
    const bad = await run("--config", path, "--layer", "0", "--check");
    expect(bad).toMatchObject({
      code: 1,
      errors: expect.stringContaining("the rule fails its check: layer 0: the derivative"),
    });
    expect(bad.out).toContain("  failed: the derivative by ");
    expect(await run("--preset", "synthetic", "--check", "--format", "latex")).toMatchObject({
      code: 2,
      errors: expect.stringContaining("--check goes with --format text"),
    });
  });

  it("refuses a layer that is not there, and a call that names no network or two", async () => {
    expect(await run("--preset", "synthetic", "--layer", "9")).toMatchObject({
      code: 1,
      errors: expect.stringContaining("layer: expected 0 to"),
    });
    expect(await run()).toMatchObject({ code: 2, errors: expect.stringContaining("name a network") });
    expect(await run("--preset", "synthetic", "--model", "x")).toMatchObject({
      code: 2,
      errors: expect.stringContaining("leave out --preset"),
    });
  });
});
