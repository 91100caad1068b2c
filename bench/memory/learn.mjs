// @ts-check
/**
 * Learns from a stream in a process of its own and writes the peak of its resident memory, in bytes, to standard output:
 * `node --expose-gc bench/memory/learn.mjs native|wasm STEPS`.
 *
 * The stream is random and its pieces are written into the same arrays again and again, so that only `learn` allocates.
 */

import { readFileSync } from "node:fs";
import { Network, preset } from "../../dist/index.js";
import { SpikeStream } from "../spikes.mjs";

/** Steps of a piece of the stream. */
const piece = 20;
/** Fewer than in training, so that 10,000 steps with an update each take about half a minute. */
const samples = 16;
const density = 0.01;

const [backend, count] = process.argv.slice(2);
if (backend !== "native" && backend !== "wasm") throw new Error(`expected native or wasm, found ${backend}`);
const steps = Number(count);

const network = await Network.create(preset("nmnist-mlp").network, { backend, threads: 1 });
const { inputSize, readoutUnits } = await network.describe();
const streams = Array.from({ length: samples }, (_, sample) => new SpikeStream(sample, piece, inputSize, density));
const classes = Array.from(streams, (_, sample) => sample % readoutUnits);
for (let start = 0; start < steps; start += piece) {
  const spikes = streams.map((stream) => stream.next());
  await network.learn({ input: { spikes }, target: { classes } }, { keepState: start > 0 });
  // What is no longer in use but not yet collected is Node's to keep, up to tens of mebibytes, and it keeps more with time.
  globalThis.gc?.();
}
process.stdout.write(String(peak()));
network.dispose();

/** Peak resident memory of this process in bytes. */
function peak() {
  // On Linux `maxRSS` starts at what the parent held when it forked; the kernel's own mark starts at zero.
  const status = process.platform === "linux" ? readFileSync("/proc/self/status", "utf8") : "";
  const kibibytes = status.match(/^VmHWM:\s*(\d+) kB$/m)?.[1] ?? process.resourceUsage().maxRSS;
  return Number(kibibytes) * 1024;
}
