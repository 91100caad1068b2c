/** Live events that need no page: frames before the simulated camera, devices, dropped files. The same on every backend. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  type DecolleError,
  dense,
  type EventPiece,
  events,
  type Frame,
  type LiveEvents,
  Network,
} from "../../src/index.js";

const side = 24;

/** A bright disc on grey goes around in a circle, 30 frames a second. */
function* circling(count: number): Generator<Frame> {
  for (let frame = 0; frame < count; frame++) {
    const [x, y] = [12 + 7 * Math.cos(frame / 4), 12 + 7 * Math.sin(frame / 4)];
    const luminance = Uint8Array.from({ length: side * side }, (_, pixel) => {
      const away = Math.hypot((pixel % side) + 0.5 - x, Math.floor(pixel / side) + 0.5 - y);
      return 60 + 140 * Math.min(1, Math.max(0, 4.5 - away));
    });
    yield { luminance, time: 33_333 * frame };
  }
}

async function all(source: LiveEvents): Promise<EventPiece[]> {
  const pieces: EventPiece[] = [];
  for await (const piece of source) pieces.push(piece);
  return pieces;
}

const fault = (work: () => unknown) =>
  (async () => work())().then(
    () => undefined,
    ({ code, message }: DecolleError) => `${code} ${message}`,
  );

const sensor = { width: side, height: side };

describe("frames", () => {
  it("give the same events on every backend, for ever", async () => {
    const hash = createHash("sha256");
    const options = { sensor, noiseRate: 2, leakRate: 0.5, seed: 3 };
    for (const { x, y, p, t, until } of await all(events.fromFrames(circling(40), options))) {
      hash.update(JSON.stringify([Array.from(x), Array.from(y), Array.from(p), Array.from(t), until]));
    }
    expect(hash.digest("hex")).toBe("ba4494fa3aa6805e391454b88fe11b201ea68504efe21205acf70108e9bc51ad");
  });

  it("give a piece each, whose events lie between its time and that of the frame before", async () => {
    const source = events.fromFrames(circling(20), { sensor });
    const pieces = await all(source);
    expect(source).toMatchObject({ sensor, taken: 20, dropped: 0 });
    expect(pieces.map(({ until }) => until)).toEqual(Array.from({ length: 20 }, (_, frame) => 33_333 * frame));
    expect(pieces[0]?.t).toHaveLength(0);
    pieces.slice(1).forEach(({ t }, before) => {
      expect(t.length).toBeGreaterThan(20);
      expect(t.every((time) => time >= 33_333 * before && time < 33_333 * (before + 1))).toBe(true);
    });
  });

  it("come from anything that can be iterated over, in bytes or in shares of white", async () => {
    async function* shares() {
      for (const { luminance, time } of circling(8)) {
        yield { luminance: Float32Array.from(luminance, (byte) => byte / 255), time };
      }
    }
    const counts = async (source: LiveEvents) => (await all(source)).map(({ t }) => t.length);
    const inBytes = await counts(events.fromFrames([...circling(8)], { sensor }));
    expect(await counts(events.fromFrames(shares(), { sensor }))).toEqual(inBytes);
  });

  it("are pushed into a stream as they come", async () => {
    const network = await Network.create({
      input: { channels: 2, ...sensor },
      timeStep: 1000,
      layers: [dense({ units: 8 })],
      readout: { units: 2 },
    });
    const stream = network.stream({ start: 0 });
    let steps = 0;
    for await (const piece of events.fromFrames(circling(10), { sensor })) {
      steps += (await stream.push(piece, { target: 1, until: piece.until })).steps;
    }
    expect(steps).toBe(299);
    network.dispose();
  });

  it("are refused with their number and what is wrong", async () => {
    const watched = (...frames: unknown[]) => fault(() => all(events.fromFrames(frames as Frame[], { sensor })));
    const luminance = new Uint8Array(side * side);
    const bright = new Float32Array(side * side).fill(0.5);
    bright[9] = 2;
    expect(await watched({ luminance, time: 0 }, { luminance, time: 0 })).toBe(
      "time-order frames[1].time: expected after 0 µs, the last frame's, found 0",
    );
    expect(await watched({ luminance: luminance.subarray(1), time: 0 })).toBe(
      "shape frames[0].luminance: expected 576 pixels, the sensor's, found 575",
    );
    expect(await watched({ luminance: bright, time: 0 })).toBe(
      "range frames[0].luminance[9]: expected 0 to 1, found 2",
    );
    expect(await watched({ luminance, time: 0.5 })).toMatch(/^range frames\[0\]\.time: expected whole microseconds/);
    expect(await watched({ luminance: [1, 2], time: 0 })).toMatch(
      /^config frames\[0\]\.luminance: expected a Uint8Array/,
    );
    expect(await watched(3)).toMatch(/^config frames\[0\]: expected an object with luminance and time, found 3/);
    expect(await fault(() => all(events.fromFrames(3 as never)))).toBe(
      "config frames: expected an iterable of frames, found 3",
    );
  });

  it("refuse options field by field, before anything is looked at", async () => {
    const told = (options: object) => fault(() => events.fromFrames([], options as never));
    expect(await told({ threshold: 0 })).toBe("range threshold: expected 0.05 to 2, found 0");
    expect(await told({ thresholdMismatch: 0.2 })).toBe("range thresholdMismatch: expected 0 to 0.1, found 0.2");
    expect(await told({ refractory: 0.5 })).toBe("range refractory: expected a whole number from 0, found 0.5");
    expect(await told({ noiseRate: -1 })).toBe("range noiseRate: expected 0 to 100, found -1");
    expect(await told({ leakRate: 11 })).toBe("range leakRate: expected 0 to 10, found 11");
    expect(await told({ toe: 0 })).toMatch(/^range toe: /);
    expect(await told({ gap: 1 })).toMatch(/^range gap: /);
    expect(await told({ sensor: { width: 600, height: 8 } })).toBe("range sensor.width: expected 8 to 512, found 600");
    expect(await told({ treshold: 1 })).toMatch(
      /^config treshold: unknown option of fromFrames; did you mean threshold/,
    );
  });

  it("end with an abort, and are iterated over once", async () => {
    const abort = new AbortController();
    const source = events.fromFrames(circling(1000), { sensor, signal: abort.signal });
    const watched = async () => {
      for await (const _ of source) if (source.taken === 3) abort.abort();
    };
    expect(await fault(watched)).toBe("aborted fromFrames: aborted by the caller");
    expect(source.taken).toBe(3);
    expect(await fault(watched)).toMatch(/^busy fromFrames: /);
  });
});

describe("a device", () => {
  const columns = {
    x: Uint16Array.of(3, 4, 5, 6),
    y: Uint16Array.of(1, 1, 2, 2),
    p: Uint8Array.of(1, 0, 1, 0),
    t: Float64Array.of(10, 20, 4000, 5000),
  };
  const encoded = (format: "evt2" | "aedat3" | "dat") =>
    events.encode(columns, { format, sensor: { width: 8, height: 4 } });

  it.each(["evt2", "aedat3", "dat"] as const)("that sends %s gives its events as they come", async (format) => {
    const bytes = await encoded(format);
    const device = {
      format,
      sensor: { width: 8, height: 4 },
      async *read() {
        for (let start = 0; start < bytes.length; start += 3) yield bytes.subarray(start, start + 3);
      },
    };
    const pieces = await all(events.fromDevice(device));
    expect(pieces.flatMap(({ t }) => Array.from(t))).toEqual(Array.from(columns.t));
    expect(pieces.flatMap(({ x }) => Array.from(x))).toEqual(Array.from(columns.x));
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.at(-1)?.until).toBe(5000);
  });

  it("may send no header", async () => {
    const bytes = await encoded("evt2");
    const end = new TextDecoder("latin1").decode(bytes).indexOf("% end\n") + 6;
    const read = () => [bytes.subarray(end)];
    const pieces = await all(events.fromDevice({ read, format: "evt2", sensor: { width: 8, height: 4 } }));
    expect(pieces.flatMap(({ t }) => Array.from(t))).toEqual(Array.from(columns.t));
  });

  it("is cancelled where it is left while it says nothing", async () => {
    let cancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      cancel() {
        cancelled = true;
      },
    });
    let begin = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const read = () => {
      begin();
      return stream;
    };
    const source = events.fromDevice({ read, format: "evt3", sensor: { width: 8, height: 4 } });
    const iterator = source[Symbol.asyncIterator]();
    const next = iterator.next();
    await begun;
    await iterator.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(cancelled).toBe(true);
  });

  it("is refused where it says an event that its sensor has no pixel for, and where its description lacks something", async () => {
    const bytes = await events.encode(columns, { format: "evt2" });
    const read = () => [bytes];
    expect(await fault(() => all(events.fromDevice({ read, format: "evt2", sensor: { width: 4, height: 4 } })))).toBe(
      "range x[1]: expected below 4, the side of the device's sensor, found 4",
    );
    expect(await fault(() => events.fromDevice({ read, sensor: { width: 4, height: 4 } } as never))).toMatch(
      /^config device\.format: /,
    );
    expect(await fault(() => events.fromDevice({ format: "evt2", sensor: { width: 4, height: 4 } } as never))).toMatch(
      /^config device\.read: /,
    );
  });
});

describe("outside a page", () => {
  it.runIf(typeof document === "undefined")("what needs one says so", async () => {
    const words = /^unsupported \w+: expected a page in a browser; fromFrames takes frames anywhere, found Node$/;
    expect(await fault(() => events.fromVideo({} as never))).toMatch(words);
    expect(await fault(() => events.fromCanvas({} as never))).toMatch(words);
    expect(await fault(() => events.fromPointer({} as never))).toMatch(words);
    expect(await fault(() => events.openCamera())).toMatch(words);
  });

  it("a dropped file is read, and its faults name it", async () => {
    const file = Object.assign(new Blob([Uint8Array.of(1, 2, 0, 0, 9, 3)]), { name: "cut.bin" });
    const told = async (blob: Blob) => {
      for await (const _ of events.fromFile(blob, { format: "nmnist" }));
    };
    expect(await fault(() => told(file))).toMatch(/^format cut\.bin: byte 5: /);
    expect(await fault(() => told(new Blob([Uint8Array.of(1)])))).toMatch(/^format file: byte /);
    expect(await fault(() => events.fromFile(new Uint8Array(3) as never))).toBe(
      "config file: expected a File or a Blob, found a Uint8Array",
    );
  });
});
