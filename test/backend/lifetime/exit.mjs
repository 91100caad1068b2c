// @ts-check
/** Leaves in the middle of three batches. */
import { work } from "./network.mjs";

for (let count = 0; count < 3; count += 1) void work();
setTimeout(() => {
  console.log("leaving");
  process.exit(0);
}, 250);
