/** Networks at the language border: who may call when, what a call after the end says, what the arguments may be. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Binding, NetworkHandle } from "../../src/backend/contract.js";
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
  ({ binding, kind, started } = await selectBackend());
});
/** Threads of networks that are to have several; WebAssembly's flavour for one has no more. */
const threads = Number(process.env["DECOLLE_THREADS"] ?? 2);

/** Begins a batch of empty time steps on one sample. */
function begin(network: NetworkHandle, steps: number): void {
  const offsets = new Uint32Array(steps + 1);
  const options = JSON.stringify({ samples: 1, steps });
  network.begin(offsets, new Uint32Array(), new Float32Array(), "none", new Float32Array(), options);
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
    expect(outcome.readout).toBeInstanceOf(Float32Array);
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
    [
      "config",
      "another kind of target",
      (network) =>
        network.begin(
          new Uint32Array(2),
          new Uint32Array(),
          nothing(),
          "class" as "classes",
          nothing(),
          '{"samples":1,"steps":1}',
        ),
    ],
    [
      "range",
      "a class with a fraction",
      (network) =>
        network.begin(
          new Uint32Array(2),
          new Uint32Array(),
          nothing(),
          "classes",
          Float32Array.of(0.5),
          '{"samples":1,"steps":1}',
        ),
    ],
    [
      "not-finite",
      "a class that is no number",
      (network) =>
        network.begin(
          new Uint32Array(2),
          new Uint32Array(),
          nothing(),
          "classes",
          Float32Array.of(Number.NaN),
          '{"samples":1,"steps":1}',
        ),
    ],
    [
      "shape",
      "numbers with no target",
      (network) =>
        network.begin(
          new Uint32Array(2),
          new Uint32Array(),
          nothing(),
          "none",
          Float32Array.of(1),
          '{"samples":1,"steps":1}',
        ),
    ],
    [
      "config",
      "an unknown option",
      (network) =>
        network.begin(
          new Uint32Array(2),
          new Uint32Array(),
          nothing(),
          "none",
          nothing(),
          '{"samples":1,"steps":1,"stride":2}',
        ),
    ],
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
