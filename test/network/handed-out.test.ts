/** What a network hands out cannot be changed, and what is undefined is as if it were not there. */
import { describe, expect, it } from "vitest";
import {
  conv2d,
  datasets,
  dense,
  events,
  type FileBytes,
  lif,
  Network,
  type NetworkSpecification,
  presets,
  Reservoir,
  sgd,
} from "../../src/index.js";
import { digest } from "../determinism/agreed.js";

const specification: NetworkSpecification = {
  input: { channels: 2, height: 8, width: 8 },
  layers: [conv2d({ channels: 2, kernel: 3 }), dense({ units: 4 })],
  readout: { units: 12 },
  neuron: lif({ alpha: 0.9 }),
  optimizer: sgd({ learningRate: 0.1 }),
};

/** Whether something and all it holds is frozen; typed arrays cannot be. */
function isFrozen(value: unknown): boolean {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return true;
  return Object.isFrozen(value) && Object.values(value).every(isFrozen);
}

describe("what is handed out is frozen to its last field", () => {
  it("the specification and the description of a network", async () => {
    using network = await Network.create(specification);
    expect(isFrozen(network.specification)).toBe(true);
    expect(isFrozen((await network.describe()).layers)).toBe(true);
    const { optimizer } = network.specification as { optimizer: { learningRate: number } };
    expect(() => {
      optimizer.learningRate = 0.9;
    }).toThrow(TypeError);
    expect(network.specification.optimizer?.learningRate).toBe(0.1);
  });

  it("the position of a training, which holds no object of the caller's", async () => {
    using network = await Network.create(specification);
    const { train } = await datasets.synthetic({ width: 16, height: 16, train: 4, test: 1, duration: 4000 });
    const transform = { downsample: 2 };
    await network.fit(train, { epochs: 1, transform });
    transform.downsample = 3;
    expect(network.training?.recipe.transform).toEqual({ downsample: 2 });
    expect(isFrozen(network.training)).toBe(true);
    using again = await Network.fromBytes(await network.toBytes());
    expect(isFrozen(again.training)).toBe(true);
  });

  it("presets, which all networks share", () => {
    expect(isFrozen(presets)).toBe(true);
  });

  it("not the caller's own specification", async () => {
    const own = structuredClone(specification);
    using _ = await Network.create(own);
    expect(Object.isFrozen(own)).toBe(false);
    expect(Object.isFrozen(own.layers)).toBe(false);
  });
});

describe("a field that is undefined is as if it were not there", () => {
  /** The same object with undefined for fields that it does not have, as programs in JavaScript make it. */
  const padded = <Given extends object>(given: Given, ...names: string[]): Given => ({
    ...given,
    ...Object.fromEntries(names.map((name) => [name, undefined])),
  });

  it("in specifications, layers, neurons and optimisers", async () => {
    const rest = ["timeStep", "cost", "regularizer", "initialization", "propagation", "errorTrigger", "seed"];
    const layers = [
      padded(conv2d({ channels: 2, kernel: 3 }), "padding", "pool", "neuron", "cost", "readoutScale"),
      padded(dense({ units: 4 }), "neuron", "regularizer", "propagation"),
    ];
    const whole = {
      ...padded(specification, ...rest),
      layers,
      readout: padded({ units: 12 }, "scale", "bias", "dropout", "feedback"),
      neuron: padded(lif({ alpha: 0.9 }), "beta", "gamma", "rho", "surrogate"),
      optimizer: padded(sgd({ learningRate: 0.1 }), "momentum", "drop"),
    };
    using plain = await Network.create(specification);
    using full = await Network.create(whole, padded({}, "backend", "threads"));
    expect(await digest(full)).toBe(await digest(plain));
    expect(full.specification).toEqual(plain.specification);
  });

  it("in options, batches and data sets", async () => {
    using plain = await Network.create(specification);
    using full = await Network.create(specification);
    const own = { train: 4, test: 1, width: 8, height: 8, duration: 4000 };
    const { train } = await datasets.synthetic(own);
    const same = await datasets.synthetic(padded(own, "seed", "backend", "threads"));
    await plain.fit(train, { epochs: 1 });
    const fields = ["batchSize", "steps", "testSteps", "burnIn", "updateEvery", "seed", "transform", "test", "signal"];
    await full.fit(same.train, padded({ epochs: 1 }, ...fields, "initialization", "resume", "onProgress", "onEpoch"));
    const { events } = await train.sample(0);
    const target = { classes: [3] };
    await plain.learn({ input: { events: [events], steps: 4 }, target });
    await full.learn(
      {
        input: padded({ events: [events], steps: 4 }, "sensor", "transform", "spikes", "counts"),
        target: padded(target, "values"),
      },
      padded({}, "burnIn", "keepState", "updateEvery", "flushGradient", "signal", "record"),
    );
    expect(await digest(full)).toBe(await digest(plain));
  });
});

describe("the bytes of a file that is made here are the caller's own", () => {
  /** `Blob` takes no view of shared memory. */
  async function expectOwn(bytes: FileBytes): Promise<void> {
    expect(Object.prototype.toString.call(bytes.buffer)).toBe("[object ArrayBuffer]");
    expect(new Uint8Array(await new Blob([bytes]).arrayBuffer())).toEqual(bytes);
  }

  it("those of a network, which stays as it is when they are changed", async () => {
    using network = await Network.create(specification);
    const bytes = await network.toBytes();
    await expectOwn(bytes);
    const before = bytes.slice();
    bytes.fill(0);
    expect(await network.toBytes()).toEqual(before);
  });

  it("those of a memory and of a recording", async () => {
    const memory = new Reservoir({ bytes: 4096 });
    const { train } = await datasets.synthetic({ width: 8, height: 8, train: 1, test: 1, duration: 4000 });
    const { events: columns } = await train.sample(0);
    memory.add(columns, 0);
    await expectOwn(memory.toBytes());
    await expectOwn(await events.encode(columns, { format: "es", sensor: { width: 8, height: 8 } }));
    for await (const piece of events.write([columns], { format: "evt2", sensor: { width: 8, height: 8 } }))
      await expectOwn(piece);
  });
});

describe("events into a network with one channel", () => {
  it("are refused at every way in, whatever their polarity", async () => {
    using network = await Network.create({ ...specification, input: { channels: 1, height: 8, width: 8 } });
    const off = { x: Uint16Array.of(1), y: Uint16Array.of(1), p: Uint8Array.of(0), t: Float64Array.of(0) };
    const refused = { code: "shape", message: expect.stringContaining("takes 1×8×8 inputs") };
    const input = { events: [off], steps: 1 };
    await expect(network.run({ input })).rejects.toMatchObject(refused);
    await expect(network.learn({ input, target: { classes: [0] } })).rejects.toMatchObject(refused);
    const { train } = await datasets.synthetic({ width: 8, height: 8, train: 2, test: 1 });
    await expect(network.fit(train, { epochs: 1 })).rejects.toMatchObject(refused);
    await expect(network.evaluate(train)).rejects.toMatchObject(refused);
    expect(() => network.stream()).toThrow(expect.objectContaining(refused));
  });

  it("are taken where a network has as many units as the sensor gives", async () => {
    using network = await Network.create({
      input: { units: 128 },
      layers: [dense({ units: 4 })],
      readout: { units: 12 },
    });
    const { train } = await datasets.synthetic({ width: 8, height: 8, train: 2, test: 1, duration: 4000 });
    await expect(network.evaluate(train)).resolves.toMatchObject({ samples: 2 });
  });
});
