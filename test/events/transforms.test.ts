/** Transforms of recordings over the public API; `crates/events/tests/transforms` holds each to its plain definition. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  datasets,
  type ErrorCode,
  type EventColumns,
  events,
  type RecordingTransform,
  type SourcedRecording,
  slices,
  transforms,
} from "../../src/index.js";

const nmnist = await datasets.nmnist(new URL("../data/nmnist", import.meta.url));

/** A real recording: a digit before a camera that moves. */
async function digit(index: number): Promise<SourcedRecording> {
  return { events: (await nmnist.train.sample(index)).events, sensor: nmnist.train.sensor };
}

function columns(list: ReadonlyArray<readonly [x: number, y: number, p: number, t: number]>): EventColumns {
  return {
    x: Uint16Array.from(list, ([x]) => x),
    y: Uint16Array.from(list, ([, y]) => y),
    p: Uint8Array.from(list, ([, , p]) => p),
    t: Float64Array.from(list, ([, , , t]) => t),
  };
}

function listed({ x, y, p, t }: EventColumns): number[][] {
  return Array.from(t, (time, event) => [x[event] ?? -1, y[event] ?? -1, p[event] ?? -1, time]);
}

/** Every transform, with options that fit N-MNIST. */
const every: readonly RecordingTransform[] = [
  transforms.centerCrop({ width: 32, height: 30 }),
  transforms.cropTime({ min: 10_000, max: 290_000 }),
  transforms.denoise({ filterTime: 8000 }),
  transforms.downsample({ space: 2, time: 100 }),
  transforms.dropEvent({ probability: [0.05, 0.2] }),
  transforms.dropEventByArea({ share: 0.1 }),
  transforms.dropEventByTime({ share: 0.1 }),
  transforms.mergePolarities(),
  transforms.randomCrop({ width: 14, height: 15 }),
  transforms.randomFlipLR(),
  transforms.randomFlipPolarity({ probability: 0.1 }),
  transforms.randomFlipUD(),
  transforms.refractoryPeriod({ delta: 500 }),
  transforms.spatialJitter({ varX: 0.5, varY: 0.2, sigmaXy: 0.1, outliers: "clip" }),
  transforms.timeJitter({ std: 300 }),
  transforms.timeSkew({ coefficient: [0.9, 1.1], offset: -2000 }),
  transforms.uniformNoise({ count: 100 }),
];

describe("the constructors", () => {
  it("are those of the core, and make plain data", async () => {
    const unknown = [{ type: "none" }] as unknown as RecordingTransform[];
    const { message } = (await events
      .transform(await digit(0), unknown)
      .catch((error: Error) => error as Error)) as Error;
    expect(Array.from(message.matchAll(/`(\w+)`/g), ([, name]) => name).slice(0, -1)).toEqual(Object.keys(transforms));
    expect(every.map(({ type }) => type)).toEqual(Object.keys(transforms));
    expect(transforms.denoise({ filterTime: 3 })).toEqual({ type: "denoise", filterTime: 3 });
    expect(transforms.denoise()).toEqual({ type: "denoise" });
  });
});

describe("a recording", () => {
  it("is left as it is, and comes out with its new sensor", async () => {
    const recording = await digit(3);
    const before = structuredClone(recording);
    const after = await events.transform(recording, every, { seed: 5 });
    expect(recording).toEqual(before);
    expect(after.sensor).toEqual({ width: 14, height: 15 });
    const { x, y, t } = after.events;
    expect(x.length).toBeGreaterThan(100);
    expect(x.every((column) => column < 14) && y.every((row) => row < 15)).toBe(true);
    expect(t.every((time, event) => event === 0 || time >= (t[event - 1] ?? 0))).toBe(true);
  });

  it("has the same bits on every backend and platform", async () => {
    const { events: made } = await events.transform(await digit(3), every, { seed: 5, epoch: 2, index: 9 });
    const digest = createHash("sha256");
    for (const column of [made.x, made.y, made.p, made.t]) digest.update(column);
    expect(digest.digest("hex")).toMatchInlineSnapshot(
      `"b23782e89d5dd53b5fed4ea43436c41ae6c9f70bb028ad8b8d84b04cc97139ef"`,
    );
  });

  it("is denoised by what plain loops say, whatever the digit", async () => {
    for (let index = 0; index < nmnist.train.length; index++) {
      const recording = await digit(index);
      const last = new Map<string, number>();
      const supported = listed(recording.events).filter(([x = 0, y = 0, , t = 0]) => {
        last.set(`${x} ${y}`, t);
        const beside = [`${x - 1} ${y}`, `${x + 1} ${y}`, `${x} ${y - 1}`, `${x} ${y + 1}`];
        return beside.some((pixel) => t - (last.get(pixel) ?? Number.NEGATIVE_INFINITY) < 2000);
      });
      const { events: made } = await events.transform(recording, [transforms.denoise({ filterTime: 2000 })]);
      expect(supported.length).toBeLessThan(recording.events.t.length);
      expect(listed(made)).toEqual(supported);
    }
  });

  it("comes to the same by one list and by one transform after the other", async () => {
    const steps = [
      transforms.refractoryPeriod({ delta: 900 }),
      transforms.denoise(),
      transforms.centerCrop({ width: 20, height: 18 }),
      transforms.downsample({ space: 3 }),
      transforms.timeSkew({ coefficient: 0.5 }),
    ];
    let single = await digit(1);
    for (const step of steps) single = await events.transform(single, [step]);
    expect(await events.transform(await digit(1), steps)).toEqual(single);
  });

  it("depends on seed, epoch and number, and on nothing else", async () => {
    const list = [transforms.timeJitter({ std: 100 })];
    const recording = await digit(0);
    const times = async (draw: object) => (await events.transform(recording, list, draw)).events.t;
    const first = await times({ seed: 1, epoch: 1, index: 1 });
    expect(await times({ seed: 1, epoch: 1, index: 1 })).toEqual(first);
    for (const draw of [{ seed: 2 }, { epoch: 2 }, { index: 2 }]) {
      expect(await times({ seed: 1, epoch: 1, index: 1, ...draw })).not.toEqual(first);
    }
    expect(await times({})).toEqual(await times({ seed: 1, epoch: 0, index: 0 }));
  });

  it("may be empty", async () => {
    const nothing = { events: columns([]), sensor: { width: 34, height: 34 } };
    expect((await events.transform(nothing, every)).events).toEqual(columns([]));
  });

  const side = { width: 4, height: 4 };
  const one = columns([[1, 1, 1, 5]]);
  const bad: ReadonlyArray<[string, unknown, unknown, ErrorCode, string]> = [
    ["no list", { events: one, sensor: side }, {}, "config", "transforms: "],
    [
      "a number of no size",
      { events: one, sensor: side },
      [transforms.denoise({ filterTime: Number.NaN })],
      "not-finite",
      "transforms[0].filterTime: ",
    ],
    [
      "a bad option",
      { events: one, sensor: side },
      [transforms.denoise(), transforms.refractoryPeriod({ delta: 0 })],
      "range",
      "transforms[1].delta: ",
    ],
    [
      "a crop beyond the sensor",
      { events: one, sensor: side },
      [transforms.centerCrop({ width: 5, height: 1 })],
      "range",
      "transforms[0].width: ",
    ],
    ["no recording", 3, [], "config", "recording: "],
    ["no sensor", { events: one }, [], "config", "sensor: "],
    ["a missing column", { events: { ...one, p: undefined }, sensor: side }, [], "config", "recording.events.p: "],
    ["an event outside", { events: columns([[4, 0, 0, 0]]), sensor: side }, [], "range", "recording.events.x[0]: "],
    [
      "a time that goes back",
      {
        events: columns([
          [0, 0, 0, 3],
          [0, 0, 0, 2],
        ]),
        sensor: side,
      },
      [],
      "time-order",
      "recording.events.t[1]: ",
    ],
    ["half a microsecond", { events: columns([[0, 0, 0, 0.5]]), sensor: side }, [], "range", "recording.events.t[0]: "],
  ];

  it.each(bad)("is refused with %s", async (_, recording, list, code, path) => {
    const call = events.transform(recording as SourcedRecording, list as RecordingTransform[]);
    await expect(call).rejects.toMatchObject({ code, message: expect.stringContaining(path) });
    await expect(call).rejects.toSatisfy((error: Error) => error.message.startsWith(path));
  });

  it("is refused with a draw that is none", async () => {
    for (const [name, value] of [
      ["seed", -1],
      ["epoch", 0.5],
      ["index", 2 ** 32],
    ] as const) {
      const call = events.transform({ events: one, sensor: side }, [], { [name]: value });
      await expect(call).rejects.toMatchObject({ code: "range", path: name });
    }
  });

  it("is refused with a backend or threads that are none", async () => {
    for (const [name, value, code] of [
      ["backend", "", "config"],
      ["threads", 0, "range"],
    ] as const) {
      const call = events.transform({ events: one, sensor: side }, [], { [name]: value });
      await expect(call).rejects.toMatchObject({ code, path: name });
    }
  });
});

describe("a spike train", () => {
  it("is transformed as a row of pixels", async () => {
    const train = { t: Float64Array.of(0, 100, 101, 5000), unit: Uint32Array.of(65_535, 7, 7, 2) };
    const list = [transforms.refractoryPeriod({ delta: 10 }), transforms.cropTime({ max: 1000 })];
    const after = await events.transform({ events: train, sensor: { units: 65_536 } }, list);
    expect(after).toEqual({
      events: { t: Float64Array.of(0, 100), unit: Uint32Array.of(65_535, 7) },
      sensor: { units: 65_536 },
    });
    const outside = events.transform({ events: train, sensor: { units: 9 } }, []);
    await expect(outside).rejects.toMatchObject({ code: "range", path: "recording.events.unit[0]" });
    const many = events.transform({ events: train, sensor: { units: 65_537 } }, []);
    await expect(many).rejects.toMatchObject({ code: "range", path: "sensor.units" });
  });
});

describe("spikes", () => {
  it("are the same by a transform of the data as by that of the network's input", async () => {
    const recording = await digit(2);
    const timing = { timeStep: 1000, steps: 300 };
    const crop = { left: 1, top: 3, width: 32, height: 28 };
    const fused = await events.toSpikes(recording, { ...timing, transform: { crop, downsample: 4 } });
    const cropped = await events.transform(recording, [
      transforms.centerCrop({ width: 32, height: 28 }),
      transforms.downsample({ space: 4 }),
    ]);
    const { offsets, indices, counts } = await events.toSpikes(cropped, {
      ...timing,
      start: recording.events.t[0] ?? 0,
    });
    expect({ offsets, indices, counts }).toEqual({
      offsets: fused.offsets,
      indices: fused.indices,
      counts: fused.counts,
    });
    expect(counts.reduce((sum, count) => sum + count, 0) + fused.dropped).toBe(recording.events.t.length);
  });

  it("are refused with the path of what is wrong", async () => {
    const recording = await digit(0);
    for (const [options, path] of [
      [{ timeStep: 0, steps: 1 }, "timeStep"],
      [{ timeStep: 1, steps: 0 }, "steps"],
      [{ timeStep: 1, steps: 1, transform: { downsample: 99 } }, "transform.downsample"],
    ] as const) {
      await expect(events.toSpikes(recording, options)).rejects.toMatchObject({ code: "range", path });
    }
    const outside = { events: recording.events, sensor: { width: 9, height: 34 } };
    const call = events.toSpikes(outside, { timeStep: 1, steps: 1 });
    await expect(call).rejects.toMatchObject({
      code: "range",
      path: expect.stringMatching(/^recording\.events\.x\[\d+\]$/),
    });
    const train = { events: { t: Float64Array.of(1), unit: Uint32Array.of(0) }, sensor: { units: 3 } };
    const spikes = events.toSpikes(train as unknown as SourcedRecording, { timeStep: 1, steps: 1 });
    await expect(spikes).rejects.toMatchObject({ code: "config", path: "recording.sensor" });
  });
});

describe("slices", () => {
  const anyTimes = fc.array(fc.nat(50), { maxLength: 40 }).map((gaps) => {
    let time = -100;
    return Float64Array.from(gaps, (gap) => (time += gap));
  });

  it("of equal length, one after the other, hold every event of the whole once", async () => {
    const whole = fc.asyncProperty(anyTimes, fc.integer({ min: 1, max: 60 }), async (t, window) => {
      const recording = { t, unit: Uint32Array.from(t, (_, event) => event) };
      const parts = await events.slice(recording, slices.byTime({ window, includeIncomplete: true }));
      expect(parts.flatMap((part) => Array.from(part.events.unit))).toEqual(Array.from(recording.unit));
      for (const { events, start, end } of parts) {
        expect(end - start).toBe(window);
        expect(events.t.every((time) => time >= start && time < end)).toBe(true);
      }
    });
    await fc.assert(whole);
  });

  it("by count have as many events, and lie in the memory of the whole", async () => {
    const { events: whole } = await digit(0);
    const parts = await events.slice(whole, slices.byCount({ count: 1000, overlap: 100 }));
    expect(parts.map((part) => part.events.t.length)).toEqual(parts.map(() => 1000));
    expect(parts[1]?.events.x.byteOffset).toBe(whole.x.byteOffset + 2 * 900);
    expect(parts.every((part) => part.events.p.buffer === whole.p.buffer)).toBe(true);
  });

  it("by label bear it, in the order of the labels, also where nothing happened", async () => {
    const recording = columns([
      [0, 0, 1, 10],
      [1, 0, 0, 20],
      [2, 0, 1, 30],
    ]);
    const parts = await events.slice(
      recording,
      slices.byLabel([
        { label: 4, start: 20, end: 31 },
        { label: "wave", start: 0, end: 10 },
      ]),
    );
    expect(parts.map(({ events: { x }, ...rest }) => [Array.from(x), rest])).toEqual([
      [[1, 2], { start: 20, end: 31, label: 4 }],
      [[], { start: 0, end: 10, label: "wave" }],
    ]);
  });

  const bad: ReadonlyArray<[string, unknown, ErrorCode, string]> = [
    ["nothing", undefined, "config", "slicing"],
    ["another type", { type: "byMood" }, "config", "slicing.type"],
    ["no window", { type: "byTime" }, "config", "slicing.window"],
    ["an overlap as long as the window", slices.byTime({ window: 5, overlap: 5 }), "range", "slicing.overlap"],
    ["a count of NaN", slices.byCount({ count: Number.NaN }), "not-finite", "slicing.count"],
    [
      "a label that ends before it begins",
      slices.byLabel([{ label: 0, start: 5, end: 4 }]),
      "range",
      "slicing.labels[0].end",
    ],
    [
      "a label that is none",
      { type: "byLabel", labels: [{ label: null, start: 5, end: 6 }] },
      "config",
      "slicing.labels[0].label",
    ],
    ["labels in no list", { type: "byLabel", labels: 3 }, "config", "slicing.labels"],
  ];

  it.each(bad)("are refused with %s", async (_, slicing, code, path) => {
    const call = events.slice(columns([[0, 0, 0, 0]]), slicing as ReturnType<typeof slices.byTime>);
    await expect(call).rejects.toMatchObject({ code, path });
  });

  it("are refused where time goes back, with the event", async () => {
    const call = events.slice(
      columns([
        [0, 0, 0, 3],
        [0, 0, 0, 2],
      ]),
      slices.byTime({ window: 1 }),
    );
    await expect(call).rejects.toMatchObject({ code: "time-order", path: "events.t[1]" });
  });
});
