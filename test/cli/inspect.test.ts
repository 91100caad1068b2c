/** `decolle inspect`, run as a user runs it. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "fast-png";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EventColumns, events } from "../../src/index.js";
import { decolle, recordings } from "./command.js";

const backend = process.env["DECOLLE_BACKEND"] ?? "auto";
const digit = join(recordings, "Train", "0", "00261.bin");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "decolle-inspect-"));
});
afterAll(() => rm(folder, { recursive: true }));

const inspect = (...words: string[]) => decolle("inspect", "--backend", backend, ...words);

/** Ten thousand events on a diagonal, and one pixel in the corner that never rests. */
async function written(name: string): Promise<string> {
  const path = join(folder, name);
  const count = 10_000;
  const hot = (event: number) => event % 4 === 0;
  const columns: EventColumns = {
    x: Uint16Array.from({ length: count }, (_, event) => (hot(event) ? 63 : event % 60)),
    y: Uint16Array.from({ length: count }, (_, event) => (hot(event) ? 47 : event % 40)),
    p: Uint8Array.from({ length: count }, (_, event) => (event % 5 === 0 ? 0 : 1)),
    t: Float64Array.from({ length: count }, (_, event) => 1_000_000 + event * 100),
  };
  await events.save(path, columns, { sensor: { width: 64, height: 48 } });
  return path;
}

describe("decolle inspect", () => {
  it("says what is in a recording, in words", async () => {
    const { code, stdout, stderr } = await inspect(await written("a.es"));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const told of [
      /format +es$/m,
      /sensor +64×48$/m,
      /duration +999\.9 ms, from 1,000,000 to 1,999,900 µs$/m,
      /events +10,000, 10,001 a second$/m,
      /polarity +80\.0 % brighter, 20\.0 % darker$/m,
      /hot pixels +1: \(63, 47\) with 2,500 events$/m,
      /time +never goes backwards$/m,
      /10\.0 k\/s │[▇█]+$/m,
    ]) {
      expect(stdout).toMatch(told);
    }
  });

  it("says it as JSON, a line a file", async () => {
    const own = await written("b.es");
    const { stdout } = await inspect("--json", own, digit);
    const [one, other] = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)) as [object, object];
    expect(one).toMatchObject({
      file: own,
      format: "es",
      sensor: { width: 64, height: 48 },
      events: 10_000,
      on: 8000,
      off: 2000,
      first: 1_000_000,
      last: 1_999_900,
      duration: 999_900,
      columns: [1, 63],
      rows: [1, 47],
      hot: 1,
      hotPixels: [{ x: 63, y: 47, events: 2500 }],
      dropped: 0,
      untimed: 0,
    });
    const { rate, ...rest } = other as { rate: { on: number[]; off: number[] }; events: number };
    expect(rest).toMatchObject({ file: digit, format: "nmnist", sensor: { width: 34, height: 34 } });
    expect([...rate.on, ...rate.off].reduce((sum, count) => sum + count, 0)).toBe(rest.events);
  });

  it("tells where time first goes backwards, and how many events are left out for it", async () => {
    const path = join(folder, "back.bin");
    await writeFile(path, Uint8Array.of(1, 2, 0, 0, 9, 1, 2, 0, 0, 12, 1, 2, 0, 0, 7, 1, 2, 0, 0, 13));
    const { stdout } = await inspect("--format", "nmnist", path);
    expect(stdout).toMatch(/time +goes backwards, first at event 2 \(byte 10\): 7 µs after 12 µs; 1 events left out$/m);
  });

  it("draws a picture and an animation", async () => {
    const [png, gif] = [join(folder, "a.png"), join(folder, "a.gif")];
    const { code, stderr } = await inspect(await written("c.es"), "--png", png, "--gif", gif);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const picture = decode(await readFile(png));
    expect([picture.width, picture.height]).toEqual([64 * 8, 48 * 8]);
    // A pixel with events differs from one without.
    const at = (x: number, y: number) => picture.data[y * 8 * picture.width + x * 8];
    expect(at(62, 47)).toBe(at(63, 46));
    expect(at(63, 47)).not.toBe(at(62, 47));
    const animation = await readFile(gif);
    expect(animation.subarray(0, 6).toString("latin1")).toBe("GIF89a");
    expect([animation.readUInt16LE(6), animation.readUInt16LE(8)]).toEqual([64 * 8, 48 * 8]);
    expect(animation.at(-1)).toBe(0x3b);
    // A second of events in frames of ten milliseconds: as many graphic control extensions.
    expect(animation.toString("latin1").split("\x21\xf9\x04").length - 1).toBe(100);
  });

  it("reads what is damaged up to there where that is asked for, and else ends with exit code 1", async () => {
    const path = join(folder, "cut.es");
    const whole = await readFile(await written("d.es"));
    await writeFile(path, whole.subarray(0, whole.length - 3));
    const refused = await inspect(path);
    expect(refused).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/cut\.es: byte \d+: .*\[format\]/),
    });
    const { code, stdout } = await inspect("--partial", path);
    expect(code).toBe(0);
    expect(stdout).toMatch(/events +9,999/);
    expect(stdout).toMatch(/damage +read up to there: /);
  });

  it("refuses what it cannot do, before it draws anything", async () => {
    const path = join(folder, "text.bin");
    await writeFile(path, "nothing of a recording");
    const png = join(folder, "none.png");
    expect(await inspect(path, "--png", png)).toMatchObject({ code: 1, stderr: expect.stringContaining(path) });
    expect(await inspect(join(folder, "nowhere.es"))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("[io]"),
    });
    expect(await inspect(digit, "--png", join(folder, "none", "a.png"))).toMatchObject({ code: 1 });
    expect(await inspect(digit, digit, "--png", png)).toMatchObject({ code: 2 });
    expect(await inspect(digit, "--format", "evt9")).toMatchObject({ code: 2 });
    expect(await inspect()).toMatchObject({ code: 2 });
    expect(await readdir(folder)).not.toContain("none.png");
  });
});
