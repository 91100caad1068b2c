/** Networks at the language border: who may call when, what a call after the end says, what the arguments may be. */
import { beforeAll, describe, expect, it } from "vitest";
import type { BatchHandle, Binding, NetworkHandle } from "../../src/backend/contract.js";
import { selectBackend } from "../../src/backend/select.js";

const specification = JSON.stringify({
  input: { units: 64 },
  layers: [{ type: "dense", units: 256 }],
  readout: { units: 2 },
  cost: { type: "smoothL1" },
  optimizer: { type: "sgd", learningRate: 0.001 },
  seed: 1,
});

let binding: Binding;
let kind: string;
let started: () => Promise<void>;
beforeAll(async () => {
  const backend = await selectBackend();
  ({ kind, started } = backend);
  // In Node every backend is on this thread, and answers at once.
  binding = backend.binding as Binding;
});
/** Threads of networks that are to have several; WebAssembly's flavour for one has no more. */
const threads = Number(process.env["DECOLLE_THREADS"] ?? 2);

/** A batch of one sample of empty time steps. */
function silence(steps: number): BatchHandle {
  const batch = new binding.Batch(64, 1, 2, 1, steps);
  batch.putSpikes("batch", 0, new Uint32Array(steps + 1), new Uint32Array(), new Float32Array());
  return batch;
}

/** Begins a batch of empty time steps on one sample. */
function begin(network: NetworkHandle, steps: number): void {
  const batch = silence(steps);
  network.begin(batch, "{}");
  batch.dispose();
}

async function finished(network: NetworkHandle) {
  while (!(await network.advance()));
  return network.finish();
}

/** Steps that take several times the tenth of a second after which a batch gives the event loop its turn. */
const longBatch = 4_000_000;
const nothing = () => new Float32Array();

describe("a network", () => {
  it("works through a batch", async () => {
    const network = new binding.Network(specification, 1);
    begin(network, 3);
    const outcome = await finished(network);
    expect(JSON.parse(outcome.summary)).toHaveProperty("layers");
    expect(outcome.votes).toBeInstanceOf(Uint32Array);
    expect(outcome.predictions).toBeInstanceOf(Uint32Array);
    expect(outcome.recorded).toBeInstanceOf(Float32Array);
    network.dispose();
  });

  it("does not see what happens to an array after the call", async () => {
    const network = new binding.Network(specification, 1);
    const [name = ""] = network.tensorNames();
    const { shape, data } = network.tensor(name);
    expect(shape).toBeInstanceOf(Uint32Array);
    expect(shape.reduce((product, length) => product * length, 1)).toBe(data.length);
    const given = Float32Array.from(data, (_, index) => index % 7);
    network.setTensor(name, given);
    given.fill(1e9);
    const back = network.tensor(name).data;
    expect(back).toEqual(Float32Array.from(data, (_, index) => index % 7));
    back.fill(1e9);
    expect(network.tensor(name).data[1]).toBe(1);
    network.dispose();
  });

  it("says `disposed` to every call after dispose, and takes a second dispose", async () => {
    const network = new binding.Network(specification, 1);
    const checkpoint = network.checkpoint("{}");
    network.dispose();
    network.dispose();
    network.interrupt();
    const calls: Array<() => unknown> = [
      () => network.restore(checkpoint),
      () => network.checkpoint("{}"),
      () => network.describe(),
      () => begin(network, 1),
      () => network.finish(),
      () => network.cancel(),
      () => network.reset(),
      () => network.setEpoch(0),
      () => network.tensorNames(),
      () => network.tensor("layers.0.weight"),
      () => network.setTensor("layers.0.weight", nothing()),
      () => network.advance(),
    ];
    for (const call of calls) expect(call).toThrow(expect.objectContaining({ name: "DecolleError", code: "disposed" }));
  });

  it.each<[string, string, (network: NetworkHandle) => unknown]>([
    ["range", "an epoch with a fraction", (network) => network.setEpoch(0.5)],
    ["range", "an epoch below zero", (network) => network.setEpoch(-1)],
    ["config", "an unknown option", (network) => network.begin(silence(1), '{"stride":2}')],
    ["config", "a batch that is none", (network) => network.begin({} as BatchHandle, "{}")],
    ["shape", "a batch for another network", (network) => network.begin(new binding.Batch(3, 1, 2, 0, 1), "{}")],
    ["shape", "a batch that is not whole", (network) => network.begin(new binding.Batch(64, 1, 2, 1, 1), "{}")],
  ])("answers `%s` to %s", (code, _, call) => {
    const network = new binding.Network(specification, 1);
    expect(() => call(network)).toThrow(expect.objectContaining({ name: "DecolleError", code }));
    network.dispose();
  });

  it.each([0, -1, 1.5, 257, Number.NaN])("refuses %d threads", (threads) => {
    expect(() => new binding.Network(specification, threads)).toThrow(expect.objectContaining({ code: "range" }));
  });

  it("is not built from a specification or a checkpoint that is none", () => {
    expect(() => new binding.Network("nonsense", 1)).toThrow(expect.objectContaining({ code: "config" }));
    expect(() => binding.Network.fromCheckpoint(new Uint8Array(), 1)).toThrow(
      expect.objectContaining({ code: "checkpoint" }),
    );
  });
});

describe("a batch", () => {
  const nan = Number.NaN;

  it.each<[string, string, (batch: BatchHandle) => void]>([
    ["range", "a class with a fraction", (batch) => batch.setClasses(Float64Array.of(0.5))],
    ["range", "a class that there is not", (batch) => batch.setClasses(Float64Array.of(2))],
    ["not-finite", "a class that is no number", (batch) => batch.setClasses(Float64Array.of(nan))],
    ["shape", "values of another number", (batch) => batch.setValues(Float32Array.of(1), false, false)],
    ["range", "a sample that there is not", (batch) => batch.appendCounts("input", 1, new Float32Array(64), true)],
    ["shape", "half a step", (batch) => batch.appendCounts("input", 0, new Float32Array(32), true)],
    [
      "shape",
      "columns of different lengths",
      (batch) => batch.putTrain("train", 0, Float64Array.of(1), new Uint32Array(), binning),
    ],
  ])("answers `%s` to %s, and is as before", (code, _, call) => {
    const batch = silence(1);
    const bytes = batch.bytes();
    expect(() => call(batch)).toThrow(expect.objectContaining({ name: "DecolleError", code }));
    expect(batch.bytes()).toBe(bytes);
    const network = new binding.Network(specification, 1);
    network.begin(batch, "{}");
    batch.dispose();
    network.dispose();
  });

  const binning = JSON.stringify({ width: 1, height: 1, timeStep: 10, steps: 1 });

  it("takes nothing while a network works on it, and nothing after its end", () => {
    const batch = silence(1);
    const network = new binding.Network(specification, 1);
    network.begin(batch, "{}");
    const change = () => batch.setClasses(Float64Array.of(1));
    expect(change).toThrow(expect.objectContaining({ code: "busy" }));
    network.cancel();
    change();
    batch.dispose();
    batch.dispose();
    expect(batch.bytes()).toBe(0);
    expect(change).toThrow(expect.objectContaining({ name: "DecolleError", code: "disposed" }));
    expect(() => network.begin(batch, "{}")).toThrow(expect.objectContaining({ code: "disposed" }));
    network.dispose();
  });

  it("may be worked on again and again", async () => {
    const network = new binding.Network(specification, 1);
    const batch = new binding.Batch(64, 1, 2, 1, 2);
    batch.appendCounts("input", 0, new Float32Array(128).fill(1), true);
    batch.setClasses(Float64Array.of(1));
    const votes = [];
    for (let turn = 0; turn < 2; turn++) {
      network.begin(batch, "{}");
      votes.push((await finished(network)).votes);
    }
    expect(votes[1]).toEqual(votes[0]);
    network.dispose();
  });
});

describe("a long batch", () => {
  it("gives the event loop its turn", async () => {
    const network = new binding.Network(specification, 1);
    begin(network, longBatch);
    expect(await network.advance()).toBe(false);
    network.cancel();
    network.dispose();
  });

  it("is refused a second call while it runs off the event loop", async ({ skip }) => {
    skip(kind === "wasm", "WebAssembly works on the calling thread: nothing can be called meanwhile");
    const network = new binding.Network(specification, 2);
    begin(network, longBatch);
    const running = network.advance();
    for (const call of [() => network.describe(), () => network.advance(), () => network.cancel()]) {
      expect(call).toThrow(expect.objectContaining({ name: "DecolleError", code: "busy" }));
    }
    network.interrupt();
    expect(await running).toBe(false);
    network.cancel();
    expect(JSON.parse(network.describe())).toBeTypeOf("object");
    network.dispose();
  });

  it("ends with `disposed` when it is disposed of in the middle", async ({ skip }) => {
    skip(kind === "wasm", "WebAssembly works on the calling thread: nothing can be called meanwhile");
    const network = new binding.Network(specification, 2);
    begin(network, longBatch);
    const running = network.advance();
    network.dispose();
    expect(() => network.describe()).toThrow(expect.objectContaining({ code: "disposed" }));
    // It may have stopped at the end of its chunk, or not have started it.
    const ended = await Promise.resolve(running).catch((error: unknown) => error);
    if (ended !== false) expect(ended).toMatchObject({ name: "DecolleError", code: "disposed" });
    await expect(async () => network.advance()).rejects.toMatchObject({ code: "disposed" });
  });

  it("runs beside others", async () => {
    const networks = Array.from({ length: 6 }, () => new binding.Network(specification, threads));
    await started();
    for (const network of networks) begin(network, 50);
    const outcomes = await Promise.all(networks.map(finished));
    expect(outcomes.map(({ votes }) => votes)).toEqual(outcomes.map(() => outcomes[0]?.votes));
    for (const network of networks) network.dispose();
  });
});

describe("a permutation", () => {
  it("is the same on every backend", () => {
    expect([...binding.permutation(1, "shuffle", 8)].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(binding.permutation(1, "shuffle", 8)).toEqual(binding.permutation(1, "shuffle", 8));
  });

  it.each([
    [-1, 5],
    [0.5, 5],
    [1, -1],
    [1, 1e9],
    [1, 2.5],
  ])("refuses seed %d with length %d", (seed, length) => {
    expect(() => binding.permutation(seed, "shuffle", length)).toThrow(expect.objectContaining({ code: "range" }));
  });
});
