/** How a data set is asked for its recordings: it may use the same memory for all of them, and is not asked for too many. */
import { describe, expect, it } from "vitest";
import { type Dataset, dense, type LabelledRecording, Network } from "../../src/index.js";
import { digest } from "../determinism/agreed.js";
import { halves } from "./halves.js";

const specification = { input: { units: 72 }, layers: [dense({ units: 12 })], readout: { units: 2 } } as const;
const options = { epochs: 2, batchSize: 40, burnIn: 5 } as const;
const plain = halves(80);

/** Copies recordings into memory that is used again and again: as many pieces of it as there are, one after the other. */
function refilled(pieces: number): (recording: LabelledRecording) => LabelledRecording {
  const memory = Array.from({ length: pieces }, () => ({
    x: new Uint16Array(120),
    y: new Uint16Array(120),
    p: new Uint8Array(120),
    t: new Float64Array(120),
  }));
  let next = 0;
  return ({ events, label }) => {
    const own = memory[next++ % pieces] as (typeof memory)[number];
    own.x.set(events.x);
    own.y.set(events.y);
    own.p.set(events.p);
    own.t.set(events.t);
    return { events: own, label };
  };
}

const recording = (index: number) => plain.sample(index) as LabelledRecording;
const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));

describe("a data set that answers", () => {
  const ways: ReadonlyArray<[string, (pieces: number) => Dataset["sample"]]> = [
    [
      "at once",
      (pieces) => {
        const fill = refilled(pieces);
        return (index) => fill(recording(index));
      },
    ],
    [
      "by a promise",
      (pieces) => {
        const fill = refilled(pieces);
        return async (index) => fill(recording(index));
      },
    ],
    [
      "by a promise that takes its time",
      (pieces) => {
        const fill = refilled(pieces);
        return async (index) => {
          for (let turns = index % 3; turns >= 0; turns--) await turn();
          const filled = fill(recording(index));
          await turn();
          return filled;
        };
      },
    ],
  ];
  const each = ways.flatMap(([way, sampler]) => [1, 2, 5].map((pieces) => [way, pieces, sampler] as const));

  it.each(each)(
    "%s, in %d pieces of memory used again and again, is learned from as any other",
    async (_, pieces, by) => {
      using expected = await Network.create(specification);
      await expected.fit(plain, options);
      using network = await Network.create(specification);
      const dataset: Dataset = { ...plain, sample: by(pieces) };
      await network.fit(dataset, options);
      expect(await digest(network)).toBe(await digest(expected));
      const { predictions, labels } = await network.evaluate(dataset, { batchSize: 40 });
      expect({ predictions, labels }).toMatchObject(await pick(expected));
    },
  );
});

async function pick(network: Network) {
  const { predictions, labels } = await network.evaluate(plain, { batchSize: 40 });
  return { predictions, labels };
}

describe("a data set that reads", () => {
  it("is asked for several recordings at a time, but not for many", async () => {
    using network = await Network.create(specification);
    let [open, most] = [0, 0];
    const dataset: Dataset = {
      ...plain,
      sample: async (index) => {
        most = Math.max(most, ++open);
        await turn();
        open--;
        return recording(index);
      },
    };
    await network.fit(dataset, { ...options, batchSize: 80 });
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(32);
  });

  it("is asked for nothing more after a failure", async () => {
    using network = await Network.create(specification);
    let asked = 0;
    const dataset: Dataset = {
      ...plain,
      sample: async (index) => {
        if (++asked === 5) throw new Error("broken");
        await turn();
        return recording(index);
      },
    };
    await expect(network.evaluate(dataset, { batchSize: 80 })).rejects.toThrow("broken");
    const before = asked;
    for (let turns = 0; turns < 5; turns++) await turn();
    expect(asked).toBe(before);
    expect(asked).toBeLessThanOrEqual(2 + 32);
  });
});
