/** Numbers and parts of bytes that another program wrote: little-endian, and never from beyond the end. */
import { describe, expect, it } from "vitest";
import { LittleEndian } from "../../src/exchange/pytorch/little-endian.js";

/** Eight bytes in the middle of a buffer whose others are not theirs. */
const file = new LittleEndian(Uint8Array.of(99, 1, 2, 3, 4, 5, 6, 7, 0, 99).subarray(1, 9));

describe("little-endian bytes", () => {
  it("are read lowest byte first, in one, two, four and eight", () => {
    expect(file.whole(7, 1)).toBe(0);
    expect(file.whole(0, 2)).toBe(0x0201);
    expect(file.whole(3, 4)).toBe(0x07060504);
    expect(file.whole(0, 8)).toBe(0x0007060504030201);
  });

  it("read as unsigned, whatever the highest bit", () => {
    const full = new LittleEndian(new Uint8Array(8).fill(255));
    expect([1, 2, 4].map((length) => full.whole(0, length as 1 | 2 | 4))).toEqual([0xff, 0xffff, 0xffffffff]);
    expect(full.whole(0, 8)).toBe(2 ** 64);
  });

  it.each([
    [0, 9],
    [8, 1],
    [9, 0],
    [7, 0xffffffff],
    [2 ** 64, 1],
    [0, 2 ** 64],
  ])("have no part from %d on of %d bytes, which would end beyond them", (start, length) => {
    expect(file.has(start, length)).toBe(false);
    expect(file.part(start, length)).toBeUndefined();
  });

  it.each([1, 2, 4, 8] as const)("have no number of %d bytes across their end", (length) => {
    expect(() => file.whole(9 - length, length)).toThrow(RangeError);
  });

  it("give parts up to their end, also empty ones", () => {
    expect(file.part(6, 2)).toEqual(Uint8Array.of(7, 0));
    expect(file.part(8, 0)).toEqual(new Uint8Array());
  });
});
