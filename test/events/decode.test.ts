/** Recordings from the bytes of files, in every format there is. */
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { selectBackend } from "../../src/backend/select.js";
import { DecolleError, decode, recordingFormats } from "../../src/index.js";

const file = new URL("../data/nmnist/Train/0/00261.bin", import.meta.url);
const rejected = async (decoding: Promise<unknown>) =>
  decoding.then(
    () => undefined,
    (error: unknown) => error,
  );

describe("decode", () => {
  it("reads N-MNIST, and says its sensor", async () => {
    const bytes = await readFile(file);
    const { events, sensor } = await decode(bytes, { format: "nmnist" });
    expect(sensor).toEqual({ width: 34, height: 34 });
    expect(events.t.length * 5).toBe(bytes.length);
    expect([events.x[0], events.y[0]]).toEqual([bytes[0], bytes[1]]);
  });

  it("says the offset of what is damaged, as data, too", async () => {
    const error = await rejected(decode(Uint8Array.of(1, 2, 0, 0, 9, 1, 99, 0, 0, 10), { format: "nmnist" }));
    expect(error).toMatchObject({
      code: "range",
      path: "byte 6",
      expected: "y below 34",
      found: "99 in event 1",
      message: "byte 6: expected y below 34, found 99 in event 1",
    });
  });

  it("asks for the format of bytes that do not say theirs", async () => {
    expect(await rejected(decode(Uint8Array.of(1, 2, 3)))).toMatchObject({ code: "format", path: "format" });
  });

  it.each<[unknown, unknown, string]>([
    [[1, 2], {}, "config"],
    [new Uint8Array(5), { format: 3 }, "config"],
    [new Uint8Array(5), { form: "nmnist" }, "config"],
  ])("refuses %s with %s", async (bytes, options, code) => {
    const error = await rejected(decode(bytes as Uint8Array, options as object));
    expect(error).toBeInstanceOf(DecolleError);
    expect(error).toMatchObject({ code });
  });

  it("knows the formats of the core", async () => {
    const { binding } = await selectBackend();
    const names = recordingFormats.map(({ name }) => name).join(", ");
    expect(() => binding.decode("none", new Uint8Array())).toThrow(
      expect.objectContaining({ code: "unsupported", path: "format", expected: `one of ${names}`, found: '"none"' }),
    );
  });
});
