/** Pickles: what is read, what is refused, and that none does anything but that. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PickleValue, Tuple, unpickle } from "../../src/exchange/pytorch/pickle.js";
import { DecolleError } from "../../src/index.js";

const none = () => undefined;
const of = (...parts: Array<string | number | readonly number[]>) =>
  Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === "string"
        ? [...part].map((letter) => letter.charCodeAt(0))
        : typeof part === "number"
          ? [part]
          : part,
    ),
  );
const read = (...parts: Parameters<typeof of>) => unpickle(of(...parts), none);

describe("a pickle", () => {
  it("of numbers, texts, lists, tuples and dictionaries is read", () => {
    expect(read(0x80, 2, "K", 7, ".")).toBe(7);
    expect(read("J", [0xff, 0xff, 0xff, 0xff], ".")).toBe(-1);
    expect(read("G", [0x3f, 0xf8, 0, 0, 0, 0, 0, 0], ".")).toBe(1.5);
    expect(read(0x8a, 2, [0x00, 0x80], ".")).toBe(-32_768);
    expect(read("X", [2, 0, 0, 0], "ab", ".")).toBe("ab");
    expect(read("](K", 1, "K", 2, "e.")).toEqual([1, 2]);
    expect(read("K", 1, 0x85, ".")).toEqual(new Tuple([1]));
    expect(read("}(K", 1, 0x88, "N", 0x89, "u.")).toEqual(
      new Map<PickleValue, PickleValue>([
        [1, true],
        [null, false],
      ]),
    );
  });

  it("of a list that holds itself is read in the same time", () => {
    const list = read("]q", 0, "h", 0, "a.") as PickleValue[];
    expect(list[0]).toBe(list);
  });

  it.each([
    ["a function", ["cos\nsystem\nX", [2, 0, 0, 0], "ls", 0x85, "R."], "unsupported", "pickle byte 0", "os.system"],
    [
      "a function by names on the stack",
      [0x8c, 2, "os", 0x8c, 6, "system", 0x93, "."],
      "unsupported",
      "pickle byte 12",
      "os.system",
    ],
    ["a call of what is no function", ["K", 1, ")R."], "format", "pickle byte 3", "one of a number"],
    ["an unknown opcode", ["\xff."], "unsupported", "pickle byte 0", "0xff"],
    ["an instance of a class", ["(ios\nsystem\n."], "unsupported", "pickle byte 1", "0x69 (i)"],
    ["an extension", [0x82, 1, "."], "unsupported", "pickle byte 0", "0x82"],
    [
      "a text longer than the file",
      ["X", [0xff, 0xff, 0xff, 0xff], "ab."],
      "format",
      "pickle byte 0",
      "the end after 3",
    ],
    ["a text of 2⁶³ bytes", [0x8d, [0, 0, 0, 0, 0, 0, 0, 0x80], "."], "format", "pickle byte 0", "the end after 1"],
    [
      "a number of 200 bytes",
      [0x8a, 200, Array<number>(200).fill(1), "."],
      "unsupported",
      "pickle byte 0",
      "200 bytes",
    ],
    ["nothing", [], "format", "pickle byte 0", "the end after 0"],
    ["an empty stack", ["."], "format", "pickle byte 0", "none"],
    ["a mark in place of a value", ["(."], "format", "pickle byte 1", "a mark"],
    ["a value that was never kept", ["h", 3, "."], "format", "pickle byte 0", "none"],
    ["a key without a value", ["}(K", 1, "u."], "format", "pickle byte 4", "1 values"],
    ["text that is none", ["X", [1, 0, 0, 0], 0xff, "."], "format", "pickle byte 0", undefined],
    ["a later protocol", [0x80, 9, "."], "format", "pickle byte 0", "9"],
  ] as const)("with %s is refused at its byte", (_, parts, code, path, found) => {
    const refused = expect.objectContaining({ code, path, ...(found !== undefined && { found }) });
    expect(() => read(...(parts as unknown as Parameters<typeof of>))).toThrow(refused);
  });

  it("of any bytes gives a value or an error with a code", () => {
    // Opcodes that are known are drawn more often, with what they read, so that many pickles get to their end.
    const letters = "(012N}])tldsuaebQR\x85\x86\x87\x88\x89\x94";
    const known = fc.constantFrom(...letters).map((letter) => [letter.charCodeAt(0)]);
    const read = fc.tuple(
      fc.constantFrom(..."KqhU\x8c\x8aC"),
      fc.nat(3),
      fc.uint8Array({ minLength: 3, maxLength: 3 }),
    );
    const reading = read.map(([letter, length, rest]) =>
      "Kqh".includes(letter)
        ? [letter.charCodeAt(0), length]
        : [letter.charCodeAt(0), length, ...rest.subarray(0, length)],
    );
    const any = fc.integer({ min: 0, max: 255 }).map((byte) => [byte]);
    const part = fc.oneof(
      { arbitrary: known, weight: 10 },
      { arbitrary: reading, weight: 10 },
      { arbitrary: any, weight: 1 },
    );
    const bytes = fc
      .array(part, { maxLength: 30 })
      .map((parts) => [...parts.flat(), ..."N.".split("").map((one) => one.charCodeAt(0))]);
    let values = 0;
    fc.assert(
      fc.property(bytes, (drawn) => {
        try {
          unpickle(Uint8Array.from(drawn), () => null);
          values++;
        } catch (error) {
          expect(error).toBeInstanceOf(DecolleError);
        }
      }),
      { numRuns: 3000, seed: 22 },
    );
    expect(values).toBeGreaterThan(100);
  });
});
