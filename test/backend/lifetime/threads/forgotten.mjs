// @ts-check
/** Forgets its networks, and counts the process's threads before and after. */
import { baseline, comesBackTo, create, learn } from "./network.mjs";

const before = await baseline();
async function forget() {
  for (let count = 0; count < 3; count += 1) await learn(await create());
}
await forget();
console.log(await comesBackTo(before));
