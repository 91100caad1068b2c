/** Data sets of one's own: from arrays, from iterables, from folders. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Dataset, datasets, dense, type IterableDataset, Network, type OwnRecording } from "../../src/index.js";

const sensor = { width: 6, height: 4 };

/** A recording of a few events in plain arrays. */
function recording(label: number | string, start = 0): OwnRecording {
  return { events: { x: [0, 5, 2], y: [3, 0, 1], p: [0, 1, 1], t: [start, start + 400, start + 2500] }, label };
}

/** What a call throws. */
async function caught(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error("expected an error, found none");
}

describe("datasets.fromArrays", () => {
  it("takes plain arrays, and knows classes, duration and labels by itself", async () => {
    const set = datasets.fromArrays([recording("wave"), recording("clap", 1e9), recording("wave")], { sensor });
    expect(set).toMatchObject({ name: "own", classes: ["clap", "wave"], length: 3, sensor, duration: 2501 });
    expect(Array.from(set.labels ?? [])).toEqual([1, 0, 1]);
    expect(await set.sample(1)).toEqual({
      events: {
        x: Uint16Array.of(0, 5, 2),
        y: Uint16Array.of(3, 0, 1),
        p: Uint8Array.of(0, 1, 1),
        t: Float64Array.of(1e9, 1e9 + 400, 1e9 + 2500),
      },
      label: 0,
    });
  });

  it("keeps the order of classes that it is given, and numbers", async () => {
    const classes = ["wave", "clap", "point"];
    const set = datasets.fromArrays([recording("clap"), recording("wave")], { sensor, classes, name: "hands" });
    expect(set).toMatchObject({ name: "hands", classes });
    expect(Array.from(set.labels ?? [])).toEqual([1, 0]);
    expect(datasets.fromArrays([recording(0), recording(2)], { sensor }).classes).toEqual(["0", "1", "2"]);
    expect(datasets.fromArrays([recording("10"), recording("9")], { sensor }).classes).toEqual(["9", "10"]);
  });

  it("copies what it is given", async () => {
    const events = { x: Uint16Array.of(1), y: Uint16Array.of(1), p: Uint8Array.of(1), t: Float64Array.of(7) };
    const set = datasets.fromArrays([{ events, label: 0 }], { sensor });
    events.x[0] = 5;
    expect((await set.sample(0)).events.x[0]).toBe(1);
  });

  it("gives what a network learns from", async () => {
    const set = datasets.fromArrays([recording("wave"), recording("clap")], { sensor });
    using network = await Network.create({
      input: { channels: 2, height: 4, width: 6 },
      layers: [dense({ units: 4 })],
      readout: { units: 2 },
    });
    const { epochs } = await network.fit(set, { epochs: 1 });
    expect(epochs[0]).toMatchObject({ samples: 2, updates: 2 });
  });

  const changed = (change: Partial<Record<"x" | "y" | "p" | "t", unknown>>) =>
    [recording(0), { events: { ...recording(0).events, ...change }, label: 0 }] as OwnRecording[];

  it.each<[string, OwnRecording[], object, string, string]>([
    ["a column outside the sensor", changed({ x: [0, 6, 2] }), {}, "range", "recordings[1].events.x[1]"],
    ["a row before the first", changed({ y: [0, 0, -1] }), {}, "range", "recordings[1].events.y[2]"],
    ["half a pixel", changed({ x: [0, 0.5, 2] }), {}, "range", "recordings[1].events.x[1]"],
    ["a polarity of −1", changed({ p: [1, -1, 1] }), {}, "range", "recordings[1].events.p[1]"],
    ["a time in seconds", changed({ t: [0, 0.25, 1] }), {}, "range", "recordings[1].events.t[1]"],
    ["a time that goes back", changed({ t: [5, 4, 6] }), {}, "time-order", "recordings[1].events.t[1]"],
    ["a time that is none", changed({ t: [5, Number.NaN, 6] }), {}, "not-finite", "recordings[1].events.t[1]"],
    ["text for a number", changed({ x: ["0", "1", "2"] }), {}, "config", "recordings[1].events.x[0]"],
    ["a hole", changed({ x: new Array(3) }), {}, "config", "recordings[1].events.x[0]"],
    ["columns of unequal length", changed({ p: [1, 1] }), {}, "shape", "recordings[1].events.p"],
    ["no column", changed({ p: undefined }), {}, "config", "recordings[1].events.p"],
    ["no recordings", [], {}, "shape", "recordings"],
    ["what is no recording", [null as never], {}, "config", "recordings[0]"],
    ["a sensor without pixels", [recording(0)], { sensor: { width: 0, height: 4 } }, "range", "sensor.width"],
    ["no sensor", [recording(0)], { sensor: undefined }, "config", "sensor"],
    ["numbers and names", [recording(0), recording("a")], {}, "config", "recordings[1].label"],
    ["half a class", [recording(0.5)], {}, "range", "recordings[0].label"],
    ["a class out of all proportion", [recording(1e9)], {}, "range", "classes"],
    ["an unknown name", [recording("a")], { classes: ["b"] }, "range", "recordings[0].label"],
    ["a class beyond the last", [recording(1)], { classes: ["b"] }, "range", "recordings[0].label"],
    ["a class twice", [recording("b")], { classes: ["b", "b"] }, "config", "classes[1]"],
    ["no duration", [recording(0)], { duration: 0 }, "range", "duration"],
    ["an unknown setting", [recording(0)], { labels: [0] }, "config", "labels"],
  ])("refuses %s with its path", async (_, recordings, description, code, path) => {
    const error = await caught(() => datasets.fromArrays(recordings, { sensor, ...description } as never));
    expect(error).toMatchObject({ code, message: expect.stringContaining(`${path}: `) });
  });

  it("refuses an index that is not there", async () => {
    const set = datasets.fromArrays([recording(0)], { sensor });
    for (const index of [-1, 1, 0.5]) {
      expect(await caught(() => set.sample(index))).toMatchObject({
        code: "range",
        message: expect.stringMatching(/^own: /),
      });
    }
  });
});

describe("datasets.fromIterable", () => {
  /** Recordings in arrays that are used again and again. */
  async function* reusing(count: number): AsyncGenerator<OwnRecording> {
    const events = { x: new Uint16Array(1), y: new Uint16Array(1), p: new Uint8Array(1), t: new Float64Array(1) };
    for (let index = 0; index < count; index++) {
      events.x[0] = index;
      yield { events, label: index % 2 };
    }
  }

  it("keeps every recording of a source that reuses its arrays", async () => {
    const set = await datasets.fromIterable(reusing(4), { sensor, name: "live" });
    expect(set).toMatchObject({ name: "live", length: 4, classes: ["0", "1"] });
    const columns = await Promise.all([0, 1, 2, 3].map(async (index) => (await set.sample(index)).events.x[0]));
    expect(columns).toEqual([0, 1, 2, 3]);
  });

  it("takes what is no promise, too", async () => {
    expect((await datasets.fromIterable(new Set([recording(0), recording(1)]), { sensor })).length).toBe(2);
  });

  it("takes as many as it is told from a source that does not end, and closes it", async () => {
    let closed = false;
    async function* endless(): AsyncGenerator<OwnRecording> {
      try {
        for (;;) yield recording(0);
      } finally {
        closed = true;
      }
    }
    expect((await datasets.fromIterable(endless(), { sensor, limit: 3 })).length).toBe(3);
    expect(closed).toBe(true);
  });

  it("is heard by its caller while a source does not answer", async () => {
    const silent: AsyncIterable<OwnRecording> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => undefined),
        return: () => new Promise(() => undefined),
      }),
    };
    const controller = new AbortController();
    const reading = datasets.fromIterable(silent, { sensor, signal: controller.signal });
    setTimeout(() => controller.abort(new Error("enough")), 5);
    expect(await caught(() => reading)).toMatchObject({ code: "aborted", cause: new Error("enough") });
    const before = datasets.fromIterable([recording(0)], { sensor, signal: AbortSignal.abort() });
    expect(await caught(() => before)).toMatchObject({ code: "aborted" });
  });

  it("says what is wrong with which recording, closes the source, and passes on its errors", async () => {
    let closed = false;
    function* bad(): Generator<OwnRecording> {
      try {
        yield recording(0);
        yield { ...recording(0), events: { x: [9], y: [0], p: [0], t: [0] } };
      } finally {
        closed = true;
      }
    }
    const refused = await caught(() => datasets.fromIterable(bad(), { sensor }));
    expect(refused).toMatchObject({ code: "range", message: expect.stringContaining("recordings[1].events.x[0]: ") });
    expect(closed).toBe(true);
    async function* failing(): AsyncGenerator<OwnRecording> {
      yield recording(0);
      throw new Error("disk on fire");
    }
    expect(await caught(() => datasets.fromIterable(failing(), { sensor }))).toMatchObject({ message: "disk on fire" });
  });

  it.each<[string, unknown, Partial<IterableDataset>, string, string]>([
    ["a source that is none", 7, {}, "config", "source"],
    ["an element that is none", [7], {}, "config", "recordings[0]"],
    ["nothing", [], {}, "shape", "recordings"],
    ["an unknown setting", [recording(0)], { most: 3 } as object, "config", "most"],
    ["a limit of nothing", [recording(0)], { limit: 0 }, "range", "limit"],
  ])("refuses %s", async (_, source, options, code, path) => {
    const error = await caught(() => datasets.fromIterable(source as [], { sensor, ...options }));
    expect(error).toMatchObject({ code, message: expect.stringContaining(`${path}: `) });
  });
});

describe("datasets.folder", () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "decolle-folder-"));
  });
  afterEach(() => rm(root, { recursive: true }));

  /** Lays files into folders: the first of a path is the class. */
  async function lay(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(join(root, path, ".."), { recursive: true });
      await writeFile(join(root, path), text);
    }
  }

  const read = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes)) as OwnRecording["events"];
  const text = (x: number) => JSON.stringify({ x: [x], y: [0], p: [1], t: [0] });
  const columns = async (set: Dataset) =>
    Promise.all(Array.from({ length: set.length }, async (_, index) => (await set.sample(index)).events.x[0]));

  it("reads one folder a class by the caller's function, sorted, and passes over what is hidden", async () => {
    await lay({
      "wave/10.json": text(2),
      "wave/9.json": text(1),
      "clap/1.json": text(0),
      "clap/._1.json": "no JSON",
      ".git/1.json": "no JSON",
      "clap/deeper/2.json": "no JSON",
      "notes.txt": "no JSON",
    });
    await symlink(join(root, "wave"), join(root, "zoom"));
    const set = await datasets.folder(root, { sensor, duration: 1000, read });
    expect(set).toMatchObject({ name: root, classes: ["clap", "wave", "zoom"], length: 5, duration: 1000 });
    expect(Array.from(set.labels ?? [])).toEqual([0, 1, 1, 2, 2]);
    expect(await columns(set)).toEqual([0, 1, 2, 1, 2]);
    // `._1.json`, `deeper`, `.git` and `notes.txt`.
    expect(set.ignored).toBe(4);
    expect((await set.sample(1)).label).toBe(1);
  });

  it("takes some classes in the caller's order, files of one kind, and a reader that waits", async () => {
    await lay({ "a/1.json": text(1), "a/1.txt": "no JSON", "b/1.json": text(2), "c/1.json": text(3) });
    const waiting = async (bytes: Uint8Array, path: string) => {
      expect(path.startsWith(root)).toBe(true);
      return read(bytes);
    };
    const classes = ["c", "a"];
    const options = { sensor, duration: 1000, classes, extension: ".json", read: waiting, name: "letters" };
    const set = await datasets.folder(root, options);
    expect(set).toMatchObject({ name: "letters", classes });
    expect(await columns(set)).toEqual([3, 1]);
  });

  it("reads N-MNIST's files by itself, as datasets.nmnist does", async () => {
    const nmnist = fileURLToPath(new URL("nmnist", import.meta.url));
    const { train } = await datasets.nmnist(nmnist);
    const options = { sensor: { width: 34, height: 34 }, duration: 300_000 };
    const set = await datasets.folder(pathToFileURL(join(nmnist, "Train")), options);
    expect(set.classes).toEqual(train.classes);
    expect(await set.sample(7)).toEqual(await train.sample(7));
  });

  it("says what is wrong, with the path", async () => {
    const options = { sensor, duration: 1000, read };
    expect(await caught(() => datasets.folder(join(root, "nowhere"), options))).toMatchObject({
      code: "io",
      message: expect.stringContaining("nowhere"),
    });
    expect(await caught(() => datasets.folder(root, options))).toMatchObject({
      code: "format",
      message: expect.stringContaining(`${root}: expected recordings`),
    });
    await lay({ "a/1.json": "no JSON", "a/2.json": text(6) });
    const set = await datasets.folder(root, options);
    expect(await caught(() => set.sample(0))).toMatchObject({
      code: "format",
      message: expect.stringContaining(join(root, "a", "1.json")),
      cause: expect.any(SyntaxError),
    });
    expect(await caught(() => set.sample(1))).toMatchObject({
      code: "range",
      message: expect.stringContaining(`${join(root, "a", "2.json")}.x[0]: `),
    });
    expect(await caught(() => set.sample(2))).toMatchObject({ code: "range" });
    expect(await caught(() => datasets.folder(root, { ...options, extensions: [".json"] } as never))).toMatchObject({
      code: "config",
      message: expect.stringContaining("extensions: "),
    });
    expect(await caught(() => datasets.folder(root, { ...options, read: "json" } as never))).toMatchObject({
      code: "config",
      message: expect.stringContaining("read: "),
    });
    expect(await caught(() => datasets.folder(root, { ...options, classes: ["a", "b"] }))).toMatchObject({
      code: "io",
      message: expect.stringContaining(join(root, "b")),
    });
  });
});
