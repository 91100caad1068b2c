/** What lies beside a network in its checkpoint, a training's position or an open stream, is checked field by field. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DecolleError, dense, Network } from "../../src/index.js";
import { misdescribed } from "../faults/victim.js";
import { halves } from "./halves.js";

const specification = {
  input: { channels: 2, height: 6, width: 6 },
  layers: [dense({ units: 8 })],
  readout: { units: 2 },
} as const;

/** A checkpoint with an open stream. */
async function openStream(): Promise<Uint8Array> {
  using network = await Network.create(specification);
  const events = { x: Uint16Array.of(1, 2), y: Uint16Array.of(1, 2), p: Uint8Array.of(0, 1) };
  await network.stream({ transform: {} }).push({ ...events, t: Float64Array.of(1000, 3000) }, { target: 1 });
  return await network.toBytes();
}

/** A checkpoint with one of them, and the key that it lies under. */
const checkpoints: Readonly<Record<string, () => Promise<Uint8Array>>> = {
  training: async () => {
    using network = await Network.create(specification);
    await network.fit(halves(4), { epochs: 1, batchSize: 2, keepBest: true, transform: { downsample: 1 } });
    return await network.toBytes();
  },
  "stream-position": openStream,
};

type Json = null | boolean | number | string | readonly Json[] | { readonly [field: string]: Json };

/** Paths to all that a value consists of. */
function places(value: Json, path: readonly string[] = []): Array<readonly string[]> {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([field, part]) => places(part as Json, [...path, field]))];
}

/** The value with something else at a place, nothing where it is undefined. */
function replaced(value: Json, [first, ...rest]: readonly string[], by: Json | undefined): Json | undefined {
  if (first === undefined) return by;
  const parts = value as Record<string, Json>;
  const part = replaced(parts[first] as Json, rest, by);
  if (Array.isArray(value)) return value.map((old, index) => (String(index) === first ? (part ?? null) : old));
  const { [first]: _, ...others } = parts;
  return part === undefined ? others : { ...others, [first]: part };
}

describe.each(Object.entries(checkpoints))("%s", (key, checkpoint) => {
  const withText = (bytes: Uint8Array, change: (text: string) => string) =>
    misdescribed(bytes, (entry) => {
      const metadata = entry["metadata"] as Record<string, string>;
      metadata[key] = change(metadata[key] as string);
    });

  it("is refused with the path of a field of another type", async () => {
    const bytes = await checkpoint();
    let stored: Json = null;
    withText(bytes, (text) => {
      stored = JSON.parse(text) as Json;
      return text;
    });
    for (const place of places(stored)) {
      const wrong = withText(bytes, () => JSON.stringify(replaced(stored, place, { wrong: true })));
      await expect(Network.fromBytes(wrong), place.join(".")).rejects.toMatchObject({
        code: "checkpoint",
        message: expect.stringContaining(["metadata", key, ...place.slice(0, 1)].join(".")),
      });
    }
  });

  it("with any value at any place is refused, or kept as it is", async () => {
    const bytes = await checkpoint();
    let stored: Json = null;
    withText(bytes, (text) => {
      stored = JSON.parse(text) as Json;
      return text;
    });
    const value = fc.oneof(
      fc.constantFrom(-1, 0, 0.5, 1e300, 2 ** 53, 2 ** 16, "", "text", null, true, [], {}, [1], undefined),
      fc.jsonValue(),
    ) as fc.Arbitrary<Json | undefined>;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places(stored)), value, async (place, by) => {
        const changed = replaced(stored, place, by);
        const wrong = withText(bytes, (text) => (changed === undefined ? text : JSON.stringify(changed)));
        let network: Network;
        try {
          network = await Network.fromBytes(wrong);
        } catch (error) {
          expect(error).toMatchObject({ code: "checkpoint" });
          return;
        }
        using loaded = network;
        const kept = await loaded.toBytes();
        using again = await Network.fromBytes(kept);
        expect(await again.toBytes()).toEqual(kept);
        if (key === "stream-position") {
          const [x, y, p, t] = [new Uint16Array(0), new Uint16Array(0), new Uint8Array(0), new Float64Array(0)];
          try {
            await loaded.stream({ resume: true }).push({ x, y, p, t }, { until: 10_000 });
          } catch (error) {
            // A sensor of another size, or a time that is too far off.
            expect(error).toBeInstanceOf(DecolleError);
            expect((error as DecolleError).code).toMatch(/^(shape|range|time-order|config)$/);
          }
        }
      }),
      { numRuns: 300 * Number(process.env.DECOLLE_FUZZ ?? 1) },
    );
  });
});

describe("what an open stream has not run", () => {
  it.each([
    ["t", [2999.5], "t.0"],
    ["t", [2999], "t[0]: expected at least 3000, found 2999"],
    ["t", [3001], "t[0]: expected at most 3000, found 3001"],
    ["x", [6], "x[0]: expected below 6, found 6"],
    ["y", [7], "y[0]: expected below 6, found 7"],
  ])("is refused where no stream leaves it open: %s = %j", async (column, values, message) => {
    const wrong = misdescribed(await openStream(), (entry) => {
      const metadata = entry["metadata"] as Record<string, string>;
      const stored = JSON.parse(metadata["stream-position"] as string) as Json;
      metadata["stream-position"] = JSON.stringify(replaced(stored, ["clock", "open", column], values));
    });
    await expect(Network.fromBytes(wrong)).rejects.toMatchObject({
      code: "checkpoint",
      message: expect.stringContaining(`metadata.stream-position.clock.open.${message}`),
    });
  });

  it("is refused where its units have no such number", async () => {
    using network = await Network.create({ ...specification, input: { units: 5 } });
    await network.stream().push({ t: Float64Array.of(0), unit: Uint32Array.of(4) });
    const wrong = misdescribed(await network.toBytes(), (entry) => {
      const metadata = entry["metadata"] as Record<string, string>;
      metadata["stream-position"] = (metadata["stream-position"] as string).replace('"unit":[4]', '"unit":[5]');
    });
    await expect(Network.fromBytes(wrong)).rejects.toMatchObject({
      message: expect.stringContaining("metadata.stream-position.clock.open.unit[0]: expected below 5, found 5"),
    });
  });
});
