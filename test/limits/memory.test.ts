/** More memory than there is: a typed error that names what asks for it, and a process that lives on. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";

const run = promisify(execFile);
const script = fileURLToPath(new URL("asks.mjs", import.meta.url));
const backend = process.env["DECOLLE_BACKEND"] ?? "native";

/** What the addon's process may address, in kibibytes. WebAssembly has a limit of its own, and reserves more than it uses. */
const limit = backend === "native" && process.platform === "linux" ? "ulimit -v 5000000; " : "";

interface Outcome {
  readonly name?: string;
  readonly code: string;
  readonly message: string;
}

/** What is asked for, the code, and what the message names; both builds answer alike. */
const expected: ReadonlyArray<readonly [ask: string, code: string, names: string]> = [
  ["a class of sixty thousand", "none", ""],
  ["readouts of a million units", "memory", "readout.units: needs "],
  ["padding around a million channels", "range", "layers[0]: expected at most 268435456 inputs with their padding"],
  ["a plane of as many inputs as 32 bits do not count", "range", "layers[0]: expected at most 67108863 inputs"],
  ["channels of as many neurons as 32 bits do not count", "range", "layers[0]: expected at most 67108863 neurons"],
  ["layers that are too much together", "memory", "layers["],
  ["samples of a million neurons", "memory", "samples: needs "],
  ["recorded readouts", "memory", "record: needs "],
  ["values that are none where 32 bits count them", "shape", "= 4294967296 values, found 0"],
  ["more steps than one list has entries", "memory", "input.steps: needs "],
  ["a checkpoint that claims more weights than it has", "checkpoint", "layers.0.weight: expected shape"],
  ["a checkpoint that claims more readouts than it has", "checkpoint", "layers.0.weight: expected shape"],
  ["a minute of noise", "memory", "synthetic.sensor.noiseRate: needs "],
];

describe("a process with little memory", () => {
  let outcomes: Readonly<Record<string, Outcome>>;
  beforeAll(async () => {
    const command = `${limit}exec "${process.execPath}" "${script}" ${backend}`;
    const { stdout } = await run("bash", ["-c", command], { maxBuffer: 1 << 24 });
    outcomes = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "{}") as typeof outcomes;
  }, 300_000);

  it.each(expected)("is asked for %s and answers `%s`", (ask, code, names) => {
    expect(outcomes[ask]).toMatchObject({ code, message: expect.stringContaining(names) });
    if (code !== "none") expect(outcomes[ask]?.name).toBe("DecolleError");
    if (code === "memory") expect(outcomes[ask]?.message).toMatch(/needs \d+ bytes/);
  });

  it("has been asked for nothing else", () => {
    expect(Object.keys(outcomes)).toEqual(expected.map(([ask]) => ask));
  });
});
