/** Recordings as bytes and in files. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EventColumns, events, recordingFormats, type WrittenFormat } from "../../src/index.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "decolle-writing-"));
});
afterAll(() => rm(folder, { recursive: true }));

const written = recordingFormats.filter((format) => format.written).map(({ name }) => name as WrittenFormat);
const sensor = { width: 34, height: 34 };

/** Recordings that all formats hold: a small sensor, a few seconds. */
const recordings = fc
  .array(
    fc.record({
      x: fc.integer({ min: 0, max: 33 }),
      y: fc.integer({ min: 0, max: 33 }),
      p: fc.integer({ min: 0, max: 1 }),
      t: fc.integer({ min: 0, max: 2 ** 23 - 1 }),
    }),
    { minLength: 1, maxLength: 300 },
  )
  .map((list): EventColumns => {
    const sorted = list.toSorted((one, other) => one.t - other.t);
    return {
      x: Uint16Array.from(sorted, ({ x }) => x),
      y: Uint16Array.from(sorted, ({ y }) => y),
      p: Uint8Array.from(sorted, ({ p }) => p),
      t: Float64Array.from(sorted, ({ t }) => t),
    };
  });
const [one] = fc.sample(recordings, { numRuns: 1, seed: 3 }) as [EventColumns];

/** A long recording, block after block. */
async function* blocks(count: number): AsyncGenerator<EventColumns, void> {
  for (let block = 0; block < count; block++) {
    const t = Float64Array.from({ length: 5000 }, (_, event) => block * 5000 + event);
    yield { x: new Uint16Array(5000).fill(block), y: new Uint16Array(5000), p: new Uint8Array(5000), t };
  }
}

const rejected = async (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe.each(written)("a recording in the format %s", (format) => {
  it("is read as it was written", async () => {
    await fc.assert(
      fc.asyncProperty(recordings, async (columns) => {
        const bytes = await events.encode(columns, { format, sensor });
        expect((await events.load(bytes, { format })).events).toEqual(columns);
      }),
      { numRuns: 30 },
    );
  });

  it("is the same block after block as at once", async () => {
    const pieces: Uint8Array[] = [];
    for await (const piece of events.write(blocks(4), { format, sensor, events: 20_000 })) pieces.push(piece);
    const whole = new Uint8Array(Buffer.concat(pieces));
    const { events: columns } = await events.load(whole, { format });
    expect(columns.t).toHaveLength(20_000);
    expect(columns.t[19_999]).toBe(19_999);
    const again = await events.encode(columns, { format, sensor });
    expect((await events.load(again, { format })).events).toEqual(columns);
  });

  it("is recognised by its bytes", async () => {
    const { extensions } = recordingFormats.find(({ name }) => name === format) ?? { extensions: [] };
    const path = join(folder, `recognised${extensions[0]}`);
    await events.save(path, one, { format, sensor });
    const { format: found, events: columns } = await events.load(path);
    // What both of these say of themselves is that they may be N-MNIST's.
    expect(found).toBe(format === "ncaltech101" ? "nmnist" : format);
    expect(columns).toEqual(one);
  });
});

describe("a recording in a file", () => {
  it("takes the format from the name, and replaces the file whole", async () => {
    const path = join(folder, "a.bin");
    await writeFile(path, "something else");
    await events.save(pathToFileURL(path), one, { sensor });
    expect(new Uint8Array(await readFile(path))).toEqual(await events.encode(one, { format: "nmnist", sensor }));
  });

  it("is as before where an event cannot be written, and nothing is left beside it", async () => {
    const own = join(folder, "own");
    await mkdir(own);
    const path = join(own, "a.bin");
    await writeFile(path, "something else");
    const outside = { ...one, x: one.x.map(() => 99) };
    expect(await rejected(events.save(path, outside, { sensor }))).toMatchObject({ code: "range" });
    const cable = new TypeError("the cable");
    const source = (async function* () {
      yield one;
      throw cable;
    })();
    expect(await rejected(events.save(path, source, { sensor }))).toBe(cable);
    expect(await readFile(path, "utf8")).toBe("something else");
    expect(await readdir(own)).toEqual(["a.bin"]);
  });

  it("needs a folder that is there, and a name that says a format", async () => {
    const path = join(folder, "none", "a.bin");
    expect(await rejected(events.save(path, one, { sensor }))).toMatchObject({ code: "io", path });
    expect(await rejected(events.save(join(folder, "a.xyz"), one))).toMatchObject({
      code: "unsupported",
      path: "format",
    });
  });

  it("is not written once the caller aborts", async () => {
    const signal = AbortSignal.abort();
    const path = join(folder, "aborted.bin");
    expect(await rejected(events.save(path, one, { sensor, signal }))).toMatchObject({ code: "aborted" });
    expect(await readdir(folder)).not.toContain("aborted.bin");
  });
});

describe("writing ends where the caller aborts", () => {
  it("while it waits for blocks that never come", async () => {
    const controller = new AbortController();
    let ended = false;
    const never: AsyncIterable<EventColumns> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: async () => {
          ended = true;
          return { done: true, value: undefined };
        },
      }),
    };
    const pieces = events.write(never, { format: "text", signal: controller.signal });
    const writing = rejected(pieces[Symbol.asyncIterator]().next());
    setTimeout(() => controller.abort(), 5);
    expect(await writing).toMatchObject({ code: "aborted", path: "write" });
    expect(ended).toBe(true);
  });

  it("while it writes one long recording: timers are served meanwhile", async () => {
    const length = 20_000_000;
    const long: EventColumns = {
      x: new Uint16Array(length),
      y: new Uint16Array(length),
      p: new Uint8Array(length),
      t: new Float64Array(length),
    };
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 1);
    const writing = rejected(events.encode(long, { format: "dat", signal: controller.signal }));
    expect(await writing).toMatchObject({ code: "aborted" });
  });
});

describe("writing is refused", () => {
  it.each<[string, unknown, unknown, string]>([
    ["an unknown format", one, { format: "evt9" }, "unsupported"],
    ["no format", one, {}, "config"],
    ["no columns", 3, { format: "nmnist" }, "config"],
    ["columns of other types", { ...one, t: Array.from(one.t) }, { format: "nmnist" }, "config"],
    ["columns of unequal length", { ...one, t: one.t.subarray(1) }, { format: "nmnist" }, "shape"],
    ["a time with a fraction", { ...one, t: one.t.map((t) => t + 0.5) }, { format: "nmnist" }, "range"],
    ["a time that is none", { ...one, t: one.t.map(() => Number.NaN) }, { format: "nmnist" }, "not-finite"],
    ["times that go backwards", { ...one, t: one.t.toReversed() }, { format: "nmnist" }, "time-order"],
    ["a sensor without width", one, { format: "nmnist", sensor: { width: 0, height: 3 } }, "range"],
  ])("for %s", async (_, columns, options, code) => {
    expect(await rejected(events.encode(columns as EventColumns, options as never))).toMatchObject({
      name: "DecolleError",
      code,
    });
  });
});
