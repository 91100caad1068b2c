/** What is recorded of every step is what a network computes there, in every way that steps are taken, and changes nothing. */
import { describe, expect, it } from "vitest";
import {
  conv2d,
  dense,
  Network,
  type NetworkSpecification,
  type RecordedLayer,
  type RunBatch,
  sgd,
  type Tensor,
} from "../../src/index.js";
import { digest } from "../determinism/agreed.js";
import { neurons } from "../plasticity/neurons.js";

const plane = { channels: 2, height: 6, width: 6 };
const inputs = 72;
const steps = 40;
const base = { input: plane, readout: { units: 3 }, optimizer: sgd({ learningRate: 0.25 }) };
const [one, pooled] = [dense({ units: 17 }), conv2d({ channels: 5, kernel: 3, padding: 1, pool: 2 })];

const specifications: Readonly<Record<string, NetworkSpecification>> = {
  "dense layers": { ...base, layers: [one, dense({ units: 9 })] },
  "dense layers by events": { ...base, layers: [one, dense({ units: 9 })], propagation: "events" },
  "dense layers, densely": { ...base, layers: [one, dense({ units: 9 })], propagation: "dense" },
  convolutions: { ...base, layers: [pooled, conv2d({ channels: 4, kernel: 3 })] },
  "convolutions by events": { ...base, layers: [pooled, one], propagation: "events" },
  "a recurrent layer": { ...base, layers: [dense({ units: 12, recurrent: true })] },
  ...Object.fromEntries(
    Object.entries(neurons).map(([name, neuron]) => [
      `the neuron: ${name}`,
      { ...base, layers: [dense({ units: 8, neuron })] },
    ]),
  ),
};

/** Steps from `first` on of samples with some events in all of them. */
function batch(samples: number, first = 0, count = steps): RunBatch {
  const counts = Float32Array.from({ length: samples * count * inputs }, (_, place) => {
    const step = first + (Math.floor(place / inputs) % count);
    const sample = Math.floor(place / (inputs * count));
    return ((place % inputs) * 7919 + step * 104_729 + sample * 15_485_863) % 13 < 2 ? 1 : 0;
  });
  return { input: { samples, steps: count, counts } };
}

/** Numbers of a step, all samples. */
function at({ shape, data }: Tensor<Float32Array | Uint8Array>, step: number): number[] {
  const row = shape.slice(1).reduce((product, axis) => product * axis, 1);
  return Array.from(data.subarray(step * row, (step + 1) * row));
}

function kinds(layer: RecordedLayer | undefined) {
  const { spikes, traces, potentials, readouts, gradients } = layer ?? {};
  if (!spikes || !traces || !potentials || !readouts) throw new Error("expected all that was asked for");
  return { spikes, traces, potentials, readouts, gradients };
}

const record = { spikes: true, traces: true, potentials: true, readouts: true };

describe.each(Object.entries(specifications))("recording: %s", (_, specification) => {
  it("gives what the network's tensors hold after each step", async () => {
    using network = await Network.create(specification);
    using other = await Network.create(specification);
    const { recorded } = await network.run(batch(2), { record });
    expect(recorded?.samples).toEqual([0, 1]);
    const names = await other.tensors();
    for (let step = 0; step < steps; step++) {
      await other.run(batch(2, step, 1), { keepState: step > 0 });
      for (const layer of specification.layers.keys()) {
        const { spikes, traces, potentials, readouts } = kinds(recorded?.layers[layer]);
        const state = async (name: string) => Array.from((await other.tensor(`state.layers.${layer}.${name}`)).data);
        expect(at(readouts, step)).toEqual(await state("readout"));
        expect(at(potentials, step)).toEqual(await state("pooledPotential"));
        expect(at(spikes, step)).toEqual(await state("pooledSpikes"));
        const trace = `state.layers.${layer}.membraneTrace`;
        // Recurrent inputs, and traces of other neurons, are tensors of their own.
        if (names.includes(trace) && !specification.layers.some((own) => own.type === "dense" && own.recurrent)) {
          expect(at(traces, step)).toEqual(await state("membraneTrace"));
        }
      }
    }
  });

  it("changes neither results nor the network, while it learns", async () => {
    using network = await Network.create(specification);
    using other = await Network.create(specification);
    for (const samples of [1, 3]) {
      const lesson = { ...batch(samples), target: { classes: [1, 0, 2].slice(0, samples) } };
      const options = { updateEvery: samples, burnIn: 5 };
      const parameters = async () => [
        ...(await network.tensor("layers.0.weight")).data,
        ...(await network.tensor("layers.0.bias")).data,
      ];
      const before = await parameters();
      const { recorded, ...result } = await network.learn(lesson, {
        ...options,
        record: { ...record, gradients: true },
      });
      const { recorded: nothing, ...expected } = await other.learn(lesson, options);
      expect(result).toEqual(expected);
      expect(nothing).toBeNull();
      expect(await digest(network)).toBe(await digest(other));
      const { gradients, spikes } = kinds(recorded?.layers[0]);
      expect(gradients?.shape).toEqual(spikes.shape);
      const learned = (await parameters()).some((value, place) => value !== before[place]);
      expect(gradients?.data.some((value) => value !== 0)).toBe(learned);
      expect(at(gradients as Tensor, 4).every((value) => value === 0)).toBe(true);
    }
  });
});

describe("recorded gradients", () => {
  it.each(["events", "dense", "auto"] as const)("times traces are what weights learn: %s", async (propagation) => {
    using network = await Network.create({ ...base, layers: [one], propagation });
    const before = (await network.tensor("layers.0.weight")).data;
    const lesson = { ...batch(2), target: { classes: [1, 2] } };
    const options = { updateEvery: steps, record: { ...record, gradients: true } };
    const { traces, gradients } = kinds((await network.learn(lesson, options)).recorded?.layers[0]);
    const after = (await network.tensor("layers.0.weight")).data;
    const learned = Array.from({ length: 17 * inputs }, (_, place) => {
      const [unit, input] = [Math.floor(place / inputs), place % inputs];
      let sum = 0;
      for (let row = 0; row < 2 * steps; row++) {
        sum += (gradients?.data[row * 17 + unit] ?? 0) * (traces.data[row * inputs + input] ?? 0);
      }
      return (before[place] ?? 0) - 0.25 * sum;
    });
    expect(Array.from(after, (value) => Math.round(1e5 * value))).toEqual(
      learned.map((value) => expect.closeTo(Math.round(1e5 * value), -0.5)),
    );
    expect(after).not.toEqual(before);
  });

  it("summed over steps and places are what biases of a convolution learn", async () => {
    using network = await Network.create({ ...base, layers: [conv2d({ channels: 5, kernel: 3 })] });
    const before = (await network.tensor("layers.0.bias")).data;
    const options = { updateEvery: steps, record: { gradients: true } };
    const { recorded } = await network.learn({ ...batch(2), target: { classes: [1, 2] } }, options);
    const gradients = recorded?.layers[0]?.gradients;
    expect(gradients?.shape).toEqual([steps, 2, 5, 4, 4]);
    const after = (await network.tensor("layers.0.bias")).data;
    for (const channel of [0, 1, 2, 3, 4]) {
      const own = Array.from(gradients?.data ?? []).filter((_, place) => Math.floor(place / 16) % 5 === channel);
      const sum = own.reduce((total, value) => total + value, 0);
      expect((before[channel] ?? 0) - 0.25 * sum).toBeCloseTo(after[channel] ?? 0, 5);
    }
  });
});

describe("what is recorded", () => {
  it("is of the layers and samples that are named, in their order", async () => {
    using network = await Network.create(specifications["convolutions"] as NetworkSpecification);
    const all = (await network.run(batch(3), { record: { potentials: true } })).recorded;
    const { recorded } = await network.run(batch(3), { record: { layers: [1], samples: [2, 0], potentials: true } });
    expect(recorded?.samples).toEqual([2, 0]);
    expect(recorded?.layers).toHaveLength(1);
    expect(recorded?.layers[0]).toEqual({ layer: 1, potentials: expect.anything() });
    const [some, every] = [recorded?.layers[0]?.potentials as Tensor, all?.layers[1]?.potentials as Tensor];
    expect(some.shape).toEqual([steps, 2, ...every.shape.slice(2)]);
    const row = some.shape.slice(2).reduce((product, axis) => product * axis, 1);
    for (const step of [0, 17, steps - 1]) {
      const of = at(every, step);
      expect(at(some, step)).toEqual([...of.slice(2 * row), ...of.slice(0, row)]);
    }
  });

  it.each([
    [{ layers: [2], spikes: true }, "range", "record.layers[0]: expected 0 to 1, found 2"],
    [{ layers: [1, 1], spikes: true }, "range", "record.layers[1]: expected each once, found 1 again"],
    [{ samples: [], spikes: true }, "shape", "record.samples: expected at least one, found none"],
    [{ samples: [1], spikes: true }, "range", "record.samples[0]: expected 0 to 0, found 1"],
    [{ layers: [0.5], spikes: true }, "range", "record.layers[0]"],
    [{ layers: [0] }, "config", "record: expected true for one of spikes, traces"],
    [{ gradients: true }, "config", "record.gradients: expected a batch that is learned from"],
    [{ spike: true }, "config", "record.spike: unknown option of record; did you mean spikes?"],
  ] as const)("is refused where it cannot be had: %j", async (asked, code, message) => {
    using network = await Network.create(specifications["dense layers"] as NetworkSpecification);
    const before = await digest(network);
    const failed = expect.objectContaining({ code, message: expect.stringContaining(message) });
    await expect(network.run(batch(1), { record: asked as object })).rejects.toEqual(failed);
    expect(await digest(network)).toBe(before);
  });

  it("is refused before any work where there is no memory for it", async () => {
    using network = await Network.create({ ...base, input: { units: 60_000 }, layers: [one] });
    const offsets = new Uint32Array(2 ** 22 + 1);
    const spikes = [{ offsets, indices: new Uint32Array(), counts: new Float32Array() }];
    const failed = expect.objectContaining({ code: "memory", message: expect.stringMatching(/^record: needs /) });
    await expect(network.run({ input: { spikes } }, { record: { traces: true } })).rejects.toEqual(failed);
  });
});
