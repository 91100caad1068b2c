// @ts-check
/** Disposes of its networks, and counts the process's threads before and after; then there is nothing left to do. */
import { baseline, comesBackTo, create, learn } from "./network.mjs";

const before = await baseline();
const networks = await Promise.all([create(), create(), create()]);
for (const network of networks) await learn(network);
for (const network of networks) network.dispose();
console.log(await comesBackTo(before));
