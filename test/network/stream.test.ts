/** A stream gives the same network and the same votes however its events are cut into pieces. */
import { describe, expect, it } from "vitest";
import { dense, type EventColumns, Network, type NetworkSpecification, type StreamOptions } from "../../src/index.js";
import { digest } from "../determinism/agreed.js";

const specification = {
  input: { channels: 2, height: 6, width: 6 },
  layers: [dense({ units: 20 }), dense({ units: 12 })],
  readout: { units: 3, dropout: 0.25 },
  initialization: { type: "uniform", dense: 2 },
} as const;

/** Events for 40 ms, several a millisecond, from 5,000 µs on. */
const length = 400;
const events: EventColumns = {
  x: Uint16Array.from({ length }, (_, event) => (event * 7) % 6),
  y: Uint16Array.from({ length }, (_, event) => (event * 11) % 6),
  p: Uint8Array.from({ length }, (_, event) => (event % 3 === 0 ? 1 : 0)),
  t: Float64Array.from({ length }, (_, event) => 5000 + event * 100),
};
const end = 45_000;

/** Some of the events. */
function piece(from: number, to: number): EventColumns {
  const { x, y, p, t } = events;
  return { x: x.slice(from, to), y: y.slice(from, to), p: p.slice(from, to), t: t.slice(from, to) };
}

/**
 * Streams all events in pieces of a size, and gives the digest of the network and the votes of each layer; where `closed`, a
 * piece runs to the time at which the next one starts.
 */
async function streamed(
  size: number,
  options: StreamOptions = {},
  made: NetworkSpecification = specification,
  closed = false,
) {
  using network = await Network.create(made);
  const stream = network.stream(options);
  let steps = 0;
  let updates = 0;
  const votes = new Uint32Array(6);
  const push = async (part: EventColumns, until?: number) => {
    const { result, ...pushed } = await stream.push(part, { target: 1, ...(until !== undefined && { until }) });
    steps += pushed.steps;
    updates += result?.updates ?? 0;
    result?.votes.data.forEach((count, index) => {
      votes[index] = (votes[index] ?? 0) + count;
    });
  };
  for (let from = 0; from < length; from += size) {
    await push(piece(from, from + size), closed ? 5000 + 100 * Math.min(length, from + size) : undefined);
  }
  await push(piece(0, 0), end);
  return { digest: await digest(network), steps, updates, votes: Array.from(votes) };
}

describe("a stream", () => {
  it("runs every step once and learns from it, with the pieces of any size", async () => {
    const whole = await streamed(length);
    expect(whole).toMatchObject({ steps: 40, updates: 40 });
    expect(whole.votes.reduce((sum, count) => sum + count)).toBe(2 * 40);
    for (const size of [1, 7, 10, 93]) expect(await streamed(size), `pieces of ${size}`).toEqual(whole);
  });

  it("burns in across pieces", async () => {
    const whole = await streamed(length, { burnIn: 15 });
    expect(whole).toMatchObject({ steps: 40, updates: 25 });
    expect(await streamed(31, { burnIn: 15 })).toEqual(whole);
  });

  it("sums gradients across pieces", async () => {
    const dense = { ...specification, propagation: "dense" } as const;
    const whole = await streamed(length, { updateEvery: 8 }, dense);
    expect(whole.updates).toBe(5);
    expect(await streamed(31, { updateEvery: 8 }, dense)).toEqual(whole);
  });

  it("sums gradients by events the same wherever pieces end with an update", async () => {
    const events = { ...specification, propagation: "events" } as const;
    const whole = await streamed(length, { updateEvery: 8 }, events, true);
    expect(whole.updates).toBe(5);
    expect(await streamed(80, { updateEvery: 8 }, events, true)).toEqual(whole);
  });

  it("is the same as one batch of the same events", async () => {
    using network = await Network.create(specification);
    await network.learn({ input: { events: [events], steps: 40 }, target: { classes: [1] } });
    expect((await streamed(50)).digest).toBe(await digest(network));
  });

  it("predicts without learning where there is no target", async () => {
    using network = await Network.create(specification);
    const before = (await network.tensor("layers.0.weight")).data;
    const { prediction, perLayer, steps } = await network.stream().push(events);
    expect(steps).toBe(39);
    expect(perLayer).toHaveLength(2);
    expect(prediction).toBe(perLayer[1]);
    expect((await network.tensor("layers.0.weight")).data).toEqual(before);
  });

  it("predicts nothing before its first step is complete", async () => {
    using network = await Network.create(specification);
    const stream = network.stream();
    const nothing = { prediction: null, confidence: null, perLayer: [], steps: 0, latency: null, result: null };
    expect(await stream.push(piece(0, 0))).toMatchObject(nothing);
    expect(await stream.push(piece(0, 5))).toMatchObject(nothing);
    expect((await stream.push(piece(5, 11))).steps).toBe(1);
  });

  it("goes on after a refused piece as if it had not come", async () => {
    using network = await Network.create(specification);
    const stream = network.stream();
    await stream.push(piece(0, 200), { target: 1 });
    const before = await digest(network);
    await expect(stream.push(piece(100, 300), { target: 1 })).rejects.toMatchObject({ code: "time-order" });
    const outside = { ...piece(200, 205), x: new Uint16Array(5).fill(6) };
    await expect(stream.push(outside, { target: 1 })).rejects.toMatchObject({ code: "range" });
    await expect(stream.push(piece(200, 300), { target: 3 })).rejects.toMatchObject({ code: "range" });
    const aborted = stream.push(piece(200, 300), { target: 1, signal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject({ code: "aborted" });
    expect(await digest(network)).toBe(before);
    await stream.push(piece(200, length), { target: 1 });
    await stream.push(piece(0, 0), { target: 1, until: end });
    expect(await digest(network)).toBe((await streamed(length)).digest);
  });

  it("goes on after an evaluation, which leaves its state alone", async () => {
    using network = await Network.create(specification);
    const stream = network.stream();
    await stream.push(piece(0, 200), { target: 1 });
    const recordings = {
      name: "one",
      classes: ["a", "b", "c"],
      length: 1,
      sensor: { width: 6, height: 6 },
      duration: 40_000,
      sample: () => ({ events, label: 1 }),
    };
    expect((await network.evaluate(recordings)).samples).toBe(1);
    await stream.push(piece(200, length), { target: 1 });
    await stream.push(piece(0, 0), { target: 1, until: end });
    expect(await digest(network)).toBe((await streamed(length)).digest);
  });
});
