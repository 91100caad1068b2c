/** Whatever a caller's own functions throw, and wherever, the network is afterwards as it was, and free for other work. */
import { describe, expect, it } from "vitest";
import type { Network } from "../../src/index.js";
import { digest } from "../determinism/agreed.js";
import { recordings } from "../faults/trainings.js";
import { batch, build, samples, steps } from "../faults/victim.js";

const refuse = (): never => {
  throw new Error("refused");
};

/** A signal that has the shape of one, and throws where it is told to. */
function signal(bad: object): AbortSignal {
  const good = { aborted: false, addEventListener: () => {}, removeEventListener: () => {} };
  return Object.defineProperties(good, Object.getOwnPropertyDescriptors(bad)) as unknown as AbortSignal;
}

/** Long enough that the signal is looked at in between, off the event loop, too. */
const silence = { offsets: new Uint32Array(1_000_001), indices: new Uint32Array(0), counts: new Float32Array(0) };
const long = { input: { spikes: Array.from({ length: samples }, () => silence) }, target: batch.target };

/** A getter that gives `false` so many times, then throws. */
function failingAfter(times: number) {
  let asked = 0;
  return signal({
    get aborted() {
      asked += 1;
      return asked > times ? refuse() : false;
    },
  });
}

const calls: ReadonlyArray<readonly [string, (network: Network) => Promise<unknown>]> = [
  ["a controller for a signal", (network) => network.run(batch, { signal: new AbortController() as never })],
  ["an object for a signal", (network) => network.learn(batch, { signal: {} as never })],
  ["a number for a signal", (network) => network.learn(batch, { signal: 3 as never })],
  ["a signal that cannot be asked", (network) => network.learn(batch, { signal: failingAfter(0) })],
  ["a signal that cannot be asked twice", (network) => network.learn(long, { signal: failingAfter(1) })],
  ["a signal that cannot be asked thrice", (network) => network.learn(long, { signal: failingAfter(2) })],
  [
    "a signal that cannot be listened to",
    (network) => network.learn(batch, { signal: signal({ addEventListener: refuse }) }),
  ],
  [
    "a signal that cannot be left",
    (network) => network.learn(batch, { signal: signal({ removeEventListener: refuse }) }),
  ],
  [
    "an option that cannot be read",
    (network) =>
      network.learn(batch, {
        get burnIn() {
          return refuse();
        },
      }),
  ],
  [
    "an input that cannot be read",
    (network) =>
      network.learn({
        target: batch.target,
        get input() {
          return refuse();
        },
      }),
  ],
  ["progress that is refused", (network) => network.fit(recordings, { epochs: 1, steps, onProgress: refuse })],
  [
    "progress of an evaluation that is refused",
    (network) => network.evaluate(recordings, { steps, onProgress: refuse }),
  ],
  ["recordings that cannot be read", (network) => network.fit({ ...recordings, sample: refuse }, { epochs: 1, steps })],
  [
    "recordings that cannot be read for an evaluation",
    (network) => network.evaluate({ ...recordings, sample: refuse }, { steps }),
  ],
  [
    "a signal of a training that cannot be left",
    (network) => network.fit(recordings, { epochs: 1, steps, signal: signal({ removeEventListener: refuse }) }),
  ],
  [
    "a signal of a piece that cannot be listened to",
    (network) =>
      network
        .stream()
        .push(
          { x: Uint16Array.of(1), y: Uint16Array.of(1), p: Uint8Array.of(1), t: Float64Array.of(9) },
          { until: 50_000, target: 1, signal: signal({ addEventListener: refuse }) },
        ),
  ],
];

describe("no call leaves a network busy or changed", () => {
  it.each(calls)("%s", async (_, call) => {
    using network = await build();
    using twin = await build();
    const bits = await digest(network);
    await expect(call(network)).rejects.toThrow();
    expect(await digest(network)).toBe(bits);
    for (const one of [network, twin]) await one.learn(batch, { keepState: true });
    expect(await digest(network)).toBe(await digest(twin));
  });
});

it("a polyfill of a signal aborts as a signal does", async () => {
  using network = await build();
  const listeners = new Set<() => void>();
  const polyfill = {
    aborted: false,
    addEventListener: (_: string, listener: () => void) => listeners.add(listener),
    removeEventListener: (_: string, listener: () => void) => listeners.delete(listener),
  };
  const bits = await digest(network);
  const work = network.learn(long, { signal: polyfill as unknown as AbortSignal });
  await Promise.resolve();
  polyfill.aborted = true;
  for (const listener of listeners) listener();
  await expect(work).rejects.toMatchObject({ code: "aborted" });
  expect(listeners.size).toBe(0);
  expect(await digest(network)).toBe(bits);
});
