// @ts-check
/** Terminates two workers that work with threads of their own. */
import { once } from "node:events";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { create, learn } from "./network.mjs";

if (isMainThread) {
  const workers = Array.from({ length: 2 }, () => new Worker(new URL(import.meta.url)));
  await Promise.all(workers.map((worker) => once(worker, "message")));
  const codes = await Promise.all(workers.map((worker) => worker.terminate()));
  console.log(`terminated ${codes.length}`);
} else {
  const network = await create();
  await learn(network);
  parentPort?.postMessage("working");
  for (;;) await learn(network);
}
