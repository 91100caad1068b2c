// @ts-check
/** Makes five hundred networks of nine megabytes, one after the other, keeps none, and tells what the process took at most. */
import { readdirSync } from "node:fs";
import { Network } from "../../../dist/index.js";

const backend = /** @type {"native" | "wasm"} */ (process.argv[2]);
const threads = Number(process.argv[3]);
const counts = new Uint8Array(1000).fill(1);

/** @param {number} steps */
async function use(steps) {
  const network = await Network.create(
    {
      input: { units: 1000 },
      layers: [{ type: "dense", units: 750 }],
      readout: { units: 2 },
      // It keeps a number for each weight, and there is a gradient: twelve bytes for each of 750,000.
      optimizer: { type: "adaMax", learningRate: 0.001 },
      seed: 1,
    },
    { backend, threads },
  );
  if (steps > 0) await network.run({ input: { counts, samples: 1, steps } });
}

/** @type {(name: string) => number} */
const megabytes = (name) => process.memoryUsage()[/** @type {"rss"} */ (name)] / 2 ** 20;
let [memory, most] = [0, 0];
for (let made = 0; made < 500; made += 1) {
  // Every other one works, so that it has threads to leave behind.
  await use(made % 2);
  memory = Math.max(memory, megabytes("rss"));
  most = Math.max(most, readdirSync("/proc/self/task").length);
}
console.log(JSON.stringify({ memory: Math.round(memory), threads: most }));
