// @ts-check
/** Keeps two networks that it never disposes of, one of them unused; then there is nothing left to do. */
import { create, learn } from "./network.mjs";

const networks = [await create(), await create()];
await learn(networks[0]);
console.log(`kept ${networks.length}`);
