/** DECOLLE_SIMD: the addon works on the SIMD level that is asked for, to the same bits. */
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";

const script = `
  import { createHash } from "node:crypto";
  const { Network } = await import(process.env.ENTRY);
  const layers = [{ type: "conv2d", channels: 20, kernel: 5, padding: 2 }, { type: "dense", units: 9 }];
  const input = { channels: 2, height: 9, width: 9 };
  try {
    const network = await Network.create({ input, layers, readout: { units: 2 }, seed: 1 }, { backend: "native", threads: 1 });
    const counts = Uint8Array.from({ length: 3 * 20 * 162 }, (_, place) => (place % 7 === 0 ? 1 : 0));
    await network.learn({ input: { counts, samples: 3, steps: 20 }, target: { classes: [0, 1, 0] } });
    const bits = createHash("sha256").update((await network.tensor("layers.0.weight")).data).digest("hex");
    console.log(JSON.stringify({ simd: network.backend.simd, described: (await network.describe()).simd, bits }));
  } catch ({ code, path, expected, found }) {
    console.log(JSON.stringify({ code, path, expected, found }));
  }
`;

function at(level: string): Record<string, string> {
  const env = { ...process.env, DECOLLE_SIMD: level, ENTRY: new URL("../../dist/index.js", import.meta.url).href };
  const told = execFileSync(process.execPath, ["--input-type=module", "-e", script], { env, encoding: "utf8" });
  return JSON.parse(told) as Record<string, string>;
}

describe.runIf(process.env["DECOLLE_BACKEND"] === "native")("a SIMD level that DECOLLE_SIMD names", () => {
  it("is worked on, to the bits of the best one", () => {
    const scalar = at("scalar");
    expect(scalar).toMatchObject({ simd: "scalar", described: "scalar" });
    const names = at("none")["expected"]?.replace("one of ", "").split(", ") ?? [];
    expect(names).toContain("scalar");
    expect(at(names.at(-1) ?? "")["bits"]).toBe(scalar["bits"]);
  });

  it("is refused where this machine has none of that name", () => {
    expect(at("none")).toMatchObject({ code: "config", path: "DECOLLE_SIMD", found: "none" });
  });
});
