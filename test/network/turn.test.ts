/** Work leaves the event loop its turns, however it is cut into batches. */
import { expect, it } from "vitest";
import { Network } from "../../src/index.js";

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
