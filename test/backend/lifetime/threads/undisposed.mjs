// @ts-check
/** Keeps two networks that it never disposes of, one of them unused; then there is nothing left to do. */
import { create, learn } from "./network.mjs";

const network = await create();
const unused = await create();
await learn(network);
console.log([network, unused].map(({ disposed }) => (disposed ? "disposed" : "kept")).join(", "));
