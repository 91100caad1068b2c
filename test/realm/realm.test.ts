/**
 * Runs in a realm of its own (`pool: "vmThreads"`, as Jest and jsdom do it): arrays and errors of the native addon, and of
 * what is made outside, are no `instanceof` of this file's.
 */
import { runInThisContext } from "node:vm";
import { describe, expect, it } from "vitest";
import {
  adaMax,
  DecolleError,
  dense,
  events,
  type LearnBatch,
  lif,
  Network,
  rule,
  smoothL1,
} from "../../dist/index.js";

const specification = {
  input: { channels: 2, height: 4, width: 4 },
  layers: [dense({ units: 8 })],
  readout: { units: 2 },
  optimizer: adaMax({ learningRate: 1e-2 }),
};

/** Globals of Node's own realm, where this file has others. */
const outside = runInThisContext(
  "({ Uint16Array, Uint8Array, Float64Array, Float32Array, Error, AbortController })",
) as {
  Uint16Array: Uint16ArrayConstructor;
  Uint8Array: Uint8ArrayConstructor;
  Float64Array: Float64ArrayConstructor;
  Float32Array: Float32ArrayConstructor;
  Error: ErrorConstructor;
  AbortController: typeof AbortController;
};

type Arrays = Pick<typeof outside, "Uint16Array" | "Uint8Array" | "Float64Array">;
const own = (arrays: Arrays) => ({
  x: arrays.Uint16Array.of(0, 1, 2, 3),
  y: arrays.Uint16Array.of(3, 2, 1, 0),
  p: arrays.Uint8Array.of(0, 1, 0, 1),
  t: arrays.Float64Array.of(0, 1000, 2000, 3000),
});
const batch = (arrays: Arrays): LearnBatch => ({
  input: { events: [own(arrays)], steps: 4 },
  target: { classes: [1] },
});

it("this file has globals of its own", () => {
  expect(new outside.Float32Array(1) instanceof Float32Array).toBe(false);
  expect(new outside.Error("") instanceof Error).toBe(false);
});

describe.each(["native", "wasm"] as const)("in a realm of its own, the %s build", (backend) => {
  const choice = { backend, threads: 1 };

  it("learns from arrays of this realm and of another, to the same bits", async () => {
    using here = await Network.create(specification, choice);
    using there = await Network.create(specification, choice);
    await here.learn(batch({ Uint16Array, Uint8Array, Float64Array }));
    await there.learn(batch(outside));
    expect(Array.from(await here.toBytes())).toEqual(Array.from(await there.toBytes()));
  });

  it("overwrites tensors by arrays of another realm, and reads checkpoints from bytes of another", async () => {
    using network = await Network.create(specification, choice);
    await network.setTensor("layers.0.bias", new outside.Float32Array(8).fill(0.5));
    expect(Array.from((await network.tensor("layers.0.bias")).data)).toEqual(new Array(8).fill(0.5));
    using again = await Network.fromBytes(outside.Uint8Array.from(await network.toBytes()), choice);
    expect(Array.from(await again.toBytes())).toEqual(Array.from(await network.toBytes()));
  });

  it("reads specifications that were made in another realm", async () => {
    const foreign = runInThisContext(`(${JSON.stringify(specification)})`) as typeof specification;
    using network = await Network.create(foreign, choice);
    expect((await network.describe()).inputSize).toBe(32);
  });

  it("gives errors of the core their code", async () => {
    using network = await Network.create(specification, choice);
    const refused = network.learn({ input: batch(outside).input, target: { classes: [7] } });
    const error = await refused.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(DecolleError.is(error)).toBe(true);
    expect(error).toMatchObject({ code: "range", message: expect.stringContaining("target[0]") });
    await expect(rule(lif({ alpha: 2 }), smoothL1(), choice)).rejects.toMatchObject({ code: "range" });
  });

  it("reads recordings from bytes of this realm and of another, and writes events of another", async () => {
    const options = { backend, format: "nmnist" } as const;
    const bytes = [1, 2, 0, 0, 9, 3, 4, 128, 0, 12];
    const here = await events.load(Uint8Array.from(bytes), options);
    expect(Array.from(here.events.t)).toEqual([9, 12]);
    expect(await events.load(outside.Uint8Array.from(bytes), options)).toEqual(here);
    const { x, y, p, t } = here.events;
    const foreign = {
      x: outside.Uint16Array.from(x),
      y: outside.Uint16Array.from(y),
      p: outside.Uint8Array.from(p),
      t: outside.Float64Array.from(t),
    };
    expect(Array.from(await events.encode(foreign, { ...options, sensor: { width: 34, height: 34 } }))).toEqual(bytes);
    await expect(events.load(outside.Uint8Array.of(1), options)).rejects.toMatchObject({ code: "format" });
  });

  it("hears the signal of another realm's controller", async () => {
    using network = await Network.create(specification, choice);
    const controller = new outside.AbortController();
    controller.abort(new outside.Error("enough"));
    const refused = network.run(batch(outside), { signal: controller.signal });
    await expect(refused).rejects.toMatchObject({ code: "aborted", cause: { message: "enough" } });
  });
});
