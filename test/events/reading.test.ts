/** Recordings from bytes of every kind of source, whole and block after block. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { selectRecordings } from "../../src/backend/select.js";
import { DecolleError, type EventColumns, events, type RecordingSource, recordingFormats } from "../../src/index.js";

const file = new URL("../data/nmnist/Train/0/00261.bin", import.meta.url);
const nmnist = { format: "nmnist" } as const;

const rejected = async (reading: Promise<unknown>) =>
  reading.then(
    () => undefined,
    (error: unknown) => error,
  );

/** N-MNIST's bytes of events at these times. */
const bytesOf = (times: readonly number[]) =>
  Uint8Array.from(times.flatMap((t) => [1, 2, t >> 16, (t >> 8) & 255, t & 255]));
const at = (...times: number[]) => bytesOf(times);

async function blocksOf(reader: AsyncIterable<EventColumns>): Promise<EventColumns[]> {
  const blocks: EventColumns[] = [];
  for await (const block of reader) blocks.push(block);
  return blocks;
}

/** Bytes in pieces of these sizes, the last one over and over. */
async function* inPieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array, void> {
  for (let start = 0, turn = 0; start < bytes.length; turn++) {
    const size = sizes[Math.min(turn, sizes.length - 1)] ?? 1;
    yield bytes.subarray(start, start + size);
    start += size;
  }
}

describe("a recording", () => {
  it("is loaded with its format and its sensor", async () => {
    const bytes = await readFile(file);
    const { events: columns, ...facts } = await events.load(bytes, nmnist);
    expect(facts).toEqual({ format: "nmnist", sensor: { width: 34, height: 34 }, dropped: 0, untimed: 0 });
    expect(columns.t.length * 5).toBe(bytes.length);
    expect([columns.x[0], columns.y[0]]).toEqual([bytes[0], bytes[1]]);
  });

  it("is the same from every kind of source", async () => {
    const bytes = new Uint8Array(await readFile(file));
    const { events: expected } = await events.load(bytes, nmnist);
    const sources: ReadonlyArray<Parameters<typeof events.load>[0]> = [
      new Blob([bytes]),
      new File([bytes], "a.bin"),
      new Blob([bytes]).stream() as RecordingSource,
      inPieces(bytes, [1000]),
      [bytes.subarray(0, 7), bytes.subarray(7)],
      file,
      fileURLToPath(file),
    ];
    for (const source of sources) expect((await events.load(source, nmnist)).events).toEqual(expected);
  });

  it("is the same in pieces of any size", async () => {
    const bytes = new Uint8Array(await readFile(file));
    const { events: expected } = await events.load(bytes, nmnist);
    const sizes = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(sizes, async (given) => {
        expect((await events.load(inPieces(bytes, [...given, 4096]), nmnist)).events).toEqual(expected);
      }),
      { numRuns: 5 },
    );
  });

  it("comes in blocks of bounded size, and says what it is from the first block on", async () => {
    const bytes = bytesOf(Array.from({ length: 30_000 }, (_, event) => event));
    const reader = events.read(bytes, nmnist);
    expect([reader.format, reader.sensor, reader.bytes]).toEqual([undefined, undefined, 0]);
    let next = 0;
    for await (const { t } of reader) {
      expect(reader.format).toBe("nmnist");
      expect(t.length).toBeLessThanOrEqual(8256);
      for (const time of t) expect(time).toBe(next++);
    }
    expect(next).toBe(30_000);
    expect([reader.sensor, reader.bytes]).toEqual([{ width: 34, height: 34 }, bytes.length]);
  });

  it("is read while it comes: a block is there before the next piece is", async () => {
    let asked = 0;
    const source = (async function* () {
      for (const time of [1, 2, 3]) {
        asked++;
        yield at(time);
      }
    })();
    for await (const { t } of events.read(source, nmnist)) expect(Array.from(t)).toEqual([asked]);
    expect(asked).toBe(3);
  });

  it("may be empty", async () => {
    expect((await events.load(new Uint8Array(), nmnist)).events.t).toHaveLength(0);
    expect(await blocksOf(events.read([], nmnist))).toEqual([]);
  });

  it("can be left early, and its source hears of it", async () => {
    let left = false;
    const source = (async function* () {
      try {
        for (;;) yield at(1);
      } finally {
        left = true;
      }
    })();
    for await (const _ of events.read(source, nmnist)) break;
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(left).toBe(true);
  });

  it("is iterated over once", async () => {
    const reader = events.read(at(1), nmnist);
    expect(await blocksOf(reader)).toHaveLength(1);
    expect(await rejected(blocksOf(reader))).toMatchObject({ code: "busy" });
  });
});

describe("times that go backwards", () => {
  const bytes = at(5, 9, 7, 8, 12);
  const times = async (order: "sort" | "drop") => Array.from((await events.load(bytes, { ...nmnist, order })).events.t);

  it("are refused, with the byte", async () => {
    expect(await rejected(events.load(bytes, nmnist))).toMatchObject({ code: "time-order", path: "byte 10" });
  });

  it("are sorted, or left out and counted, where that is asked for", async () => {
    expect(await times("sort")).toEqual([5, 7, 8, 9, 12]);
    expect(await times("drop")).toEqual([5, 9, 12]);
    expect(await events.load(bytes, { ...nmnist, order: "drop" })).toMatchObject({
      dropped: 2,
      firstDropped: { event: 2, byte: 10, time: 7, latest: 9 },
    });
  });
});

describe("damage", () => {
  const damaged = Uint8Array.of(1, 2, 0, 0, 9, 1, 99, 0, 0, 10);

  it("is told with its offset, as data, too", async () => {
    expect(await rejected(events.load(damaged, nmnist))).toMatchObject({
      code: "range",
      path: "byte 5",
      expected: "y below 34",
      found: "99 in event 1",
      message: "byte 5: expected y below 34, found 99 in event 1",
    });
  });

  it("names the file, where there is one", async () => {
    const path = fileURLToPath(new URL("reading.test.ts", import.meta.url));
    const error = await rejected(events.load(path, nmnist));
    expect(error).toMatchObject({ code: "range", message: expect.stringContaining(`${path}: byte `) });
  });

  it("ends the recording there, where that is asked for", async () => {
    const { events: columns, damage } = await events.load(damaged, { ...nmnist, partial: true });
    expect(Array.from(columns.t)).toEqual([9]);
    expect(damage).toMatchObject({ name: "DecolleError", code: "range", path: "byte 5" });
  });

  it("is a file that ends within an event, too", async () => {
    expect(await rejected(events.load(at(1, 2).subarray(0, 9), nmnist))).toMatchObject({
      code: "format",
      path: "byte 5",
    });
  });
});

describe("reading is refused", () => {
  it("for bytes that do not say their format", async () => {
    expect(await rejected(events.load(Uint8Array.of(1, 2, 3)))).toMatchObject({ code: "format", path: "format" });
  });

  it("for HDF5, which is read elsewhere", async () => {
    const bytes = Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0);
    expect(await rejected(events.load(bytes))).toMatchObject({
      code: "format",
      message: expect.stringContaining("readHdf5"),
    });
  });

  it("for a format that there is none of", async () => {
    const error = await rejected(events.load(at(1), { format: "evt9" as never }));
    expect(error).toMatchObject({ code: "unsupported", path: "format", found: '"evt9"' });
  });

  it("for a file that is not there", async () => {
    expect(await rejected(events.load("nowhere/a.bin"))).toMatchObject({ code: "io", path: "nowhere/a.bin" });
  });

  it.each<[unknown, unknown, string, string]>([
    [3, {}, "config", "source"],
    [[1, 2], {}, "config", "source"],
    [new Uint16Array(5), {}, "config", "source"],
    [new Uint8Array(5), { format: 3 }, "config", "format"],
    [new Uint8Array(5), { form: "nmnist" }, "config", "form"],
    [new Uint8Array(5), { order: "shuffle" }, "config", "order"],
    [new Uint8Array(5), { sortWithin: 1 }, "range", "sortWithin"],
    [new Uint8Array(5), { sortWithin: 2 ** 25 }, "range", "sortWithin"],
    [new Uint8Array(5), { partial: 1 }, "config", "partial"],
  ])("for %s with %s", async (source, options, code, path) => {
    const error = await rejected(events.load(source as Uint8Array, options as object));
    expect(error).toBeInstanceOf(DecolleError);
    expect(error).toMatchObject({ code, path });
  });

  it("where the caller aborts before, or while it waits for bytes that never come", async () => {
    const aborted = { ...nmnist, signal: AbortSignal.abort(new Error("enough")) };
    expect(await rejected(events.load(at(1), aborted))).toMatchObject({
      code: "aborted",
      cause: { message: "enough" },
    });
    const controller = new AbortController();
    const never: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
    };
    const waiting = rejected(events.load(never, { ...nmnist, signal: controller.signal }));
    setTimeout(() => controller.abort(), 5);
    expect(await waiting).toMatchObject({ code: "aborted" });
  });

  it("while blocks come, too: timers are served meanwhile", async () => {
    const bytes = bytesOf(new Array(400_000).fill(3));
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 1);
    const endless = (function* () {
      for (;;) yield bytes;
    })();
    const reading = (async () => {
      for await (const _ of events.read(endless, { ...nmnist, signal: controller.signal }));
    })();
    expect(await rejected(reading)).toMatchObject({ code: "aborted" });
  });

  it("while events are held and none are given", async () => {
    const bytes = bytesOf(new Array(400_000).fill(3));
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 1);
    const pieces = new Array<Uint8Array>(40).fill(bytes);
    const reader = events.read(pieces, { ...nmnist, order: "sort", sortWithin: 2 ** 24, signal: controller.signal });
    expect(await rejected(blocksOf(reader))).toMatchObject({ code: "aborted" });
    expect(reader.bytes).toBeLessThan(pieces.length * bytes.length);
  });

  it("with what the source throws", async () => {
    const source = (async function* (): AsyncGenerator<Uint8Array> {
      yield at(1);
      throw new Error("the cable");
    })();
    expect(await rejected(events.load(source, nmnist))).toMatchObject({ message: "the cable" });
  });
});

describe("a handle of a reader", () => {
  it("takes no bytes before those it has are used up, nor after the end, nor once it is disposed of", async () => {
    const { Reader } = await selectRecordings();
    const reader = new Reader("nmnist", "refuse", 2, false);
    reader.give(at(1));
    expect(() => reader.give(at(2))).toThrow(expect.objectContaining({ code: "busy" }));
    expect(Array.from(reader.next().t)).toEqual([1]);
    reader.finish();
    expect(() => reader.give(at(2))).toThrow(expect.objectContaining({ code: "busy" }));
    reader.dispose();
    reader.dispose();
    for (const call of [
      () => reader.next(),
      () => reader.describe(),
      () => reader.finish(),
      () => reader.give(at(1)),
    ]) {
      expect(call).toThrow(expect.objectContaining({ code: "disposed" }));
    }
  });
});

it("the formats are those of the core", async () => {
  const { formats } = await selectRecordings();
  expect(JSON.parse(formats())).toEqual(recordingFormats);
});
