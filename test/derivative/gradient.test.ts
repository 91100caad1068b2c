/** The local gradient against central differences of the smoothed network, over random networks. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { type Cost, type LayerSpecification, Network, type Regularizer, type Surrogate } from "../../src/index.js";
import { drawCounts, xorshift } from "../determinism/training.js";
import { type Geometry, SmoothedLayer } from "./smoothed.js";

/** Step of the central differences: float64 leaves 1e−16/1e−6 of relative error, curvature 1e−12 times 20. */
const step = 1e-6;

/** Deviation allowed, relative to the layer's largest gradient: the engine's float32 sums. */
const tolerance = 2e-5;

/** Steps of the network before the one that is looked at, so that all traces and refractoriness are in play. */
const past = 7;

const surrogate: fc.Arbitrary<Surrogate> = fc.oneof(
  fc.record({ type: fc.constant("boxcar" as const), width: fc.constantFrom(0.5, 1.25) }),
  fc.record({ type: fc.constant("fastSigmoid" as const), slope: fc.constantFrom(1, 10) }),
  fc.record({ type: fc.constant("sigmoid" as const), slope: fc.constantFrom(0.5, 1, 4) }),
);

const cost: fc.Arbitrary<Cost> = fc.constantFrom(
  { type: "smoothL1" },
  { type: "meanSquared" },
  { type: "crossEntropy" },
);

const regularizer: fc.Arbitrary<Regularizer | null> = fc.option(
  fc.record({
    upper: fc.constantFrom(0, 0.3),
    // The mean activity is below 0.1 only where many potentials lie far below the threshold, or are themselves meant.
    lower: fc.constantFrom(0, 0.5),
    lowerActivity: fc.constantFrom("sigmoid" as const, "potential" as const),
  }),
);

/** A vertical and a horizontal length. */
function pair(min: number, max: number): fc.Arbitrary<readonly [number, number]> {
  return fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));
}

/** A layer with its surrogate, cost and regulariser; its connection fits what comes in. */
const layer = fc.record({
  surrogate,
  cost,
  regularizer,
  // Once dense, all layers above are.
  dense: fc.integer({ min: 0, max: 3 }).map((draw) => draw === 0),
  units: fc.integer({ min: 1, max: 19 }),
  kernel: pair(1, 5),
  padding: pair(0, 2),
  stride: fc.oneof(fc.constant([1, 1] as const), pair(1, 3)),
  // Which of the groups that the channels admit, counted from one.
  group: fc.integer({ min: 0, max: 3 }),
  pool: fc.oneof(fc.constant([1, 1] as const), fc.constant([2, 2] as const), pair(1, 3)),
  pooling: fc.constantFrom("max", "sum", "average"),
});

const plane = fc.record({
  channels: fc.integer({ min: 1, max: 4 }),
  height: fc.integer({ min: 1, max: 9 }),
  width: fc.integer({ min: 1, max: 9 }),
});

const network = fc.record({
  plane,
  layers: fc.array(layer, { minLength: 1, maxLength: 3 }),
  samples: fc.integer({ min: 1, max: 6 }),
  classes: fc.integer({ min: 1, max: 5 }),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
});

type Drawn = typeof network extends fc.Arbitrary<infer Value> ? Value : never;

/** A connection and what `Network.create` is told of it. */
interface Connected {
  readonly geometry: Geometry;
  readonly specification: LayerSpecification;
}

/** The layers of a drawn network: convolutions as long as planes are large enough, dense layers from then on. */
function connect({ plane: { channels, height, width }, layers }: Drawn): Connected[] {
  let incoming: [number, number, number] = [channels, height, width];
  let flat = false;
  return layers.map((given) => {
    const { units, kernel, padding, stride, pool, pooling } = given;
    const neuron = { type: "lif", alpha: 0.8, beta: 0.7, surrogate: given.surrogate } as const;
    const own = { neuron, cost: given.cost, regularizer: given.regularizer, readoutScale: 2 };
    const along = (side: number, axis: 0 | 1) =>
      Math.floor((side + 2 * padding[axis] - kernel[axis]) / stride[axis]) + 1;
    const [rows, columns] = [along(incoming[1], 0), along(incoming[2], 1)];
    flat ||= given.dense || rows < pool[0] || columns < pool[1];
    const input = incoming;
    if (flat) {
      incoming = [units, 1, 1];
      return {
        geometry: { input: [input[0] * input[1] * input[2], 1, 1], neurons: incoming, ...point },
        specification: { type: "dense", units, ...own },
      };
    }
    const divisors = Array.from({ length: input[0] }, (_, place) => place + 1).filter((one) => input[0] % one === 0);
    const groups = divisors[given.group % divisors.length] ?? 1;
    // A multiple of the groups.
    const channels = Math.ceil(units / groups) * groups;
    incoming = [channels, Math.floor(rows / pool[0]), Math.floor(columns / pool[1])];
    return {
      geometry: { input, neurons: [channels, rows, columns], kernel, padding, stride, groups, pool, pooling },
      specification: { type: "conv2d", channels, kernel, padding, stride, groups, pool, pooling, ...own },
    };
  });
}

/** A dense layer, as a convolution over a plane of one pixel. */
const point = { kernel: [1, 1], padding: [0, 0], stride: [1, 1], groups: 1, pool: [1, 1], pooling: "max" } as const;

/** What a layer adds to the coverage of the test. */
function traits({ specification, geometry }: Connected, samples: number): string[] {
  const { type, neuron, cost, regularizer } = specification;
  const { pool, pooling, padding, kernel, stride, groups } = geometry;
  return [
    ...[
      type,
      `${neuron?.type === "lif" ? neuron.surrogate?.type : undefined}`,
      `${cost?.type}`,
      regularizer === null ? "unregularized" : "regularized",
    ],
    ...(Math.max(...pool) > 1 ? [`${pooling}-pooled`] : []),
    ...(Math.max(...padding) > 0 ? ["padded"] : []),
    ...(kernel[0] === kernel[1] ? [] : ["rectangular"]),
    ...(Math.max(...stride) > 1 ? ["strided"] : []),
    ...(groups > 1 ? ["grouped"] : []),
    ...(samples > 1 ? ["batch"] : []),
  ];
}

it("the local gradient is the derivative of the smoothed network, for random shapes, costs and surrogates", async () => {
  let compared = 0;
  let carried = 0;
  const covered = new Map<string, number>();
  const property = fc.asyncProperty(network, async (drawn) => {
    const { samples, classes, seed } = drawn;
    const connected = connect(drawn);
    using built = await Network.create({
      input: drawn.plane,
      layers: connected.map(({ specification }) => specification),
      readout: { units: classes },
      optimizer: { type: "sgd", learningRate: 0.1 },
      initialization: { type: "uniform", dense: 4, conv: 4, bias: 40 },
      seed,
    });
    const next = xorshift(seed);
    const inputs = drawn.plane.channels * drawn.plane.height * drawn.plane.width;
    await built.run({ input: drawCounts(samples, past, inputs, seed) });
    const target = Float32Array.from({ length: samples * classes }, () => (next() % 1000) / 500 - 1);
    // Two steps make an update, so one leaves the weights as they are and its gradient to be read.
    await built.learn(
      { input: drawCounts(samples, 1, inputs, seed + 1), target: { values: target } },
      { keepState: true, updateEvery: 2, flushGradient: false },
    );
    for (const [index, layer] of connected.entries()) {
      const given = drawn.layers[index];
      if (given === undefined) throw new Error(`no layer ${index}`);
      const smoothed = await SmoothedLayer.of(built, index, layer.geometry, { ...given, samples, target });
      const weights = (await built.tensor(`gradient.layers.${index}.weight`)).data;
      const biases = (await built.tensor(`gradient.layers.${index}.bias`)).data;
      const largest = Math.max(...weights.map(Math.abs), ...biases.map(Math.abs));
      // Traces stay below 2 here, so no potential moves by more than two steps.
      if (smoothed.kinks(4 * step) > 0) continue;
      for (const trait of traits(layer, samples)) covered.set(trait, (covered.get(trait) ?? 0) + 1);
      const some = (tensor: Float32Array, kind: "weight" | "bias") => {
        for (let draw = 0; draw < 8; draw++) {
          const place = next() % tensor.length;
          const change = smoothed[kind](place);
          const slope = (smoothed.cost(change, step) - smoothed.cost(change, -step)) / (2 * step);
          const error = Math.abs(slope - (tensor[place] ?? Number.NaN));
          expect(error, `layer ${index}, ${kind}[${place}]: ${tensor[place]}, expected ${slope}`).toBeLessThanOrEqual(
            tolerance * largest + 1e-9,
          );
          compared++;
          if (slope !== 0) carried++;
        }
      };
      some(weights, "weight");
      some(biases, "bias");
    }
  });
  // The seed is fixed so that a failure can be repeated; fast-check shrinks it and prints the network.
  await fc.assert(property, { numRuns: 150, seed: 1 });
  expect(compared).toBeGreaterThan(2000);
  // Zero against zero compares nothing.
  expect(carried / compared).toBeGreaterThan(0.5);
  expect(covered.size).toBe(18);
  expect(Math.min(...covered.values())).toBeGreaterThan(20);
});
