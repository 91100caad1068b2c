/**
 * How the authors' two convolutional networks start: statistics of five seeds of their initialisation beside ours.
 *
 * Both draw from uniform distributions of half width h. Of n draws the mean has standard deviation h/√(3n), the standard
 * deviation h·√(1/(15n)) around h/√3; five of those are allowed. The extremes of n > 1000 draws lie within 1 % of ±h.
 */
import { describe, expect, it } from "vitest";
import { type LayerSpecification, Network } from "../../src/index.js";
import { type GoldenStatistics, goldenInitialisation } from "../goldens/golden.js";

const classes = { nmnist: 10, dvsgesture: 11 } as const;
const seeds = [1, 2, 3, 4, 5];

function statistics(data: Float32Array): GoldenStatistics {
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length;
  const extreme = (of: (a: number, b: number) => number) => data.reduce((a, b) => of(a, b));
  return { min: extreme(Math.min), max: extreme(Math.max), mean, std: Math.sqrt(variance) };
}

/** Whether statistics of `count` draws are those of a uniform distribution on ±`width`. */
function expectUniform(found: GoldenStatistics, width: number, count: number, name: string): void {
  const rounding = 1e-6 * width;
  expect(found.min, `${name}: minimum`).toBeGreaterThanOrEqual(-width - rounding);
  expect(found.max, `${name}: maximum`).toBeLessThanOrEqual(width + rounding);
  expect(Math.abs(found.mean), `${name}: mean`).toBeLessThanOrEqual((5 * width) / Math.sqrt(3 * count));
  const spread = Math.abs(found.std - width / Math.sqrt(3));
  // A few draws have wider tails than the normal approximation of their standard deviation.
  if (count > 30)
    expect(spread, `${name}: standard deviation`).toBeLessThanOrEqual((5 * width) / Math.sqrt(15 * count));
  if (count > 1000) expect(found.max - found.min, `${name}: range`).toBeGreaterThan(1.98 * width);
}

describe.each(["nmnist", "dvsgesture"] as const)("the authors' network for %s", (name) => {
  const { runs, expected, trainable_parameters: parameters } = goldenInitialisation[name];
  const [{ layers: shapes } = { layers: [] }] = runs;
  const layers = shapes.map(({ weight_shape: [channels, , kernel], padding, pool, readout_weight_shape }, layer) => {
    const readoutScale = (expected[layer]?.readout_half_width ?? 0) * Math.sqrt(readout_weight_shape[1]);
    const spec: LayerSpecification =
      kernel === undefined
        ? { type: "dense", units: channels, readoutScale }
        : { type: "conv2d", channels, kernel, padding: padding?.[0] ?? 0, pool: pool ?? 1, readoutScale };
    return spec;
  });

  it.each(seeds)("starts from the same distributions, seed %d", async (seed) => {
    using network = await Network.create({
      input: { channels: 2, height: 32, width: 32 },
      layers,
      readout: { units: classes[name] },
      neuron: { type: "lif", alpha: 0.97, beta: 0.92 },
      optimizer: { type: "sgd", learningRate: 1 },
      seed,
    });
    expect((await network.describe()).parameters).toBe(parameters);
    for (const [layer, theirs] of shapes.entries()) {
      const half = expected[layer];
      if (half === undefined) throw new Error(`no half widths of layer ${layer}`);
      for (const [tensor, width, drawn] of [
        [`layers.${layer}.weight`, half.weight_half_width, "weight"],
        [`layers.${layer}.bias`, half.bias_half_width, "bias"],
        [`readouts.${layer}.weight`, half.readout_half_width, "readout_weight"],
        [`readouts.${layer}.bias`, half.readout_half_width, "readout_bias"],
      ] as const) {
        const { data, shape } = await network.tensor(tensor);
        if (drawn === "weight") expect(shape, tensor).toEqual(theirs.weight_shape);
        if (drawn === "readout_weight") expect(shape, tensor).toEqual(theirs.readout_weight_shape);
        expectUniform(statistics(data), width, data.length, tensor);
        // The same must hold of theirs, or the half width would be the wrong one.
        for (const run of runs) {
          const other = run.layers[layer]?.[drawn];
          if (other !== undefined) expectUniform(other, width, data.length, `${tensor} of the authors`);
        }
      }
    }
  });
});
