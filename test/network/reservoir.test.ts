/** A bounded memory of recordings: what it keeps, how fairly, and that it goes on as it was. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type EventColumns, Reservoir } from "../../src/index.js";

/** Events on sensors of some sizes up to 2048 pixels a side, microseconds between them: long gaps and short ones. */
const recording = fc
  .record({ width: fc.nat(11), height: fc.nat(11), longest: fc.constantFrom(400, 9_000, 400_000) })
  .chain(({ width, height, longest }) =>
    fc.array(fc.record({ x: fc.nat(2 ** width - 1), y: fc.nat(2 ** height - 1), p: fc.nat(1), gap: fc.nat(longest) }), {
      minLength: 1,
      maxLength: 40,
    }),
  )
  .map((list): EventColumns => {
    let time = 1e15;
    const t = Float64Array.from(list, ({ gap }) => (time += gap));
    const column = (name: "x" | "y" | "p") => list.map((event) => event[name]);
    return { x: Uint16Array.from(column("x")), y: Uint16Array.from(column("y")), p: Uint8Array.from(column("p")), t };
  });

/** A recording of so many events, all at the same place. */
function plain(length: number): EventColumns {
  return {
    x: new Uint16Array(length),
    y: new Uint16Array(length),
    p: new Uint8Array(length),
    t: new Float64Array(length),
  };
}

describe("a reservoir", () => {
  it("gives back pixels, polarities and the steps at which events came", () => {
    fc.assert(
      fc.property(recording, fc.nat(9), (events, target) => {
        const reservoir = new Reservoir({ bytes: 1024 });
        expect(reservoir.add(events, target)).toBe(true);
        const drawn = reservoir.draw();
        const first = events.t[0] ?? 0;
        expect(drawn?.target).toBe(target);
        expect(drawn?.events).toEqual({
          ...events,
          t: events.t.map((time) => 1000 * Math.floor((time - first) / 1000)),
        });
      }),
    );
  });

  it("never takes more bytes than it was given", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(300), { maxLength: 60 }), fc.nat(), (lengths, seed) => {
        const reservoir = new Reservoir({ bytes: 2048, seed });
        for (const length of lengths) {
          reservoir.add(plain(length), 0);
          expect(reservoir.bytes).toBeLessThanOrEqual(2048);
        }
        expect(reservoir.toBytes().length).toBe(reservoir.bytes + 20);
        expect(reservoir.length > 0).toBe(lengths.some((length) => length > 0));
      }),
    );
  });

  it("takes two bytes for an event of a small sensor and four for one of a large sensor or after a long gap", () => {
    const of = (x: number, gap: number) => {
      const reservoir = new Reservoir({ bytes: 4096 });
      reservoir.add(
        { ...plain(100), x: new Uint16Array(100).fill(x), t: Float64Array.from({ length: 100 }, (_, i) => i * gap) },
        0,
      );
      return reservoir.bytes - 24;
    };
    expect([of(33, 0), of(33, 1000), of(2047, 0), of(2047, 100_000)]).toEqual([200, 200, 200, 400]);
    const wide = { ...plain(100), x: new Uint16Array(100).fill(2047), y: new Uint16Array(100).fill(2047) };
    const reservoir = new Reservoir({ bytes: 4096 });
    reservoir.add(wide, 0);
    expect(reservoir.bytes - 24).toBe(400);
  });

  it("refuses more bytes than it could store the number of", () => {
    expect(() => new Reservoir({ bytes: 2 ** 34 })).toThrow(expect.objectContaining({ code: "range" }));
    const largest = new Reservoir({ bytes: 2 ** 34 - 1 });
    expect(Reservoir.fromBytes(largest.toBytes()).toBytes()).toEqual(largest.toBytes());
  });

  it("keeps early recordings of a class as often as late ones", () => {
    let early = 0;
    let kept = 0;
    for (let seed = 0; seed < 200; seed++) {
      // Room for fifteen of two hundred, of which the later half have the other polarity.
      const reservoir = new Reservoir({ bytes: 1024, seed });
      for (let number = 0; number < 200; number++) {
        reservoir.add({ ...plain(28), p: new Uint8Array(28).fill(number < 100 ? 0 : 1) }, 5);
      }
      const view = new DataView(reservoir.toBytes().buffer);
      for (let place = 0; place < reservoir.length; place++) {
        kept++;
        // In words of 16 bits with one bit for rows and one for columns.
        if ((view.getUint16(20 + 16 + 64 * place + 8, true) & 4) === 0) early++;
      }
    }
    expect(kept).toBe(200 * 15);
    // Half of 3,000 and four standard deviations.
    expect(Math.abs(early / kept - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / kept));
  });

  it("shares its room among classes, however often and in whatever order they were shown", () => {
    const runs = [400, 3, 90, 40];
    const reservoir = new Reservoir({ bytes: 4096 });
    for (const [target, shown] of runs.entries()) {
      for (let number = 0; number < shown; number++) reservoir.add(plain(28), target);
    }
    const drawn = Array.from({ length: 4000 }, () => reservoir.draw()?.target);
    const shares = runs.map((_, target) => drawn.filter((found) => found === target).length / drawn.length);
    for (const share of shares) expect(Math.abs(share - 0.25)).toBeLessThan(4 * Math.sqrt(0.1875 / drawn.length));
    const view = new DataView(reservoir.toBytes().buffer);
    const kept: number[] = [];
    for (let place = 5; kept.length < runs.length; ) {
      const size = view.getUint32(4 * place + 12, true);
      kept.push(size);
      place += 4 + 16 * size;
    }
    // All that there were of the second; of the others as many as of one another.
    expect(kept[1]).toBe(3);
    expect(kept.reduce((sum, size) => sum + size, 0)).toBe(63);
    for (const target of [0, 2, 3]) expect(kept[target]).toBe(20);
  });

  it("goes on from its bytes as it would have", () => {
    fc.assert(
      fc.property(fc.array(recording, { minLength: 1, maxLength: 30 }), fc.nat(29), (recordings, cut) => {
        const straight = new Reservoir({ bytes: 1024, seed: 3, timeStep: 100 });
        let restarted = new Reservoir({ bytes: 1024, seed: 3, timeStep: 100 });
        for (const [number, events] of recordings.entries()) {
          if (number === cut) restarted = Reservoir.fromBytes(restarted.toBytes());
          expect(restarted.add(events, number)).toBe(straight.add(events, number));
          expect(restarted.draw()).toEqual(straight.draw());
        }
        expect(restarted.toBytes()).toEqual(straight.toBytes());
      }),
    );
  });

  it("keeps nothing of what has no events or does not fit, and draws nothing where it is empty", () => {
    const reservoir = new Reservoir({ bytes: 1024 });
    expect(reservoir.add(plain(0), 0)).toBe(false);
    // 250 words of four bytes, an event in half of one.
    expect(reservoir.add(plain(501), 0)).toBe(false);
    expect(reservoir.draw()).toBeNull();
    expect(reservoir.add(plain(500), 0)).toBe(true);
  });

  it("refuses what it cannot keep, by name", () => {
    const reservoir = new Reservoir({ bytes: 1024 });
    const wide = { ...plain(2), x: Uint16Array.of(0, 2048) };
    expect(() => reservoir.add(wide, 0)).toThrow(expect.objectContaining({ code: "range", path: "events.x[1]" }));
    const back = { ...plain(2), t: Float64Array.of(1, 0) };
    expect(() => reservoir.add(back, 0)).toThrow(expect.objectContaining({ code: "time-order", path: "events.t[1]" }));
    expect(() => reservoir.add(plain(1), -1)).toThrow(expect.objectContaining({ code: "range", path: "target" }));
    expect(() => new Reservoir({ bytes: 1023 })).toThrow(expect.objectContaining({ code: "range", path: "bytes" }));
    expect(reservoir.length).toBe(0);
  });

  it.each([
    ["a target that there was", 5 + 17, 3],
    ["fewer recordings shown than kept", 5 + 1, 0],
    ["no recordings", 5 + 3, 0],
    ["more recordings than there are", 5 + 3, 2 ** 32 - 1],
    ["no words", 5 + 4, 0],
    ["more words than there are", 5 + 4, 2 ** 32 - 1],
    ["no bits for columns", 5 + 5, 256],
    ["more bits than words have", 5 + 5, 9 + 256 * 9],
    ["more classes than there are", 4, 2 ** 32 - 1],
    ["less room than it takes", 1, 256],
    ["steps of no time", 2, 0],
  ])("takes no bytes with %s", (_, place, number) => {
    // Two classes of one recording of 22 events each: 4 + 2 + 11 words.
    const reservoir = new Reservoir({ bytes: 2048 });
    for (const target of [3, 4]) reservoir.add(plain(22), target);
    if (place === 1) for (let more = 0; more < 30; more++) reservoir.add(plain(22), 3);
    const bytes = reservoir.toBytes();
    expect(Reservoir.fromBytes(bytes).toBytes()).toEqual(bytes);
    new DataView(bytes.buffer).setUint32(4 * place, number, true);
    expect(() => Reservoir.fromBytes(bytes)).toThrow(expect.objectContaining({ code: "checkpoint" }));
  });

  it("reads any bytes that it takes as recordings", () => {
    fc.assert(
      fc.property(recording, fc.nat(200), fc.nat(2 ** 32 - 1), (events, place, number) => {
        const reservoir = new Reservoir({ bytes: 1024 });
        reservoir.add(events, 3);
        const bytes = reservoir.toBytes();
        new DataView(bytes.buffer).setUint32(4 * (place % (bytes.length / 4)), number, true);
        let taken: Reservoir;
        try {
          taken = Reservoir.fromBytes(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: "checkpoint" });
          return;
        }
        const { t, x } = taken.draw()?.events ?? { t: [], x: [] };
        expect(x.length).toBe(t.length);
        expect(t.length).toBeLessThanOrEqual(bytes.length / 2);
        expect([...t].every((time, event) => Number.isFinite(time) && time >= (t[event - 1] ?? 0))).toBe(true);
      }),
    );
  });

  it("takes no bytes but its own", () => {
    const reservoir = new Reservoir({ bytes: 1024 });
    reservoir.add(plain(20), 3);
    const bytes = reservoir.toBytes();
    for (const wrong of [
      bytes.slice(0, -4),
      bytes.slice(0, 19),
      new Uint8Array(64),
      Uint8Array.of(...bytes, 0, 0, 0, 0),
    ]) {
      expect(() => Reservoir.fromBytes(wrong)).toThrow(expect.objectContaining({ code: "checkpoint" }));
    }
  });
});
