/** The pieces of a stream: frozen, too many at a time, decided on by a rule, with their latency. */
import { describe, expect, it } from "vitest";
import { Network, type StreamOptions } from "../../src/index.js";
import { digest } from "../determinism/agreed.js";
import { build, empty, end, piece, rules, timeless } from "./stream-scene.js";
import { lastingDigest } from "./trained.js";

describe("a frozen stream", () => {
  it("measures the loss and leaves all weights, until it learns again", async () => {
    using network = await build();
    const stream = network.stream({ frozen: true });
    const weights = async () => (await network.tensor("layers.0.weight")).data;
    const before = await weights();
    const { result } = await stream.push(piece(0, 200), { target: 1 });
    expect(result?.updates).toBe(0);
    expect(result?.layers[1]?.loss).toBeGreaterThan(0);
    expect(await weights()).toEqual(before);
    stream.unfreeze();
    expect((await stream.push(piece(200, 250), { target: 1 })).result?.updates).toBe(5);
    expect(await weights()).not.toEqual(before);
    stream.freeze();
    expect(stream.frozen).toBe(true);
    expect((await stream.push(piece(250, 300), { target: 1 })).result?.updates).toBe(0);
    expect((await stream.push(piece(300, 350), { target: 1, learn: true })).result?.updates).toBe(5);
    expect((await stream.push(piece(350, 400), { target: 1, learn: false })).result?.updates).toBe(0);
  });
});

describe("arrays that are filled again as soon as they are pushed", () => {
  it("are not looked at any more, however many stretches of steps a piece comes to", async () => {
    const pause = (from: number) => {
      const given = piece(0, 200);
      return { ...given, t: given.t.map((time, event) => (event < 100 ? time : time + from)) };
    };
    using kept = await build();
    using filled = await build();
    const given = pause(100_000);
    const expected = await kept.stream({ rest: 20_000 }).push(pause(100_000), { until: 200_000 });
    const pushed = filled.stream({ rest: 20_000 }).push(given, { until: 200_000 });
    given.x.fill(0);
    given.t.fill(0);
    expect(timeless(await pushed)).toEqual(timeless(expected));
    expect(await digest(filled)).toBe(await digest(kept));
  });
});

describe("a backlog", () => {
  it.each([
    ["an end that is no whole number", { until: 1e9 + 0.5 }, empty, "range"],
    ["an event that is at no time", {}, { ...piece(0, 1), t: Float64Array.of(Number.POSITIVE_INFINITY) }, "not-finite"],
  ])("drops nothing for a piece with %s", async (_, options, wrong, code) => {
    using network = await build();
    const stream = network.stream({ start: 5000, backlog: { most: 20_000, drop: "oldest" } });
    const good = [0, 1, 2].map((place) =>
      stream.push(piece(50 * place, 50 * place + 50), { until: 10_000 + 5000 * place }),
    );
    await expect(stream.push(wrong, options)).rejects.toMatchObject({ code });
    expect((await Promise.all(good)).map(({ steps }) => steps)).toEqual([5, 5, 5]);
    expect(stream.dropped).toEqual({ steps: 0, events: 0 });
  });

  it("holds no events of what it drops, the newest as the oldest", async () => {
    for (const drop of ["oldest", "newest"] as const) {
      using network = await build();
      const stream = network.stream({ start: 5000, backlog: { most: 5000, drop } });
      const pushed = Array.from({ length: 8 }, (_, place) =>
        stream.push(piece(50 * place, 50 * place + 50), { until: 10_000 + 5000 * place }),
      );
      // Besides the piece at work no more than wait, and those of steps that stay open.
      expect(stream.behind.events).toBeLessThanOrEqual(50 + 50 + 8 * 10);
      const results = await Promise.all(pushed);
      expect(results.reduce((sum, { dropped }) => sum + dropped.events, 0)).toBe(300);
    }
  });

  /** Pushes eight pieces of 5 ms at once. */
  const flood = async (options: StreamOptions) => {
    const network = await build();
    const stream = network.stream({ start: 5000, ...options });
    const pushed = Array.from({ length: 8 }, (_, place) =>
      stream.push(piece(50 * place, 50 * place + 50), { until: 10_000 + 5000 * place }),
    );
    const { behind } = stream;
    const results = await Promise.all(pushed);
    const outcome = {
      behind,
      steps: results.map(({ steps }) => steps),
      dropped: results.map(({ dropped }) => dropped.steps),
      all: stream.dropped,
      time: results.at(-1)?.time,
      digest: await digest(network),
    };
    network.dispose();
    return outcome;
  };

  it("is told, and waits where nothing else was asked for", async () => {
    const outcome = await flood({});
    expect(outcome).toMatchObject({ behind: { time: 40_000, events: 400, pieces: 8 }, time: end });
    expect(outcome.steps).toEqual(Array(8).fill(5));
    expect(outcome.all).toEqual({ steps: 0, events: 0 });
  });

  it("drops the oldest whole steps of what waits", async () => {
    const outcome = await flood({ backlog: { most: 12_000, drop: "oldest" } });
    // The first piece is at work at once; of the 35 ms behind it the last 12 are kept.
    expect(outcome.steps.reduce((sum, steps) => sum + steps)).toBe(17);
    expect(outcome.steps.slice(-2)).toEqual([5, 5]);
    expect(outcome).toMatchObject({ all: { steps: 23, events: 230 }, time: end });
    using network = await build();
    const stream = network.stream({ start: 5000 });
    await stream.push(piece(0, 50), { until: 10_000 });
    const kept = piece(280, 400);
    await stream.push({ ...kept, t: kept.t.map((time) => time - 23_000) }, { until: 22_000 });
    expect(outcome.digest).toBe(await digest(network));
  });

  it("drops the newest whole steps", async () => {
    const outcome = await flood({ backlog: { most: 12_500, drop: "newest" } });
    expect(outcome.steps).toEqual([5, 5, 5, 2, 0, 0, 0, 0]);
    expect(outcome.dropped).toEqual([0, 0, 0, 3, 5, 5, 5, 5]);
    expect(outcome).toMatchObject({ all: { steps: 23, events: 230 }, time: end });
    using network = await build();
    await network.stream({ start: 5000 }).push(piece(0, 170), { until: 22_000 });
    expect(outcome.digest).toBe(await digest(network));
  });

  it("drops nothing of a single long piece, and goes on after a piece that is refused", async () => {
    using network = await build();
    const stream = network.stream({ backlog: { most: 1000, drop: "oldest" } });
    const first = stream.push(piece(0, 200));
    const refused = stream.push(piece(0, 5));
    expect((await first).dropped.steps).toBe(0);
    await expect(refused).rejects.toMatchObject({ code: "time-order" });
    expect((await stream.push(piece(200, 400))).steps).toBe(20);
  });

  it.each([
    [{ most: -1, drop: "oldest" }, "range", "backlog.most"],
    [{ most: 10, drop: "none" }, "config", "backlog.drop"],
    [{ drop: "oldest" }, "config", "backlog.most"],
  ])("refuses %o", async (backlog, code, path) => {
    using network = await build();
    expect(() => network.stream({ backlog: backlog as never })).toThrow(expect.objectContaining({ code, path }));
  });
});

describe("a decision", () => {
  it.each([
    [{ type: "most" }, "config", "decision"],
    [{ type: "majority", window: 0 }, "range", "decision.window"],
    [{ type: "majority", window: 1e9 }, "range", "decision.window"],
    [{ type: "evidence", timeConstant: 0 }, "range", "decision.timeConstant"],
    [{ type: "evidence", timeConstant: 5, temperature: 0 }, "range", "decision.temperature"],
    [{ type: "evidence", window: 5 }, "config", "decision.window"],
  ])("refuses %o", async (decision, code, path) => {
    using network = await build();
    expect(() => network.stream({ decision: decision as never })).toThrow(expect.objectContaining({ code, path }));
  });

  it.each(["majority", "evidence"] as const)("by %s goes on after a restart", async (rule) => {
    using network = await build();
    const stream = network.stream({ decision: rules[rule], rest: 50_000 });
    await stream.push(piece(0, 153), { target: 1 });
    using loaded = await Network.fromBytes(await network.toBytes());
    const resumed = loaded.stream({ resume: true, decision: rules[rule] });
    for (const [from, to] of [
      [153, 160],
      [160, 400],
    ] as const) {
      expect(timeless(await resumed.push(piece(from, to)))).toEqual(timeless(await stream.push(piece(from, to))));
    }
    expect(await lastingDigest(loaded)).toBe(await lastingDigest(network));
    expect(() => loaded.stream({ resume: true, rest: 60_000 })).toThrow(expect.objectContaining({ code: "config" }));
  });
});

describe("latency", () => {
  it("is told from the last event that took part, and not where none did", async () => {
    using network = await build();
    const stream = network.stream();
    expect((await stream.push(piece(0, 5))).latency).toBeNull();
    const waited = new Promise((resolve) => setTimeout(resolve, 30));
    await waited;
    // The step of the first five events is complete only now.
    expect((await stream.push(empty, { until: 7000 })).latency).toBeGreaterThanOrEqual(25);
    expect((await stream.push(empty, { until: 9000 })).latency).toBeNull();
    // A browser's clock is coarse.
    expect((await stream.push(piece(50, 100))).latency).toBeGreaterThanOrEqual(0);
  });
});
