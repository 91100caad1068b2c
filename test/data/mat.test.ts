/** MATLAB files as ASL-DVS has them. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readMat } from "../../src/datasets/mat.js";
import { datasets } from "../../src/index.js";
import { put, temporary } from "./files.js";

const load = (name: string) => readFile(fileURLToPath(new URL(`mat/${name}.mat`, import.meta.url)));

describe.each(["plain", "compressed"])("a %s file", (name) => {
  it("gives its arrays of numbers", async () => {
    const arrays = readMat(await load(name), "a.mat");
    expect(arrays.get("ts")).toEqual(Float64Array.of(10, 20, 30));
    expect(arrays.get("x")).toEqual(Float64Array.of(0, 239, 5));
    expect(arrays.get("y")).toEqual(Float64Array.of(179, 0, 6));
    expect(arrays.get("pol")).toEqual(Float64Array.of(0, 1, 1));
  });

  it("that is cut or damaged anywhere gives arrays or a typed error, and nothing else", async () => {
    const whole = await load(name);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(whole.length), fc.nat(255), (place, length, value) => {
        const bytes = Uint8Array.from(whole);
        bytes[place] = value;
        try {
          readMat(bytes.subarray(0, length), "a.mat");
        } catch (error) {
          expect(error).toMatchObject({ name: "DecolleError", code: expect.stringMatching(/^(format|unsupported)$/) });
        }
      }),
    );
  });
});

describe("ASL-DVS", () => {
  it("has its letters in parts that are drawn class by class, the same ones each time", async () => {
    const root = await temporary();
    const bytes = await load("compressed");
    const files: Record<string, Uint8Array> = {};
    for (const letter of ["a", "k", "y"]) {
      for (let number = 1; number <= 10; number++)
        files[`${letter}/${letter}_${`${number}`.padStart(4, "0")}.mat`] = bytes;
    }
    await put(root, { ...files, "j/j_0001.mat": bytes, "a/.DS_Store": "" });
    const { train, test, remarks } = await datasets.asldvs(root);
    expect(train.classes).toHaveLength(24);
    expect(Array.from(test.labels ?? [])).toEqual([0, 9, 23]);
    expect(train.length).toBe(27);
    expect(await test.sample(2)).toEqual({
      events: {
        x: Uint16Array.of(0, 239, 5),
        y: Uint16Array.of(179, 0, 6),
        p: Uint8Array.of(0, 1, 1),
        t: Float64Array.of(10, 20, 30),
      },
      label: 23,
    });
    expect(remarks).toEqual([
      "asl-dvs has no parts of its own: 10 % of each class are drawn for the test, seed 1",
      "30 of 100800 recordings are there",
    ]);
    expect(train.ignored).toBe(2);
  });
});
