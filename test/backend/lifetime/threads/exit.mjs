// @ts-check
/** Leaves in the middle of two batches. */
import { create, learn } from "./network.mjs";

for (const network of [await create(), await create()]) {
  void (async () => {
    for (;;) await learn(network);
  })();
}
setTimeout(() => {
  console.log("leaving");
  process.exit(0);
}, 250);
