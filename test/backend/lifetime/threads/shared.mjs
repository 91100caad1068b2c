// @ts-check
/** Counts the process's threads with one network, and with twenty that all have learned. */
import { baseline, create, learn, threads } from "./network.mjs";

await baseline();
const networks = [await create()];
for (const network of networks) await learn(network);
const one = threads();
while (networks.length < 20) {
  const network = await create();
  networks.push(network);
  await learn(network);
}
console.log(threads() <= one ? "threads: as many for 20 networks as for one" : `threads: ${one}, then ${threads()}`);
