/**
 * Real recordings in every format there is, to facts that another program found: whole and in pieces of any size. They
 * lie beside the project; see DECOLLE_DATA.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type EventColumns, events, type RecordingFormat } from "../../src/index.js";

const root = process.env["DECOLLE_DATA"] ?? fileURLToPath(new URL("../../../shared/data", import.meta.url));
const folder = join(root, "formats");
const facts = join(folder, "expected.json");

const absent = existsSync(facts) ? undefined : `no recordings at ${folder}: set DECOLLE_DATA`;

/** What is known of a file. */
interface Facts {
  readonly count: number;
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly t: readonly [number, number];
  readonly on: number;
  readonly sumX: number;
  readonly sumY: number;
  readonly sumT: number;
  readonly first3: ReadonlyArray<readonly [number, number, number, number]>;
}

/** The format that each file is read in, by its bytes alone. */
const formats: Readonly<Record<string, RecordingFormat>> = {
  "nmnist.bin": "nmnist",
  "ncars.dat": "dat",
  "evt2.raw": "evt2",
  "evt3.raw": "evt3",
  "nmnist-00002.es": "es",
  "slider-depth.txt": "text",
  "davis240c-aedat2.aedat": "aedat2",
  "dvs128-aedat2.aedat": "aedat2",
  "dvxplorer.aedat4": "aedat4",
};

function factsOf({ x, y, p, t }: EventColumns): Facts {
  // Times of 10¹⁵ µs add up beyond what float64 counts; the known sums are of 64 bits with a sign.
  const sum = (values: Iterable<number>) =>
    Number(
      BigInt.asIntN(
        64,
        Array.from(values, BigInt).reduce((all, one) => all + one, 0n),
      ),
    );
  const range = (values: ArrayLike<number>): [number, number] => {
    const all = Array.from(values);
    return [all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b))];
  };
  const at = (event: number) => [t[event], x[event], y[event], p[event]] as [number, number, number, number];
  return {
    count: t.length,
    x: range(x),
    y: range(y),
    t: range(t),
    on: sum(p),
    sumX: sum(x),
    sumY: sum(y),
    sumT: sum(t),
    first3: [0, 1, 2].map(at),
  };
}

async function* inPieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array, void> {
  for (let start = 0, turn = 0; start < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(start, start + size);
    start += size;
  }
}

describe("real recordings", () => {
  const known = absent === undefined ? (JSON.parse(readFileSync(facts, "utf8")) as Record<string, Facts>) : {};

  describe.each(Object.entries(formats))("%s", (name, format) => {
    it("is read by its content to the facts that are known of it", async ({ skip }) => {
      skip(absent !== undefined, absent);
      const loaded = await events.load(join(folder, name));
      expect(loaded.format).toBe(format);
      expect(known[name]).toMatchObject(factsOf(loaded.events));
    });

    it("is the same in pieces of any size", async ({ skip }) => {
      skip(absent !== undefined, absent);
      const bytes = new Uint8Array(readFileSync(join(folder, name)));
      const whole = await events.load(bytes);
      const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 51, max: 99_999 })), {
        minLength: 1,
        maxLength: 4,
      });
      await fc.assert(
        fc.asyncProperty(sizes, async (given) => {
          expect(await events.load(inPieces(bytes, [...given, 50_000]))).toEqual(whole);
        }),
        { numRuns: 3 },
      );
    });
  });
});
