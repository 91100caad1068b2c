/** Synthetic recordings: the same on every backend, for ever. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { datasets } from "../../src/index.js";

describe("a synthetic recording", () => {
  it("has the same events on every backend", async () => {
    const { train, test } = await datasets.synthetic({ seed: 7 });
    const hash = createHash("sha256");
    for (const split of [train, test]) {
      for (let index = 0; index < 6; index++) {
        const { events, label } = await split.sample(index);
        const { x, y, p, t } = events;
        hash.update(JSON.stringify([label, Array.from(x), Array.from(y), Array.from(p), Array.from(t)]));
      }
    }
    expect(hash.digest("hex")).toBe("cf1463f1e33f7830df10ab884026bb7bcb7f8ee0213932f56fbf4deee4daeee2");
  });

  it("shows every gesture equally often", async () => {
    const { train } = await datasets.synthetic({ width: 8, height: 8, duration: 5000, train: 24 });
    const labels = await Promise.all(Array.from({ length: 24 }, async (_, index) => (await train.sample(index)).label));
    expect(labels.sort((a, b) => a - b)).toEqual(train.classes.flatMap((_, label) => [label, label]));
  });
});
