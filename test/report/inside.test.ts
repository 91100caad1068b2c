/** Rasters hold every spike, plots of values every step, kernels every weight; what does not fit is refused by name. */
import { decode } from "fast-png";
import { describe, expect, it } from "vitest";
import { kernelFigure, rasterFigure, type Tensor, traceFigure } from "../../src/index.js";

const spikes: Tensor<Uint8Array> = { shape: [4, 2, 3], data: new Uint8Array(24) };
for (const [step, unit] of [
  [0, 0],
  [1, 2],
  [3, 2],
]) {
  spikes.data[((step as number) * 2 + 1) * 3 + (unit as number)] = 1;
}

/** Where strokes of a raster are. */
function strokes(svg: string): Array<[number, number]> {
  const path = /<path class="ticks"[^>]* d="([^"]*)"/.exec(svg)?.[1] ?? "";
  return Array.from(path.matchAll(/M([\d.]+) ([\d.]+)v/g), ([, x, y]) => [Number(x), Number(y)]);
}

describe("a raster", () => {
  it("has a stroke for every spike of the sample, later ones further right, higher units higher", () => {
    expect(strokes(rasterFigure(spikes))).toEqual([]);
    const [first, second, third] = strokes(rasterFigure(spikes, { sample: 1 }));
    expect(strokes(rasterFigure(spikes, { sample: 1 }))).toHaveLength(3);
    expect(first?.[0]).toBeLessThan(second?.[0] ?? 0);
    expect(second?.[0]).toBeLessThan(third?.[0] ?? 0);
    expect(second?.[1]).toBeLessThan(first?.[1] ?? 0);
    expect(second?.[1]).toBe(third?.[1]);
    expect(strokes(rasterFigure(spikes, { sample: 1, units: [0, 1] }))).toHaveLength(1);
  });
});

describe("a plot of values", () => {
  it("has a line for each unit that is named, and one for a level", () => {
    const values = { shape: [50, 1, 4], data: Float32Array.from({ length: 200 }, (_, place) => (place % 4) * place) };
    const svg = traceFigure(values, { units: [1, 3], names: ["one", "three <3>"], level: 0, title: "U" });
    expect(svg).toContain("three &lt;3&gt;");
    expect(svg.match(/<path[^>]* d="M[^"]*L/g)).toHaveLength(3 + 0);
    expect(traceFigure(values)).toContain("unit 3");
  });
});

describe("kernels", () => {
  it("are one picture each, orange where positive, blue where negative", () => {
    const weights = { shape: [2, 1, 2, 2], data: Float32Array.of(1, -1, 0, 0.5, 1, 1, 1, 1) };
    const images = Array.from(kernelFigure(weights).matchAll(/href="data:image\/png;base64,([^"]*)"/g), ([, text]) =>
      decode(Buffer.from(text ?? "", "base64")),
    );
    expect(images.map(({ width, height }) => [width, height])).toEqual([
      [2, 2],
      [2, 2],
    ]);
    const [r, g, b, opaque, r2, , b2, opaque2, , , , opaque3] = images[0]?.data ?? [];
    expect([opaque, opaque2, opaque3]).toEqual([255, 255, 0]);
    expect(r).toBeGreaterThan(b ?? 0);
    expect(b2).toBeGreaterThan(r2 ?? 0);
    expect(g).toBeLessThan(r ?? 0);
  });

  it("of a dense layer are drawn over its input where that is named", () => {
    const weights = { shape: [5, 18], data: new Float32Array(90).fill(0.1) };
    expect(kernelFigure(weights).match(/<image/g)).toHaveLength(1);
    expect(kernelFigure(weights, { input: [2, 3, 3], most: 4 }).match(/<image/g)).toHaveLength(8);
  });
});

describe("what cannot be drawn", () => {
  const values = { shape: [2, 1, 3], data: new Float32Array(6) };
  it.each([
    [() => rasterFigure({ shape: [2, 3], data: new Uint8Array(7) }), "shape", "spikes.shape"],
    [() => traceFigure(values, { sample: 1 }), "range", "sample: expected 0 to 0, found 1"],
    [() => traceFigure(values, { units: [3] }), "range", "units[0]: expected 0 to 2, found 3"],
    [() => traceFigure(values, { unit: 3 } as object), "config", "did you mean units?"],
    [() => kernelFigure({ shape: [4], data: new Float32Array(4) }), "shape", "weights.shape"],
    [() => kernelFigure({ shape: [1, 4], data: new Float32Array(4) }, { input: [3] }), "shape", "input"],
  ] as const)("is refused: %s", (draw, code, message) => {
    expect(draw).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });
});
