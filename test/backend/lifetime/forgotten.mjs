// @ts-check
/** Forgets networks, half of them in the middle of a batch, and counts the process's threads before and after. */
import { readdirSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { begun } from "./network.mjs";

const threads = () => readdirSync("/proc/self/task").length;

/** @param {number} count */
async function forget(count) {
  for (let made = 0; made < count; made += 1) {
    const network = begun();
    if (made % 2 === 0) await network.advance();
  }
}

// The first network starts the threads that Node keeps.
await forget(1);
for (let turn = 0; turn < 20; turn += 1) {
  globalThis.gc?.();
  await wait(20);
}
const start = threads();
await forget(8);
let left = threads();
for (let turn = 0; turn < 100 && left > start; turn += 1) {
  globalThis.gc?.();
  await wait(50);
  left = threads();
}
console.log(left <= start ? "threads: back to the start" : `threads: ${start} before, ${left} after`);
