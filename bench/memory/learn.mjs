// @ts-check
/**
 * Learns from a stream in a process of its own and writes the peak of its resident memory, in bytes, to standard output:
 * `node bench/memory/learn.mjs native|wasm STEPS`.
 */

import { Network, preset } from "../../dist/index.js";
import { randomSpikes } from "../spikes.mjs";

/** Steps of a piece of the stream. */
const piece = 50;
const samples = 8;
const density = 0.02;

const [backend, count] = process.argv.slice(2);
if (backend !== "native" && backend !== "wasm") throw new Error(`expected native or wasm, found ${backend}`);
const steps = Number(count);

const network = await Network.create(preset("nmnist-mlp").network, { backend, threads: 1 });
const { inputSize, readoutUnits } = network.describe();
for (let start = 0; start < steps; start += piece) {
  const spikes = Array.from({ length: samples }, (_, sample) =>
    randomSpikes(start * samples + sample, Math.min(piece, steps - start), inputSize, density),
  );
  const classes = spikes.map((_, sample) => sample % readoutUnits);
  await network.learn({ input: { spikes }, target: { classes } }, { keepState: start > 0 });
}
// Node gives kibibytes on every platform.
process.stdout.write(String(process.resourceUsage().maxRSS * 1024));
network.dispose();
