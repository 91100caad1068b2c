// @ts-check
/** Makes four hundred batches of eight megabytes, one after the other, keeps none and disposes of none; tells what it took. */
import { setTimeout as wait } from "node:timers/promises";
import { selectBackend } from "../../../dist/backend/select.js";

const backend = /** @type {"native" | "wasm"} */ (process.argv[2]);
const { binding } = await selectBackend({ backend, threads: 1 });
const counts = new Float32Array(2 ** 20).fill(1);
let memory = 0;
for (let made = 0; made < 400; made += 1) {
  const batch = new binding.Batch(2 ** 10, 1, 2, 1, 2 ** 10);
  await batch.appendCounts("input", 0, counts, true);
  // What finalisers do takes turns of the event loop.
  if (made % 8 === 0) await wait(0);
  memory = Math.max(memory, process.memoryUsage().rss / 2 ** 20);
}
console.log(JSON.stringify({ memory: Math.round(memory) }));
