/** Streams: any cut gives the same network and the same decisions; silence and rest. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type EventColumns, type PushOptions, type StreamOptions, type StreamResult, sgd } from "../../src/index.js";
import { stretches } from "../../src/network/stream-steps.js";
import { digest } from "../determinism/agreed.js";
import { build, decided, empty, end, events, length, piece, rules, specification, timeless } from "./stream-scene.js";

describe("a stream cut anywhere", () => {
  it.each(["majority", "evidence"] as const)("decides by %s as in one piece", async (rule) => {
    const options = { decision: rules[rule], burnIn: 3 };
    using whole = await build();
    const one = whole.stream(options);
    await one.push(events, { target: 1 });
    const expected = decided(await one.push(empty, { target: 1, until: end }));
    expect(expected.perLayer).toHaveLength(2);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: length }), { maxLength: 12 }), async (cuts) => {
        using network = await build();
        const stream = network.stream(options);
        const ends = [...cuts.sort((a, b) => a - b), length];
        let from = 0;
        for (const to of ends) {
          await stream.push(piece(from, to), { target: 1 });
          from = to;
        }
        expect(decided(await stream.push(empty, { target: 1, until: end }))).toEqual(expected);
        expect(await digest(network)).toBe(await digest(whole));
      }),
      { numRuns: 15 },
    );
  });

  it("decides after each single event as after the same events at once", async () => {
    using network = await build();
    const stream = network.stream({ decision: rules.majority });
    for (let event = 0; event < 150; event++) {
      const now = decided(await stream.push(piece(event, event + 1)));
      if (event % 40 !== 39) continue;
      using other = await build();
      expect(now).toEqual(decided(await other.stream({ decision: rules.majority }).push(piece(0, event + 1))));
    }
  });

  it("is the same where the pieces are not waited for", async () => {
    using patient = await build();
    using hasty = await build();
    const [one, other] = [patient.stream(), hasty.stream()];
    const results: StreamResult[] = [];
    const pushed: Promise<StreamResult>[] = [];
    for (let from = 0; from < length; from += 50) results.push(await one.push(piece(from, from + 50), { target: 2 }));
    for (let from = 0; from < length; from += 50) {
      const given = piece(from, from + 50);
      pushed.push(other.push(given, { target: 2 }));
      // What waits is the stream's own.
      if (from > 0) given.x.fill(0);
    }
    expect(other.behind.pieces).toBeGreaterThan(1);
    expect((await Promise.all(pushed)).map(timeless)).toEqual(results.map(timeless));
    expect(other.behind).toEqual({ time: 0, events: 0, pieces: 0 });
    expect(await digest(hasty)).toBe(await digest(patient));
  });
});

describe("a majority", () => {
  it("is that of the last steps of its window", async () => {
    using network = await build();
    const { recorded } = await network.run(
      { input: { events: [events], steps: 40 } },
      { record: { layers: [1], readouts: true } },
    );
    const readouts = recorded?.layers[0]?.readouts?.data;
    const window = 9;
    const votes = [0, 0, 0];
    for (let step = 40 - window; step < 40; step++) {
      const row = Array.from(readouts?.subarray(step * 3, step * 3 + 3) ?? []);
      const best = row.indexOf(Math.max(...row));
      votes[best] = (votes[best] ?? 0) + 1;
    }
    const most = Math.max(...votes);
    const stream = network.stream({ decision: { type: "majority", window: window * 1000 } });
    const { prediction, confidence } = await stream.push(events, { until: end });
    expect({ prediction, confidence }).toEqual({ prediction: votes.indexOf(most), confidence: most / window });
  });
});

describe("silence", () => {
  it.each(Object.keys(rules) as (keyof typeof rules)[])(
    "is advanced as if each step had been pushed, deciding by %s",
    async (rule) => {
      const decision = rules[rule];
      const options: StreamOptions = decision === undefined ? {} : { decision };
      const pause = 3_000_000;
      using stepped = await build();
      using skipped = await build();
      const [slow, fast] = [stepped.stream(options), skipped.stream(options)];
      await slow.push(events, { until: end });
      await fast.push(events, { until: end });
      let last = await slow.push(empty, { until: end + 7000 });
      // Pieces too short for any step to be left out.
      for (let until = end + 27_000; until <= end + pause; until += 20_000) last = await slow.push(empty, { until });
      await slow.push(empty, { until: end + pause });
      const all = await fast.push(empty, { until: end + pause });
      expect(all.steps).toBe(3000);
      expect(all.result?.votes.data.reduce((sum, votes) => sum + votes)).toBe(2 * 3000);
      if (decision !== undefined) expect(decided(all).perLayer).toEqual(decided(last).perLayer);
      expect(await digest(skipped)).toBe(await digest(stepped));
      const later = { ...events, t: events.t.map((time) => time + pause + 40_000) };
      expect(timeless(await fast.push(later))).toEqual(timeless(await slow.push(later)));
      expect(await digest(skipped)).toBe(await digest(stepped));
    },
  );

  it("of two hours is no more than a few steps where nothing fires any more", async () => {
    using network = await build();
    const stream = network.stream();
    await stream.push(events, { until: end });
    const { steps, result } = await stream.push(empty, { until: end + 7_200_000_000 });
    expect(steps).toBe(7_200_000);
    expect(result?.countedSteps).toBe(7_200_000);
    expect(result?.layers.map((layer) => layer.steps.events + layer.steps.dense)).toEqual([7_200_000, 7_200_000]);
    expect((await stream.push({ ...events, t: events.t.map((time) => time + 7_200_040_000) })).steps).toBe(39);
  });

  it("is stepped through where neurons fire by their bias, with the same bits in pieces", async () => {
    const fire = async () => {
      const network = await build();
      await network.setTensor("layers.0.bias", new Float32Array(20).fill(0.05));
      return network;
    };
    using whole = await fire();
    using cut = await fire();
    const [one, other] = [whole.stream({ start: 0 }), cut.stream({ start: 0 })];
    const { result } = await one.push(empty, { until: 2_000_000 });
    expect(result?.layers[0]?.spikes).toBeGreaterThan(2000);
    let spikes = 0;
    for (let until = 13_000; until < 2_000_000; until += 13_000) {
      spikes += (await other.push(empty, { until })).result?.layers[0]?.spikes ?? 0;
    }
    spikes += (await other.push(empty, { until: 2_000_000 })).result?.layers[0]?.spikes ?? 0;
    expect(spikes).toBe(result?.layers[0]?.spikes);
    expect(await digest(cut)).toBe(await digest(whole));
  });

  it("changes nothing where it is aborted", async () => {
    using network = await build();
    await network.setTensor("layers.0.bias", new Float32Array(20).fill(0.05));
    const stream = network.stream({ decision: rules.evidence });
    const before = await stream.push(events, { until: end });
    const bits = await digest(network);
    const abort = new AbortController();
    // Slices of 16,384 steps: the abort comes in the middle.
    const pushed = stream.push(empty, { until: end + 400_000_000, signal: abort.signal });
    setTimeout(() => abort.abort(), 5);
    await expect(pushed).rejects.toMatchObject({ code: "aborted" });
    expect(await digest(network)).toBe(bits);
    expect(decided(await stream.push(empty, { until: end }))).toEqual(decided(before));
    expect((await stream.push(empty, { until: end + 5000 })).steps).toBe(5);
  });

  it("with a target is learned from, step by step", async () => {
    using network = await build();
    const stream = network.stream({ start: 0 });
    const { result } = await stream.push(empty, { until: 500_000, target: 1 });
    expect(result?.updates).toBe(500);
  });
});

describe("a network at rest", () => {
  const rest = 20_000;
  /** The events, a pause, and the events again. */
  const later = (pause: number) => ({ ...events, t: events.t.map((time) => time + pause + 40_000) });

  it("answers as one that has not seen anything yet", async () => {
    using network = await build();
    using fresh = await build();
    const stream = network.stream({ rest, decision: rules.majority });
    await stream.push(events, { until: end });
    const { steps } = await stream.push(empty, { until: end + 7_200_000_000 });
    expect(steps).toBe(20);
    const again = await stream.push(later(7_200_000_000));
    const first = await fresh.stream({ decision: rules.majority }).push(events);
    expect({ ...decided(again), time: 0 }).toEqual({ ...decided(first), time: 0 });
    expect(again.steps).toBe(39);
    expect(await digest(network)).toBe(await digest(fresh));
  });

  it("is the same however the stream is cut", async () => {
    const all = { ...later(300_000), x: events.x };
    const run = async (size: number) => {
      const network = await build();
      const stream = network.stream({ rest, burnIn: 4 });
      let steps = 0;
      let votes = 0;
      const push = async (given: EventColumns, options: PushOptions = {}) => {
        const { result, ...pushed } = await stream.push(given, { ...options, target: 0 });
        steps += pushed.steps;
        votes += result?.countedSteps ?? 0;
      };
      for (let from = 0; from < length; from += size) await push(piece(from, from + size));
      if (size < 100) for (let until = end; until < 340_000; until += 3300) await push(empty, { until });
      for (let from = 0; from < length; from += size) {
        const { x, y, p, t } = all;
        const cut = (column: Uint16Array) => column.slice(from, from + size);
        await push({ x: cut(x), y: cut(y), p: p.slice(from, from + size), t: t.slice(from, from + size) });
      }
      const outcome = { steps, votes, digest: await digest(network) };
      network.dispose();
      return outcome;
    };
    const whole = await run(length);
    expect(whole.votes).toBe(whole.steps - 2 * 4);
    expect(await run(31)).toEqual(whole);
    expect(await run(1)).toEqual(whole);
  });

  it("runs the steps that a plain reading of the rule says", async () => {
    const times = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 12 });
    await fc.assert(
      fc.property(
        times,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 9, max: 60 }),
        (unsorted, timeStep, rest) => {
          const sorted = Float64Array.from(unsorted).sort();
          const steps = Math.floor(400 / timeStep);
          const runs = stretches(sorted, 0, steps * timeStep, timeStep, 0, rest);
          const ran = runs.flatMap(({ start, steps }) => Array.from({ length: steps }, (_, k) => start / timeStep + k));
          const expected = Array.from({ length: steps }, (_, step) => step).filter((step) => {
            const [from, to] = [step * timeStep, (step + 1) * timeStep];
            const before = [0, ...sorted].filter((time) => time < from || time === 0).at(-1) ?? 0;
            const inside = sorted.some((time) => time >= from && time < to);
            const last = Math.max(...[0, ...sorted].filter((time) => time < to));
            return inside || from < Math.max(before, last < from ? last : 0) + rest;
          });
          expect(ran).toEqual(expected);
          for (const [place, { rested, start }] of runs.entries()) {
            const before = runs[place - 1];
            const gap = before === undefined ? start > 0 : before.start + before.steps * timeStep < start;
            expect(rested).toBe(gap);
          }
        },
      ),
    );
  });
});

it("learning by events at every step of one sample is the same for cuts at multiples of 64 steps", async () => {
  const made = { ...specification, optimizer: sgd({ learningRate: 0.01 }), propagation: "events" } as const;
  const run = async (ends: readonly number[]) => {
    using network = await build(made);
    const stream = network.stream({ start: 0 });
    const busy = { ...events, t: events.t.map((_, event) => event * 800) };
    let from = 0;
    for (const until of ends) {
      const to = busy.t.filter((time) => time < until).length;
      const cut = {
        x: busy.x.slice(from, to),
        y: busy.y.slice(from, to),
        p: busy.p.slice(from, to),
        t: busy.t.slice(from, to),
      };
      await stream.push(cut, { until, target: 2 });
      from = to;
    }
    return await digest(network);
  };
  expect(await run([64_000, 192_000, 320_000])).toBe(await run([320_000]));
});
