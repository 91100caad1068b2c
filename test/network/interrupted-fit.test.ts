/** What is left of a training that ended early, and that it goes on from there; an abort is heard while anything is awaited. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Dataset, dense, type FitOptions, lsuv, Network } from "../../src/index.js";
import { digest } from "../determinism/agreed.js";
import { halves } from "./halves.js";

const specification = {
  input: { channels: 2, height: 6, width: 6 },
  layers: [dense({ units: 16 }), dense({ units: 12 })],
  readout: { units: 2, dropout: 0.5 },
  initialization: { type: "uniform", dense: 1 },
} as const;

const train = halves(10);
const test = halves(4);
const epochs = 4;
const options = { epochs, batchSize: 4, burnIn: 5, test, initialization: lsuv({ samples: 4 }) } satisfies FitOptions;

/** Bits and counters of a network that was trained so many epochs and not interrupted; before training without any. */
async function trainedFor(completed: number): Promise<{ bits: string; counters: unknown }> {
  using network = await Network.create(specification);
  if (completed > 0) await network.fit(train, { ...options, epochs: completed });
  return { bits: await digest(network), counters: (await network.describe()).counters };
}

/** A data set that fails at one of its calls, counted from 1. */
function failing(dataset: Dataset, call: number, fail: () => never | Promise<never>): Dataset {
  let calls = 0;
  return { ...dataset, sample: (index) => (++calls === call ? fail() : dataset.sample(index)) };
}

const broken = () => {
  throw new Error("broken");
};
const rejected = () => Promise.reject(new Error("broken"));
/** Fails at the batch, counted over all epochs; there are three of ten recordings. */
const atBatch = (batch: number, fail: () => unknown): NonNullable<FitOptions["onProgress"]> => {
  let batches = 0;
  return ({ phase }) => (phase === "train" && ++batches === batch ? (fail() as undefined) : undefined);
};
const atEpoch =
  (faulty: number, fail: () => unknown): NonNullable<FitOptions["onEpoch"]> =>
  ({ epoch }) =>
    epoch === faulty ? (fail() as undefined) : undefined;

// Four recordings for the initialisation, then ten an epoch.
const faults: ReadonlyArray<[what: string, left: number, options: Partial<FitOptions>, dataset?: () => Dataset]> = [
  ["an error in onEpoch of epoch 3", 3, { onEpoch: atEpoch(3, broken) }],
  ["a rejection of onEpoch of epoch 3", 3, { onEpoch: atEpoch(3, rejected) }],
  ["an error in onEpoch of the last epoch", epochs, { onEpoch: atEpoch(epochs, broken) }],
  ["an error in onProgress within epoch 3", 2, { onProgress: atBatch(8, broken) }],
  ["a rejection of onProgress within epoch 3", 2, { onProgress: atBatch(8, rejected) }],
  ["an error in onProgress during the evaluation of epoch 2", 1, { onProgress: inEvaluation(2) }],
  ["an error in onProgress within the first epoch", 0, { onProgress: atBatch(2, broken) }],
  ["a recording of epoch 3 that fails", 2, {}, () => failing(train, 4 + 25, broken)],
  ["a recording of epoch 3 that is rejected", 2, {}, () => failing(train, 4 + 25, rejected)],
  ["a recording of the first epoch that fails", 0, {}, () => failing(train, 4 + 5, broken)],
  ["a recording of the initialisation that fails", 0, {}, () => failing(train, 2, broken)],
  ["a recording of the second evaluation that fails", 1, { test: failing(test, 4 + 3, broken) }],
];

function inEvaluation(faulty: number): NonNullable<FitOptions["onProgress"]> {
  return ({ phase, epoch }) => (phase === "test" && epoch === faulty ? broken() : undefined);
}

describe("after", () => {
  it.each(faults)("%s, %d epochs are kept, and the training goes on from there", async (_, left, faulty, dataset) => {
    using network = await Network.create(specification);
    await expect(network.fit(dataset?.() ?? train, { ...options, ...faulty })).rejects.toThrow("broken");
    const { bits, counters } = await trainedFor(left);
    expect(await digest(network)).toBe(bits);
    expect((await network.describe()).counters).toEqual(counters);
    if (left === 0) expect(network.training).toBeNull();
    else expect(network.training).toMatchObject({ epoch: left, batch: 0 });
    using restored = await Network.fromBytes(await network.toBytes());
    await restored.fit(train, { ...options, epochs: epochs + 1, resume: true });
    expect(await digest(restored)).toBe((await trainedFor(epochs + 1)).bits);
  });

  it("an error in a part of a training that was resumed, the part before it is kept", async () => {
    using network = await Network.create(specification);
    await network.fit(train, { ...options, epochs: 2 });
    const { bits } = await trainedFor(2);
    const work = network.fit(train, { ...options, resume: true, onProgress: atBatch(2, broken) });
    await expect(work).rejects.toThrow("broken");
    expect(await digest(network)).toBe(bits);
    expect(network.training).toMatchObject({ epoch: 2, batch: 0 });
  });

  it("an error in a new training, the old one is kept", async () => {
    using network = await Network.create(specification);
    await network.fit(train, { ...options, epochs: 2 });
    const { bits } = await trainedFor(2);
    await expect(network.fit(train, { ...options, onProgress: atBatch(2, broken) })).rejects.toThrow("broken");
    expect(await digest(network)).toBe(bits);
    expect(network.training).toMatchObject({ epoch: 2, batch: 0 });
  });
});

describe("a training that is interrupted again and again", () => {
  const place = fc.constantFrom("sample", "progress", "epoch", "test");
  const manner = fc.constantFrom("throw", "reject", "abort", "abort, and never settle");
  type Interruption = { place: string; manner: string; call: number; through: boolean };
  const interruption: fc.Arbitrary<Interruption> = fc.record({
    place,
    manner,
    call: fc.integer({ min: 1, max: 25 }),
    through: fc.boolean(),
  });

  it("ends with the bits of one that was not, through checkpoints or without", async () => {
    using uninterrupted = await Network.create(specification);
    await uninterrupted.fit(train, options);
    const expected = await kept(uninterrupted);
    const property = fc.asyncProperty(fc.array(interruption, { maxLength: 4 }), async (interruptions) => {
      let network = await Network.create(specification);
      try {
        for (const { place, manner, call, through } of interruptions) {
          await interrupted(network, place, manner, call);
          if (!through) continue;
          const restored = await Network.fromBytes(await network.toBytes());
          network.dispose();
          network = restored;
        }
        if (network.training?.epoch === epochs) return;
        await network.fit(train, { ...options, resume: true });
        expect(await kept(network)).toBe(expected);
      } finally {
        network.dispose();
      }
    });
    // Ends in the last evaluation, so that no step of training follows a checkpoint.
    const examples: Array<[Interruption[]]> = [[[{ place: "test", manner: "abort", call: 13, through: true }]]];
    await fc.assert(property, { numRuns: 20, examples });
  });

  /** Bits of what a checkpoint keeps: not of the last step's readouts, nor of gradients that have been applied. */
  async function kept(network: Network): Promise<string> {
    using restored = await Network.fromBytes(await network.toBytes());
    return await digest(restored);
  }

  /** Goes on with the training, and interrupts it at a call from it, counted from 1; it may be done before. */
  async function interrupted(network: Network, place: string, manner: string, call: number): Promise<void> {
    const controller = new AbortController();
    let calls = 0;
    const interrupt = (at: string): Promise<never> | undefined => {
      if (at !== place || ++calls !== call) return undefined;
      if (manner === "throw") throw new Error("broken");
      if (manner === "reject") return rejected();
      if (manner === "abort") return void controller.abort();
      setImmediate(() => controller.abort());
      return never();
    };
    const watched = (dataset: Dataset, at: string): Dataset => ({
      ...dataset,
      sample: (index) => interrupt(at) ?? dataset.sample(index),
    });
    const work = network.fit(watched(train, "sample"), {
      ...options,
      test: watched(test, "test"),
      resume: true,
      signal: controller.signal,
      onProgress: () => interrupt("progress"),
      onEpoch: () => interrupt("epoch"),
    });
    await work.catch((error: unknown) => {
      const broken = (error as Error).message === "broken";
      if (!broken) expect(error).toMatchObject({ code: "aborted" });
    });
  }
});

describe("what onEpoch does to the network", () => {
  it("stays where it then throws", async () => {
    using network = await Network.create(specification);
    const weights = new Float32Array(16 * 72).fill(0.25);
    const onEpoch = async () => {
      await network.setTensor("layers.0.weight", weights);
      throw new Error("broken");
    };
    await expect(network.fit(train, { ...options, onEpoch })).rejects.toThrow("broken");
    expect((await network.tensor("layers.0.weight")).data).toEqual(weights);
    expect(network.training).toMatchObject({ epoch: 1, batch: 0 });
  });

  it("does not change the position, should it be a training of its own", async () => {
    using network = await Network.create(specification);
    const onEpoch = async ({ epoch }: { epoch: number }) => {
      if (epoch === 1) await network.fit(test, { epochs: 3, batchSize: 2 });
    };
    const { epochs: metrics } = await network.fit(train, { ...options, epochs: 2, onEpoch });
    expect(metrics.map(({ epoch }) => epoch)).toEqual([1, 2]);
    expect(network.training).toMatchObject({ epoch: 2, batch: 0, recipe: { dataset: train.name, batchSize: 4 } });
  });
});

/** Never settles. */
const never = () => new Promise<never>(() => undefined);

describe("an abort is heard", () => {
  type Work = (network: Network, signal: AbortSignal, waiting: () => void) => Promise<unknown>;
  /** Waits for ever at a call, and tells that it does. */
  const stuck = (dataset: Dataset, call: number, waiting: () => void): Dataset =>
    failing(dataset, call, () => {
      waiting();
      return never();
    });
  const wait = (waiting: () => void) => () => {
    waiting();
    return never();
  };
  const works: ReadonlyArray<[string, Work]> = [
    [
      "while fit waits for a recording",
      (network, signal, waiting) => network.fit(stuck(train, 4 + 15, waiting), { ...options, signal }),
    ],
    [
      "while fit waits for a recording of its initialisation",
      (network, signal, waiting) => network.fit(stuck(train, 2, waiting), { ...options, signal }),
    ],
    [
      "while fit waits for a recording of its evaluation",
      (network, signal, waiting) => network.fit(train, { ...options, test: stuck(test, 2, waiting), signal }),
    ],
    [
      "while fit waits for onEpoch",
      (network, signal, waiting) => network.fit(train, { ...options, signal, onEpoch: wait(waiting) }),
    ],
    [
      "while fit waits for onProgress",
      (network, signal, waiting) => network.fit(train, { ...options, signal, onProgress: wait(waiting) }),
    ],
    [
      "while evaluate waits for a recording",
      (network, signal, waiting) => network.evaluate(stuck(train, 5, waiting), { batchSize: 4, signal }),
    ],
    [
      "while evaluate waits for onProgress",
      (network, signal, waiting) => network.evaluate(train, { batchSize: 4, signal, onProgress: wait(waiting) }),
    ],
  ];

  it.each(works)("%s for ever", async (_, begin) => {
    using network = await Network.create(specification);
    const controller = new AbortController();
    const reason = new Error("enough");
    const work = begin(network, controller.signal, () => setImmediate(() => controller.abort(reason)));
    await expect(work).rejects.toMatchObject({ code: "aborted", cause: reason });
    // And the network is free for other work.
    await network.evaluate(test);
  });

  it("before a data set is asked for anything", async () => {
    using network = await Network.create(specification);
    const dataset = failing(train, 1, broken);
    const signal = AbortSignal.abort();
    await expect(network.fit(dataset, { ...options, signal })).rejects.toMatchObject({ code: "aborted" });
    await expect(network.evaluate(dataset, { signal })).rejects.toMatchObject({ code: "aborted" });
  });

  it("while onEpoch has the network evaluate, which goes on and keeps it busy until it ends", async () => {
    using network = await Network.create(specification);
    const controller = new AbortController();
    let evaluation: Promise<unknown> | undefined;
    let settle: (() => void) | undefined;
    const asked = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const slow: Dataset = {
      ...test,
      sample: async (index) => {
        await asked;
        return test.sample(index);
      },
    };
    const onEpoch = () => {
      evaluation = network.evaluate(slow);
      setImmediate(() => controller.abort());
      return evaluation.then(() => undefined);
    };
    const work = network.fit(train, { ...options, signal: controller.signal, onEpoch });
    await expect(work).rejects.toMatchObject({ code: "aborted" });
    await expect(network.reset()).rejects.toThrow(expect.objectContaining({ code: "busy" }));
    settle?.();
    await evaluation;
    expect(await digest(network)).toBe((await trainedFor(1)).bits);
    await network.reset();
  });
});
