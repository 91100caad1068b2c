/**
 * Damaged checkpoints: refused with the right code or accepted, by both builds alike; and whatever is accepted can be saved,
 * loaded, taught and saved again. `DECOLLE_FUZZ` says how many times as many.
 */
import { beforeAll, describe, expect, it } from "vitest";
import {
  adaptive,
  type BackendKind,
  DecolleError,
  decay,
  leak,
  learned,
  Network,
  type NetworkSpecification,
  neuron,
  sgd,
  sigmoidDerivative,
} from "../../src/index.js";
import { drawCounts, xorshift } from "../determinism/training.js";
import { batch, build } from "../faults/victim.js";
import { mutate } from "./mutations.js";

const times = Number(process.env["DECOLLE_FUZZ"] ?? 1);
/** Both projects try both builds, each its own damages. */
const seed = process.env["DECOLLE_BACKEND"] === "wasm" ? 20_261_128 : 7;

/** A neuron with a constant that learns. */
const learner = neuron({
  name: "learner",
  constants: { membrane: learned(decay(0.8)) },
  state: { potential: 0 },
  step: (s, { input }, c) => ({ potential: leak(s.potential, c.membrane).plus(input) }),
  membrane: (s, bias) => s.potential.plus(bias),
  surrogate: sigmoidDerivative({ slope: 2 }),
});

/** A network in the middle of its life, that of a specification. */
async function taught(specification: NetworkSpecification, inputs: number): Promise<Network> {
  const network = await Network.create({ seed: 1, ...specification });
  const input = drawCounts(2, 6, inputs, 7);
  await network.learn({ input, target: { classes: [0, 2] } }, { updateEvery: 4, flushGradient: false });
  return network;
}

const victims: Readonly<Record<string, () => Promise<Network>>> = {
  "a convolution and a dense layer": build,
  "a network without state": () =>
    Network.create({ input: { units: 5 }, layers: [{ type: "dense", units: 4 }], readout: { units: 3 }, seed: 1 }),
  "a network by events, with decay factors of its own and an error trigger": () =>
    taught(
      {
        input: { units: 5 },
        layers: [{ type: "dense", units: 4 }],
        readout: { units: 3, feedback: "alignment" },
        neuron: { type: "lif", gamma: { low: 0.3, high: 0.9 } },
        errorTrigger: { threshold: 0.01, control: { rate: 0.1 } },
        optimizer: sgd({ learningRate: 0.1 }),
        propagation: "events",
      },
      5,
    ),
  "neurons of one's own": () =>
    taught(
      {
        input: { units: 5 },
        layers: [
          { type: "dense", units: 4, neuron: adaptive({ strength: 0.05 }) },
          { type: "dense", units: 3, neuron: learner },
        ],
        readout: { units: 3 },
      },
      5,
    ),
};

/** Code and path of what a checkpoint is answered with, or what becomes of the network that it holds. */
async function answer(bytes: Uint8Array, backend: BackendKind): Promise<string> {
  let network: Network;
  try {
    network = await Network.fromBytes(bytes, { backend, threads: 1 });
  } catch (error) {
    if (!(error instanceof DecolleError)) throw error;
    return `${error.code} ${error.message.split(": ")[0]}`;
  }
  using loaded = network;
  const saved = await loaded.toBytes();
  expect(await again(saved, backend)).toEqual(saved);
  const { inputSize } = await loaded.describe();
  const input = { ...batch.input, counts: batch.input.counts.slice(0, inputSize * 2), samples: 1, steps: 2 };
  let after = "learns";
  try {
    if (input.counts.length === inputSize * 2) await loaded.learn({ input, target: { classes: [0] } });
  } catch (error) {
    if (!(error instanceof DecolleError)) throw error;
    after = error.code;
    expect(await loaded.toBytes()).toEqual(saved);
  }
  const left = await loaded.toBytes();
  expect(await again(left, backend)).toEqual(left);
  return `accepted, ${after}`;
}

/** What a network loaded from bytes is saved as. */
async function again(bytes: Uint8Array, backend: BackendKind): Promise<Uint8Array> {
  using network = await Network.fromBytes(bytes, { backend, threads: 1 });
  return await network.toBytes();
}

describe.each(Object.keys(victims))("of the checkpoint of %s", (name) => {
  let checkpoint: Uint8Array;
  beforeAll(async () => {
    using network = await (victims[name] as () => Promise<Network>)();
    checkpoint = await network.toBytes();
  });

  it(
    "every damaged copy is refused alike by both builds, or can be saved, loaded and taught",
    async () => {
      const next = xorshift(seed);
      const draw = (bound: number) => next() % bound;
      let accepted = 0;
      for (let copy = 0; copy < 150 * times; copy++) {
        const bytes = mutate(checkpoint, draw);
        const answers = [await answer(bytes, "native"), await answer(bytes, "wasm")];
        expect(answers[1], `copy ${copy}`).toBe(answers[0]);
        accepted += Number(answers[0]?.startsWith("accepted"));
      }
      expect(accepted).toBeGreaterThan(10 * times);
    },
    600_000 * times,
  );
});
