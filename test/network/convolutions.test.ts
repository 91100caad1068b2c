/** Convolutions of any kernel, padding, stride and groups, over planes and along lines, against their definition in float64. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Conv1d,
  type Conv2d,
  conv1d,
  conv2d,
  dense,
  Network,
  type NetworkSpecification,
  type Propagation,
} from "../../src/index.js";
import { drawCounts } from "../determinism/training.js";

/** A convolution; pairs are vertical, then horizontal. */
interface Geometry {
  readonly line: boolean;
  readonly input: readonly [channels: number, height: number, width: number];
  readonly channels: number;
  readonly kernel: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly groups: number;
}

const [samples, steps] = [2, 12];

/** Rows and columns of the outputs; below 1 where the kernel does not fit. */
function outputs({ input, kernel, padding, stride }: Geometry): [number, number] {
  const along = (axis: 0 | 1) =>
    Math.floor((input[axis + 1 === 1 ? 1 : 2] + 2 * padding[axis] - kernel[axis]) / stride[axis]) + 1;
  return [along(0), along(1)];
}

const whole = (min: number, max: number) => fc.integer({ min, max });
const pair = (min: number, max: number) => fc.tuple(whole(min, max), whole(min, max));

const geometry: fc.Arbitrary<Geometry> = fc
  .record({
    line: fc.boolean(),
    sides: pair(1, 12),
    depth: whole(1, 3),
    outputs: fc.oneof(whole(1, 4), whole(9, 36)),
    kernel: pair(1, 7),
    padding: pair(0, 3),
    stride: pair(1, 4),
    groups: fc.oneof(fc.constant(1), whole(1, 6)),
  })
  .map(({ line, sides: [height, width], depth, outputs, groups, kernel, padding, stride }) => ({
    line,
    input: [depth * groups, line ? 1 : height, line ? 3 * width : width] as const,
    channels: outputs * groups,
    kernel: [line ? 1 : kernel[0], kernel[1]] as const,
    padding: [line ? 0 : padding[0], padding[1]] as const,
    stride: [line ? 1 : stride[0], stride[1]] as const,
    groups,
  }))
  .filter((drawn) => Math.min(...outputs(drawn)) > 0);

/** The layer as users write it. */
function layer({ line, channels, kernel, padding, stride, groups }: Geometry): Conv1d | Conv2d {
  return line
    ? conv1d({ channels, kernel: kernel[1], padding: padding[1], stride: stride[1], groups })
    : conv2d({ channels, kernel, padding, stride, groups });
}

function specification(drawn: Geometry, propagation: Propagation): NetworkSpecification {
  const [channels, height, width] = drawn.input;
  return {
    input: drawn.line ? { channels, length: width } : { channels, height, width },
    layers: [layer(drawn)],
    readout: { units: 3 },
    initialization: { type: "uniform", conv: 4, bias: 10 },
    propagation,
    seed: 5,
  };
}

/** Calls back with output and input, as places in their planes, and the weight through which they meet. */
function meetings(drawn: Geometry, visit: (output: number, input: number, weight: number) => void): void {
  const { input, channels, kernel, padding, stride, groups } = drawn;
  const [rows, columns] = outputs(drawn);
  const depth = input[0] / groups;
  for (let output = 0; output < channels; output++)
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < columns; x++)
        for (let channel = 0; channel < depth; channel++)
          for (let row = 0; row < kernel[0]; row++)
            for (let column = 0; column < kernel[1]; column++) {
              const [inY, inX] = [y * stride[0] + row - padding[0], x * stride[1] + column - padding[1]];
              if (inY < 0 || inX < 0 || inY >= input[1] || inX >= input[2]) continue;
              const source = Math.floor(output / (channels / groups)) * depth + channel;
              visit(
                (output * rows + y) * columns + x,
                (source * input[1] + inY) * input[2] + inX,
                ((output * depth + channel) * kernel[0] + row) * kernel[1] + column,
              );
            }
}

/** The greatest distance, relative to the greatest number expected. */
function distance(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(found.length).toBe(expected.length);
  const size = Math.max(1e-3, ...Array.from(expected, Math.abs));
  return Math.max(...Array.from(found, (value, place) => Math.abs(value - (expected[place] ?? Number.NaN)) / size));
}

/** Whether a convolution runs by events where it is asked to. */
const takesEvents = ({ kernel, padding }: Geometry) => padding[0] < kernel[0] && padding[1] < kernel[1];

describe.each(["dense", "events", "frequency"] as const)("a convolution of any geometry, %s", (propagation) => {
  it("has the potentials, the shapes and the synaptic operations of its definition", async () => {
    const property = fc.asyncProperty(geometry, async (drawn) => {
      using network = await Network.create(specification(drawn, propagation));
      const inputs = drawn.input[0] * drawn.input[1] * drawn.input[2];
      const input = drawCounts(samples, steps, inputs, 77);
      const { layers } = await network.run({ input });
      const tensor = (name: string) => network.tensor(name);
      const [weight, bias] = [await tensor("layers.0.weight"), (await tensor("layers.0.bias")).data];
      const depth = drawn.input[0] / drawn.groups;
      const plane = outputs(drawn);
      expect(weight.shape).toEqual([drawn.channels, depth, ...(drawn.line ? [drawn.kernel[1]] : drawn.kernel)]);
      const potential = await tensor("state.layers.0.potential");
      expect(potential.shape).toEqual([samples, drawn.channels, ...(drawn.line ? [plane[1]] : plane)]);
      const largest = Math.max(...Array.from(weight.data, Math.abs));
      // Drawn from U(±4/√fan-in).
      expect(largest).toBeLessThanOrEqual(4 / Math.sqrt(depth * drawn.kernel[0] * drawn.kernel[1]) + 1e-6);

      const [traces, refractory] = [
        (await tensor("state.layers.0.membraneTrace")).data,
        (await tensor("state.layers.0.refractory")).data,
      ];
      const positions = plane[0] * plane[1];
      const neurons = drawn.channels * positions;
      const expected = Float64Array.from(refractory, (r, neuron) => {
        return (bias[Math.floor((neuron % neurons) / positions)] ?? Number.NaN) - r;
      });
      const reached = new Float64Array(inputs);
      meetings(drawn, (output, from, through) => {
        reached[from] = (reached[from] ?? 0) + 1;
        for (let sample = 0; sample < samples; sample++) {
          const place = sample * neurons + output;
          const product = (traces[sample * inputs + from] ?? Number.NaN) * (weight.data[through] ?? Number.NaN);
          expected[place] = (expected[place] ?? Number.NaN) + product;
        }
      });
      expect(distance(potential.data, expected)).toBeLessThan(2e-5);

      const byEvents = propagation === "events" && takesEvents(drawn);
      expect(layers[0]?.steps).toEqual(byEvents ? { events: steps, dense: 0 } : { events: 0, dense: steps });
      if (!byEvents) return;
      const operations = Array.from(input.counts, (count, place) => (count > 0 ? (reached[place % inputs] ?? 0) : 0));
      expect(layers[0]?.synapticOperations.forward).toBe(operations.reduce((sum, own) => sum + own, 0));
    });
    await fc.assert(property, { numRuns: 60, seed: 1 });
  });

  it("is the same after it was saved and read back, and learns on to the same bits", async () => {
    const property = fc.asyncProperty(geometry, async (drawn) => {
      using network = await Network.create(specification(drawn, propagation));
      const inputs = drawn.input[0] * drawn.input[1] * drawn.input[2];
      const learn = (network: Network, seed: number, keepState: boolean) =>
        network.learn(
          { input: drawCounts(samples, steps, inputs, seed), target: { classes: [0, 2] } },
          { updateEvery: 3, flushGradient: false, keepState },
        );
      await learn(network, 3, false);
      using copy = await Network.fromBytes(await network.toBytes());
      expect(copy.specification).toEqual(network.specification);
      await learn(network, 4, true);
      await learn(copy, 4, true);
      for (const name of await network.tensors())
        expect(await copy.tensor(name), name).toEqual(await network.tensor(name));
    });
    await fc.assert(property, { numRuns: 20, seed: 2 });
  });
});

it.each(["events", "frequency"] as const)("gradients by %s are those of dense kernels", async (other) => {
  let compared = 0;
  const property = fc.asyncProperty(geometry.filter(takesEvents), async (drawn) => {
    const gradients = async (propagation: Propagation) => {
      using network = await Network.create(specification(drawn, propagation));
      const inputs = drawn.input[0] * drawn.input[1] * drawn.input[2];
      const batch = { input: drawCounts(samples, steps, inputs, 9), target: { classes: [0, 2] } };
      const { layers } = await network.learn(batch, { updateEvery: 100, flushGradient: false });
      const { data } = await network.tensor("gradient.layers.0.weight");
      return {
        spikes: layers[0]?.spikes,
        weights: data,
        biases: (await network.tensor("gradient.layers.0.bias")).data,
      };
    };
    const [densely, found] = [await gradients("dense"), await gradients(other)];
    // One spike that hangs on rounding, and all that follows is another.
    if (densely.spikes !== found.spikes) return;
    expect(distance(found.weights, densely.weights)).toBeLessThan(1e-4);
    expect(distance(found.biases, densely.biases)).toBeLessThan(1e-4);
    compared++;
  });
  await fc.assert(property, { numRuns: 60, seed: 3 });
  expect(compared).toBeGreaterThan(50);
});

describe("conv1d", () => {
  const line = { channels: 6, kernel: 4, padding: 1, stride: 2, groups: 2 };

  it("is the convolution of height 1, bit by bit", async () => {
    const common = { readout: { units: 3 }, seed: 8 } as const;
    const kernel = { kernel: [1, 4], padding: [0, 1], stride: [1, 2] } as const;
    const networks = [
      { input: { channels: 4, length: 15 }, layers: [conv1d(line), dense({ units: 5 })] },
      { input: { channels: 4, height: 1, width: 15 }, layers: [conv2d({ ...line, ...kernel }), dense({ units: 5 })] },
      { input: { channels: 4, height: 1, width: 15 }, layers: [conv1d(line), dense({ units: 5 })] },
    ];
    const trained = await Promise.all(
      networks.map(async (network) => {
        using built = await Network.create({ ...common, ...network });
        await built.learn({ input: drawCounts(2, 20, 60, 4), target: { classes: [0, 1] } });
        const names = await built.tensors();
        return await Promise.all(names.map(async (name) => [name, (await built.tensor(name)).data]));
      }),
    );
    expect(trained[1]).toEqual(trained[0]);
    expect(trained[2]).toEqual(trained[0]);
  });

  it("is described along its line", async () => {
    using network = await Network.create({
      input: { channels: 4, length: 15 },
      layers: [conv1d(line), conv1d({ channels: 2, kernel: 3 })],
      readout: { units: 3 },
    });
    const { layers, specification, inputSize } = await network.describe();
    expect(inputSize).toBe(60);
    expect(layers[0]).toMatchObject({
      type: "conv1d",
      inputShape: [4, 15],
      shape: [6, 7],
      pooledShape: [6, 7],
      units: 42,
    });
    expect(layers[0]?.parameters).toBe(6 * 2 * 4 + 6);
    expect(layers[1]).toMatchObject({ inputShape: [6, 7], shape: [2, 5] });
    expect(specification.input).toEqual({ channels: 4, length: 15 });
    expect(specification.layers[0]).toEqual({ type: "conv1d", pool: 1, ...line });
  });
});

it("lengths that are the same in both directions are told as one, and those left out by their defaults", async () => {
  using network = await Network.create({
    input: { channels: 2, height: 9, width: 8 },
    layers: [
      conv2d({ channels: 2, kernel: [3, 3] }),
      conv2d({ channels: 2, kernel: [2, 3], stride: [1, 2], padding: [1, 0] }),
    ],
    readout: { units: 3 },
  });
  const defaults = { type: "conv2d", channels: 2, groups: 1, pool: 1 };
  expect(network.specification.layers).toEqual([
    { ...defaults, kernel: 3, padding: 0, stride: 1 },
    { ...defaults, kernel: [2, 3], padding: [1, 0], stride: [1, 2] },
  ]);
});

it("a line fills the input that a sensor of one row gives", async () => {
  using network = await Network.create({
    input: { channels: 2, length: 10 },
    layers: [conv1d({ channels: 3, kernel: 3 })],
    readout: { units: 2 },
  });
  const events = [
    { x: Uint16Array.of(0, 9), y: Uint16Array.of(0, 0), p: Uint8Array.of(0, 1), t: Float64Array.of(0, 0) },
  ];
  const { inputDensity } = await network.run({ input: { events, steps: 1 } });
  expect(inputDensity).toBe(2 / 20);
});
