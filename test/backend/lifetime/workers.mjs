// @ts-check
/** Starts four workers with two batches each and terminates them in the middle. */
import { once } from "node:events";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { work } from "./network.mjs";

if (isMainThread) {
  const workers = Array.from({ length: 4 }, () => new Worker(new URL(import.meta.url)));
  await Promise.all(workers.map((worker) => once(worker, "message")));
  const codes = await Promise.all(workers.map((worker) => worker.terminate()));
  console.log(`terminated ${codes.length}`);
} else {
  for (let count = 0; count < 2; count += 1) void work();
  parentPort?.postMessage("working");
}
