// @ts-check
/** Networks of WebAssembly with two threads. */
import { readdirSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { Network } from "../../../../dist/index.js";

const steps = 40;

/** A network whose two threads run. */
export function create() {
  return Network.create(
    {
      input: { channels: 2, height: 16, width: 16 },
      layers: [{ type: "conv2d", channels: 8, kernel: 5, padding: 2, pool: 2 }],
      readout: { units: 3 },
      optimizer: { type: "adaMax", learningRate: 0.001 },
      seed: 1,
    },
    { backend: "wasm", threads: 2 },
  );
}

/**
 * Learns from a batch.
 *
 * @param {Network} network
 */
export async function learn(network) {
  const counts = Uint8Array.from({ length: 4 * steps * 512 }, (_, place) => ((place * 7919) % 23 === 0 ? 1 : 0));
  await network.learn({ input: { counts, samples: 4, steps }, target: { classes: [0, 1, 2, 0] } });
}

/** Threads of this process. */
export const threads = () => readdirSync("/proc/self/task").length;

/**
 * Whether this process comes back to as many threads as it had.
 *
 * @param {number} before
 */
export async function comesBackTo(before) {
  for (let turn = 0; turn < 100 && threads() > before; turn += 1) {
    globalThis.gc?.();
    await wait(50);
  }
  return threads() <= before ? "threads: back to the start" : `threads: ${before} before, ${threads()} after`;
}

/** Threads of this process after a first network has come and gone: Node keeps some. */
export async function baseline() {
  const first = await create();
  await learn(first);
  first.dispose();
  await wait(500);
  return threads();
}
