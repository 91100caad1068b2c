/** Work that is interrupted, by other calls or by an abort. */
import { expect } from "vitest";
import type { Network } from "../../src/index.js";
import type { Row } from "./scene.js";
import { batch, events, inputs, samples } from "./victim.js";

/** Work long enough to be caught in it. */
export const long = (network: Network) =>
  network.learn({
    input: { counts: new Uint8Array(samples * 3000 * inputs).fill(1), samples, steps: 3000 },
    target: batch.target,
  });

/** Calls a network while it works, then aborts the work and hands on what the call threw. */
export async function during(network: Network, call: () => unknown): Promise<void> {
  const controller = new AbortController();
  const input = { counts: new Uint8Array(samples * 20_000 * inputs), samples, steps: 20_000 };
  const work = network.learn({ input, target: batch.target }, { signal: controller.signal });
  try {
    await call();
  } finally {
    controller.abort();
    await expect(work).rejects.toMatchObject({ code: "aborted" });
  }
}

export const occupied: readonly Row[] = [
  ["busy", "run", "a batch while another runs", ({ network }) => during(network, () => network.run(batch))],
  [
    "busy",
    "setTensor",
    "a tensor set while a batch runs",
    ({ network }) => during(network, () => network.setTensor("layers.0.bias", new Float32Array(3))),
  ],
  ["busy", "reset", "a reset while a batch runs", ({ network }) => during(network, () => network.reset())],
  ["busy", "setEpoch", "an epoch while a batch runs", ({ network }) => during(network, () => network.setEpoch(1))],
  [
    "busy",
    "toBytes",
    "a checkpoint in the middle of a batch",
    ({ network }) => during(network, () => network.toBytes()),
  ],
  [
    "busy",
    "stream",
    "a piece of a stream while a batch runs",
    ({ network }) => {
      const stream = network.stream();
      return during(network, () => stream.push(events()));
    },
  ],
  [
    "aborted",
    "learn",
    "a batch that was aborted before it began",
    ({ network }) => network.learn(batch, { signal: AbortSignal.abort() }),
  ],
  [
    "aborted",
    "learn",
    "a batch that is aborted",
    ({ network }) => {
      const controller = new AbortController();
      setImmediate(() => controller.abort());
      const input = { counts: new Uint8Array(samples * 20_000 * inputs), samples, steps: 20_000 };
      return network.learn({ input, target: batch.target }, { signal: controller.signal });
    },
  ],
];
