/** Work leaves the event loop its turns, however it is cut into batches. */
import { afterEach, expect, it, vi } from "vitest";
import { Network } from "../../src/index.js";
import { nextTurn } from "../../src/network/turn.js";

afterEach(() => {
  vi.unstubAllGlobals();
});

it.each([
  ["setImmediate", [] as string[]],
  ["MessageChannel", ["setImmediate"]],
  ["setTimeout alone, as in a simulated browser", ["setImmediate", "MessageChannel"]],
])("the event loop gets its turn by %s", async (_, missing) => {
  for (const name of missing) vi.stubGlobal(name, undefined);
  let served = false;
  setTimeout(() => {
    served = true;
  }, 0);
  for (let turn = 0; turn < 1000 && !served; turn++) await nextTurn();
  expect(served).toBe(true);
});

it("timers are served while batches follow each other that are shorter than a turn", async () => {
  using network = await Network.create({
    input: { units: 3 },
    layers: [{ type: "dense", units: 2 }],
    readout: { units: 2 },
  });
  const batch = { input: { counts: new Uint8Array(3), samples: 1, steps: 1 } };
  let served = false;
  setTimeout(() => {
    served = true;
  }, 20);
  for (let count = 0; count < 20_000 && !served; count++) await network.run(batch);
  expect(served).toBe(true);
});
