/** A stream that goes on after a restart, with the same bits as one that never stopped. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dense, type EventColumns, Network, type StreamOptions, type StreamResult } from "../../src/index.js";
import { digest } from "../determinism/agreed.js";
import { misdescribed } from "../faults/victim.js";
import { lastingDigest } from "./trained.js";

const specification = {
  input: { channels: 2, height: 6, width: 6 },
  layers: [dense({ units: 20 }), dense({ units: 12 })],
  readout: { units: 3, dropout: 0.25 },
  initialization: { type: "uniform", dense: 2 },
} as const;

/** Events for 40 ms, ten a millisecond. */
const length = 400;
const events: EventColumns = {
  x: Uint16Array.from({ length }, (_, event) => (event * 7) % 6),
  y: Uint16Array.from({ length }, (_, event) => (event * 11) % 6),
  p: Uint8Array.from({ length }, (_, event) => (event % 3 === 0 ? 1 : 0)),
  t: Float64Array.from({ length }, (_, event) => 5000 + event * 100),
};

function piece(from: number, to: number): EventColumns {
  const { x, y, p, t } = events;
  return { x: x.slice(from, to), y: y.slice(from, to), p: p.slice(from, to), t: t.slice(from, to) };
}

const empty = piece(0, 0);

/** What a stream gives, its latency left out. */
function timeless({ latency: _, ...result }: StreamResult) {
  return result;
}

/** What comes out of a stream in pieces, all of them by one network. */
async function straight(options: StreamOptions, cuts: readonly number[]) {
  using network = await Network.create(specification);
  const stream = network.stream(options);
  const results: unknown[] = [];
  for (const [place, from] of cuts.entries()) {
    results.push(timeless(await stream.push(piece(from, cuts[place + 1] ?? length), { target: 1 })));
  }
  results.push(timeless(await stream.push(empty, { target: 1, until: 45_000 })));
  return { digest: await digest(network), results, counters: (await network.describe()).counters };
}

/** The same by a network that is saved and loaded after every piece. */
async function restarted(options: StreamOptions, cuts: readonly number[]) {
  let network = await Network.create(specification);
  const results: unknown[] = [];
  for (const [place, from] of cuts.entries()) {
    const stream = network.stream(place === 0 ? options : { resume: true });
    results.push(timeless(await stream.push(piece(from, cuts[place + 1] ?? length), { target: 1 })));
    const bytes = await network.toBytes();
    network.dispose();
    network = await Network.fromBytes(bytes);
    expect(await network.toBytes()).toEqual(bytes);
  }
  const last = network.stream({ ...options, resume: true });
  results.push(timeless(await last.push(empty, { target: 1, until: 45_000 })));
  const outcome = { digest: await digest(network), results, counters: (await network.describe()).counters };
  network.dispose();
  return outcome;
}

describe("a stream after a restart", () => {
  it.each<[string, StreamOptions, readonly number[]]>([
    // Event 153 lies in the middle of a step, 150 at the start of one; after five events no step is complete.
    ["in the middle of a step", {}, [0, 153]],
    ["between two steps", {}, [0, 150]],
    ["before the first step is complete", {}, [0, 5]],
    ["again and again", {}, [0, 5, 6, 77, 153, 290]],
    ["within burn-in", { burnIn: 20 }, [0, 101]],
    ["between updates", { updateEvery: 8 }, [0, 153]],
  ])("goes on %s as if it had never stopped", async (_, options, cuts) => {
    expect(await restarted(options, cuts)).toEqual(await straight(options, cuts));
  });

  it("goes on through a file, with its crop and its sensor", async () => {
    const folder = await mkdtemp(join(tmpdir(), "decolle-stream-"));
    try {
      const options = {
        sensor: { width: 9, height: 7 },
        transform: { crop: { left: 2, top: 1, width: 6, height: 6 } },
      };
      const path = join(folder, "network.safetensors");
      using first = await Network.create(specification);
      const stream = first.stream(options);
      await stream.push(piece(0, 201), { target: 0 });
      await first.save(path);
      using second = await Network.load(path);
      const resumed = second.stream({ resume: true });
      const [one, two] = [timeless(await stream.push(piece(201, 400))), timeless(await resumed.push(piece(201, 400)))];
      expect(two).toEqual(one);
      expect(await lastingDigest(second)).toBe(await lastingDigest(first));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("goes on in the same network, too, and after an evaluation", async () => {
    using network = await Network.create(specification);
    await network.stream().push(piece(0, 153), { target: 1 });
    const one = { name: "one", classes: ["a"], length: 1, sensor: { width: 6, height: 6 }, duration: 9000 };
    await network.evaluate({ ...one, sample: () => ({ events, label: 0 }) });
    const stream = network.stream({ resume: true });
    await stream.push(piece(153, length), { target: 1 });
    await stream.push(empty, { target: 1, until: 45_000 });
    expect(await digest(network)).toBe((await straight({}, [0, 153])).digest);
  });

  it("starts anew where none was open", async () => {
    using network = await Network.create(specification);
    expect((await network.stream({ resume: true, burnIn: 3 }).push(events)).steps).toBe(39);
    using plain = await Network.create(specification);
    await plain.run({ input: { events: [events], steps: 40 } });
    using loaded = await Network.fromBytes(await plain.toBytes());
    const stream = loaded.stream({ resume: true });
    expect((await stream.push(piece(0, 100))).steps).toBe(9);
  });

  it("is not kept where other work has taken the network's state", async () => {
    using network = await Network.create(specification);
    await network.stream().push(piece(0, 153), { target: 1 });
    await network.reset();
    expect(() => network.stream({ resume: true })).toThrow(expect.objectContaining({ code: "disposed" }));
    using loaded = await Network.fromBytes(await network.toBytes());
    expect((await loaded.stream({ resume: true }).push(piece(0, 100))).steps).toBe(9);
  });

  it("refuses other settings than its own, and events of before", async () => {
    using first = await Network.create(specification);
    await first.stream({ burnIn: 2 }).push(piece(0, 153));
    using network = await Network.fromBytes(await first.toBytes());
    for (const [options, field] of [
      [{ burnIn: 3 }, "burnIn"],
      [{ updateEvery: 4 }, "updateEvery"],
      [{ sensor: { width: 12, height: 12 } }, "sensor"],
      [{ transform: { downsample: 2 } }, "transform"],
      [{ start: 0 }, "start"],
    ] as const) {
      const work = () => network.stream({ ...options, resume: true });
      expect(work).toThrow(expect.objectContaining({ code: "config", message: expect.stringContaining(field) }));
    }
    const stream = network.stream({ resume: true, burnIn: 2 });
    await expect(stream.push(piece(100, 200))).rejects.toMatchObject({ code: "time-order" });
    expect((await stream.push(piece(153, 200))).steps).toBe(4);
  });

  it("is refused where the checkpoint does not say where it stood", async () => {
    using network = await Network.create(specification);
    await network.stream().push(piece(0, 153));
    for (const text of ["no JSON", "{}", '{"clock":{"next":0,"latest":0}}', "null"]) {
      const bytes = misdescribed(await network.toBytes(), (entry) => {
        (entry["metadata"] as Record<string, string>)["stream-position"] = text;
      });
      await expect(Network.fromBytes(bytes)).rejects.toMatchObject({
        code: "checkpoint",
        message: expect.stringContaining("metadata.stream-position"),
      });
    }
  });
});
