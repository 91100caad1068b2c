/**
 * The same bits everywhere: after 500 training steps, all weights, gradients, optimiser and neuron state are those that
 * every other thread count, SIMD level and backend gives, bit by bit. `crates/network/tests/levels.rs` runs through the
 * SIMD levels of one machine.
 */
import { expect, it } from "vitest";
import { Network } from "../../src/index.js";
import { agreed, digest } from "./agreed.js";
import { expectAgreedTensors } from "./tensors.js";
import {
  convolutional,
  convolutionalByEvents,
  convolutionalByFrequency,
  dense,
  denseByEvents,
  grouped,
  inputOf,
  lineByEvents,
  underBudget,
} from "./training.js";

// WebAssembly's two flavours are backends of their own, with as many threads as they are tested with.
const asked = process.env["DECOLLE_THREADS"];
const threads = asked === undefined ? [1, 2, 4] : [Number(asked)];

const trainings = {
  dense,
  convolutional,
  denseByEvents,
  convolutionalByEvents,
  convolutionalByFrequency,
  grouped,
  lineByEvents,
  underBudget,
};
const names = Object.keys(trainings) as Array<keyof typeof trainings>;
const runs = names.flatMap((name) => threads.map((count) => [name, count] as const));

it.each(runs)("the %s network holds the agreed bits after 500 training steps, threads: %d", async (name, count) => {
  const training = trainings[name];
  using network = await Network.create(training.specification, { threads: count });
  const before = await digest(network);
  const result = await network.learn({ input: inputOf(training), target: training.target }, training.options);
  expect(network.backend.threads).toBe(count);
  expect(result.updates).toBe(480 / training.options.updateEvery);
  // A dead layer would have the same bits however wrong the arithmetic.
  const byEvents = training.specification.propagation === "events";
  for (const { density, steps } of result.layers) {
    if (byEvents) expect(steps).toEqual({ events: 500, dense: 0 });
    expect(density).toBeGreaterThan(0.01);
    expect(density).toBeLessThan(0.9);
  }
  expect(await digest(network)).not.toBe(before);
  await expectAgreedTensors(network, name);
  expect(await digest(network)).toBe(agreed[name]);
});
