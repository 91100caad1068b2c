/** Descent whose weights are averaged: what learns goes its own way, what only runs does so with the average. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  adaGrad,
  averaged,
  type BatchResult,
  conv2d,
  dense,
  lsuv,
  Network,
  type NetworkSpecification,
  sgd,
} from "../../src/index.js";
import { digest } from "../determinism/agreed.js";

const specification = {
  input: { channels: 2, height: 6, width: 6 },
  layers: [conv2d({ channels: 4, kernel: 3, padding: 1, pool: 2 }), dense({ units: 12 })],
  readout: { units: 3, dropout: 0.25 },
  initialization: { type: "uniform", dense: 2, conv: 2 },
} as const satisfies NetworkSpecification;

const steps = 24;

/** A batch of one sample, the same for the same number. */
function batch(number: number) {
  const length = steps * 72;
  const data = Float32Array.from({ length }, (_, place) => (((place + 31 * number) * 7919) % 11 === 0 ? 1 : 0));
  return { input: { samples: 1, steps, counts: data }, target: { classes: [number % 3] } };
}

/** A network that has learned from so many batches. */
async function learned(optimizer: NonNullable<NetworkSpecification["optimizer"]>, batches: number, updateEvery = 4) {
  const network = await Network.create({ ...specification, optimizer });
  for (let number = 0; number < batches; number++) await network.learn(batch(number), { updateEvery });
  return network;
}

/** Weights and biases of all layers, or another tensor for each of them. */
async function parameters(network: Network, name = (tensor: string) => tensor): Promise<Float32Array[]> {
  const names = (await network.tensors()).filter((tensor) => /^layers\.\d\.(weight|bias)$/.test(tensor));
  return await Promise.all(names.map(async (tensor) => (await network.tensor(name(tensor))).data));
}

/** All of a result but the work: W·P is made anew where weights have been exchanged, which counts as operations. */
function shown({ layers, ...result }: BatchResult) {
  return { ...result, layers: layers.map(({ synapticOperations: _, ...layer }) => layer) };
}

const average = (tensor: string) => `optimizer.${tensor}.average`;

describe("averaged descent", () => {
  it("learns as plain descent does where gradients are not taken near the average", async () => {
    using plain = await learned(sgd({ learningRate: 0.5 }), 3);
    using network = await learned(averaged({ learningRate: 0.5 }), 3);
    expect(await parameters(network)).toEqual(await parameters(plain));
    expect(await parameters(network, average)).not.toEqual(await parameters(plain));
  });

  it("runs as a network does whose weights are the average", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          beta: fc.constantFrom(0, 0.5, 0.9),
          window: fc.constantFrom(null, 1, 7),
          updateEvery: fc.constantFrom(1, 4),
          adaptive: fc.boolean(),
        }),
        async ({ beta, window, updateEvery, adaptive }) => {
          const optimizer = adaptive
            ? adaGrad({ learningRate: 0.05, window: window ?? 10 })
            : averaged({ learningRate: 0.5, beta, window });
          using network = await learned(optimizer, 3, updateEvery);
          using other = await Network.create({ ...specification, optimizer: sgd({ learningRate: 0.5 }) });
          for (const name of (await other.tensors()).filter((tensor) => /^layers\.\d\.(weight|bias)$/.test(tensor))) {
            await other.setTensor(name, (await network.tensor(average(name))).data);
          }
          const options = { record: { readouts: true }, recordPotential: true };
          expect(shown(await network.run(batch(5), options))).toEqual(shown(await other.run(batch(5), options)));
        },
      ),
      { numRuns: 12 },
    );
  });

  it("learns on as if nothing had been run or evaluated meanwhile", async () => {
    using straight = await learned(averaged({ learningRate: 0.5, beta: 0.5 }), 4);
    using network = await learned(averaged({ learningRate: 0.5, beta: 0.5 }), 3);
    const before = await parameters(network);
    await network.run(batch(7));
    expect(await parameters(network)).toEqual(before);
    await network.learn(batch(3), { updateEvery: 4 });
    expect(await digest(network)).toBe(await digest(straight));
  });

  it("keeps the weights that learn where a run without learning is aborted", async () => {
    using network = await learned(averaged({ learningRate: 0.5 }), 2);
    const [before, bytes] = [await parameters(network), await network.toBytes()];
    const abort = new AbortController();
    abort.abort();
    await expect(network.run(batch(7), { signal: abort.signal })).rejects.toMatchObject({ code: "aborted" });
    expect(await parameters(network)).toEqual(before);
    expect(await network.toBytes()).toEqual(bytes);
  });

  it("is initialised anew by the variance of what runs, the average", async () => {
    using network = await Network.create({ ...specification, optimizer: averaged({ learningRate: 0.5 }) });
    const dataset = {
      name: "places",
      classes: ["0", "1", "2"],
      length: 6,
      sensor: { width: 6, height: 6 },
      duration: 1000 * steps,
      sample: (index: number) => ({
        label: index % 3,
        events: {
          x: Uint16Array.from({ length: 60 }, (_, event) => (5 * event + index) % 6),
          y: Uint16Array.from({ length: 60 }, (_, event) => (7 * event + index) % 6),
          p: new Uint8Array(60),
          t: Float64Array.from({ length: 60 }, (_, event) => 400 * event),
        },
      }),
    };
    await network.fit(dataset, { epochs: 1 });
    await network.setLearningRate(0);
    await network.fit(dataset, { epochs: 1, resume: false, initialization: lsuv({ tolerance: 0.01 }) });
    const shownPotentials = await network.run(
      {
        input: {
          steps,
          sensor: dataset.sensor,
          events: Array.from({ length: 6 }, (_, index) => dataset.sample(index).events),
        },
      },
      { recordPotential: true },
    );
    for (const { potentialVariance } of shownPotentials.layers) {
      expect(Math.abs((potentialVariance ?? 0) - 1)).toBeLessThan(0.5);
    }
  });

  it("goes on from a checkpoint to the same bits", async () => {
    using straight = await learned(averaged({ learningRate: 0.5, beta: 0.9, window: 5 }), 4);
    using first = await learned(averaged({ learningRate: 0.5, beta: 0.9, window: 5 }), 2);
    using second = await Network.fromBytes(await first.toBytes());
    for (const number of [2, 3]) await second.learn(batch(number), { updateEvery: 4 });
    expect(await digest(second)).toBe(await digest(straight));
  });

  it("runs with the first weights before anything has been learned", async () => {
    const results = [];
    for (const optimizer of [averaged({ learningRate: 0.5 }), sgd({ learningRate: 0.5 })]) {
      using network = await Network.create({ ...specification, optimizer });
      results.push(await network.run(batch(1), { record: { readouts: true } }));
    }
    expect(results[0]).toEqual(results[1]);
  });
});
