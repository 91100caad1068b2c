/**
 * A core of WebAssembly that broke is never entered again: what was made in it says so and why, what is made afterwards is
 * made in a fresh one, and its memory is given back.
 *
 * It is made to panic by a trick that needs no function of its own: Rust trusts that a plain object takes any field.
 */
import { setTimeout as wait } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, it, vi } from "vitest";
import { selectRecordings } from "../../src/backend/select.js";
import {
  type DecolleError,
  events as decolleEvents,
  Network,
  type NetworkSpecification,
  rule,
  syntheticStream,
} from "../../src/index.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const specification: NetworkSpecification = {
  input: { units: 16 },
  layers: [{ type: "dense", units: 8 }],
  readout: { units: 2 },
  seed: 1,
};
const batch = {
  input: { counts: new Uint8Array(2 * 5 * 16).fill(1), samples: 2, steps: 5 },
  target: { classes: [0, 1] },
};
const weight = "layers.0.weight";
/** How often a module breaks in a row; with threads each has workers of its own to start. */
const times = process.env["DECOLLE_THREADS"] === "1" ? 130 : 10;

afterEach(() => {
  vi.restoreAllMocks();
});

/** Makes the core panic in the middle of a call. */
function panicking(): void {
  vi.spyOn(Reflect, "set").mockImplementation(() => {
    throw new Error("no field for anybody");
  });
}

/** The error of a call that panics. */
async function panicIn(call: () => unknown): Promise<DecolleError> {
  panicking();
  try {
    await call();
  } catch (error) {
    return error as DecolleError;
  } finally {
    vi.restoreAllMocks();
  }
  throw new Error("it did not panic");
}

const broken = {
  name: "DecolleError",
  code: "backend",
  message: expect.stringContaining("a plain object takes any field"),
};

describe.skipIf(process.env["DECOLLE_BACKEND"] === "native")("after a panic in WebAssembly", () => {
  it("the call, and every later call on every network of the module, says so with the first cause", async () => {
    const [network, other] = [await Network.create(specification), await Network.create(specification)];
    const stream = network.stream({ sensor: { width: 4, height: 2 } });
    expect(await panicIn(() => network.tensor(weight))).toMatchObject(broken);
    const calls: ReadonlyArray<(one: Network) => unknown> = [
      (one) => one.learn(batch),
      (one) => one.run(batch),
      (one) => one.describe(),
      (one) => one.tensors(),
      (one) => one.tensor(weight),
      (one) => one.setTensor(weight, new Float32Array(16 * 8)),
      (one) => one.reset(),
      (one) => one.setEpoch(1),
      (one) => one.toBytes(),
    ];
    for (const one of [network, other]) {
      for (const call of calls) await expect((async () => call(one))()).rejects.toMatchObject(broken);
    }
    const events = { x: Uint16Array.of(1), y: Uint16Array.of(1), p: Uint8Array.of(1), t: Float64Array.of(9) };
    await expect(stream.push(events, { until: 100_000 })).rejects.toMatchObject(broken);
  });

  it("a panic in the middle of a batch is a fault, and leaves no network busy", async () => {
    const network = await Network.create(specification);
    expect(await panicIn(() => network.learn(batch))).toMatchObject(broken);
    await expect(network.learn(batch)).rejects.toMatchObject(broken);
  });

  it("networks are disposed of without a word, and are disposed of then", async () => {
    const network = await Network.create(specification);
    await panicIn(() => network.tensor(weight));
    network.dispose();
    network.dispose();
    await expect(network.describe()).rejects.toThrow(expect.objectContaining({ code: "disposed" }));
  });

  it("new networks are made in a fresh module and give the same bits", async () => {
    const before = await Network.create(specification);
    const checkpoint = await before.toBytes();
    await before.learn(batch);
    const { data } = await before.tensor(weight);
    for (let time = 0; time < 3; time++) {
      await panicIn(() => before.tensor(weight)).catch(() => {});
      using created = await Network.create(specification);
      using loaded = await Network.fromBytes(checkpoint);
      for (const network of [created, loaded]) {
        await network.learn(batch);
        expect((await network.tensor(weight)).data).toEqual(data);
      }
      await panicIn(() => created.tensor(weight));
    }
  });

  it("what needs no network works at once, through bindings that were there before", async () => {
    const recordings = await selectRecordings();
    const text = JSON.stringify({ seed: 1, width: 8, height: 8, duration: 10_000, split: "train", index: 0 });
    const { events } = recordings.synthesize(text);
    expect(await panicIn(() => recordings.synthesize(text))).toMatchObject(broken);
    expect(recordings.synthesize(text).events).toEqual(events);
    expect(await rule({ type: "lif" }, { type: "smoothL1" })).toMatchObject({ neuron: "lif" });
  });

  it("a camera that was open says so, and a new one opens", async () => {
    const camera = syntheticStream(10_000, { seed: 1 });
    const first = (await camera.next()).value;
    expect(await panicIn(() => camera.next())).toMatchObject(broken);
    expect((await syntheticStream(10_000, { seed: 1 }).next()).value).toEqual(first);
  });

  it("a file that was being read says so, and reading begins anew", async () => {
    const recordings = await selectRecordings();
    const reader = new recordings.Reader("nmnist", "refuse", 2, false);
    reader.give(Uint8Array.of(1, 2, 0, 0, 9));
    expect(await panicIn(() => reader.next())).toMatchObject(broken);
    expect(() => reader.describe()).toThrow(expect.objectContaining(broken));
    reader.dispose();
    const { events } = await decolleEvents.load(Uint8Array.of(1, 2, 0, 0, 9), { format: "nmnist" });
    expect(Array.from(events.t)).toEqual([9]);
  });

  it("networks outlive the module of recordings, and recordings that of networks", async () => {
    using network = await Network.create(specification);
    const recordings = await selectRecordings();
    const reader = new recordings.Reader("nmnist", "refuse", 2, false);
    await panicIn(() => recordings.synthesize(JSON.stringify({ seed: 1, width: 8, height: 8, duration: 1000 })));
    expect(() => reader.finish()).toThrow(expect.objectContaining(broken));
    await network.learn(batch);
    const next = new recordings.Reader("nmnist", "refuse", 2, false);
    await panicIn(() => network.tensor(weight));
    next.finish();
    expect(next.next().t).toHaveLength(0);
  });

  it("what a network refuses breaks nothing", async () => {
    using network = await Network.create(specification);
    await expect(network.tensor("none")).rejects.toThrow(expect.objectContaining({ code: "config" }));
    await expect(network.setTensor(weight, new Float32Array(3))).rejects.toThrow(
      expect.objectContaining({ code: "shape" }),
    );
    await network.learn(batch);
  });

  it("modules break again and again without harm, though their networks are kept or forgotten", async () => {
    const uncaught = vi.fn();
    process.on("uncaughtException", uncaught);
    const kept: Network[] = [];
    collect();
    const start = process.memoryUsage().external;
    for (let time = 0; time < times; time++) {
      const network = await Network.create({ ...specification, layers: [{ type: "dense", units: 5000 }] });
      if (time % 2 === 0) kept.push(network);
      await panicIn(() => network.tensor(weight));
    }
    for (let turn = 0; turn < 20; turn++) {
      collect();
      await wait(10);
    }
    process.off("uncaughtException", uncaught);
    expect(uncaught).not.toHaveBeenCalled();
    // A module with such a network has more than two megabytes.
    expect(process.memoryUsage().external - start).toBeLessThan(100 * 2 ** 20);
    for (const network of kept) await expect(network.describe()).rejects.toThrow(expect.objectContaining(broken));
  });
});
