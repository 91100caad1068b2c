/** The summed line counts every runner, and a runner that failed or ran nothing is never a success. */
import { describe, expect, it } from "vitest";
import { table, tallyCargo, tallyVitest } from "../../build/tally.mjs";

const cargo = (passed: number, failed: number, ignored: number) =>
  `test result: ${failed ? "FAILED" : "ok"}. ${passed} passed; ${failed} failed; ${ignored} ignored; 0 measured; 0 filtered out\n`;

describe("cargo's tally", () => {
  it("sums over test programs", () => {
    const output = `test slow ... ignored\ntest wrong ... FAILED\n${cargo(3, 0, 1)}noise\n${cargo(2, 1, 0)}`;
    expect(tallyCargo("cargo", output, 101)).toMatchObject({
      passed: 5,
      failed: 1,
      skipped: 1,
      skippedNames: ["slow"],
      failedNames: ["wrong"],
    });
  });

  it.each([
    ["ran nothing", cargo(0, 0, 4), 0],
    ["did not compile", "error: could not compile", 101],
    ["failed after its tests", cargo(3, 0, 0), 101],
  ])("counts a failure where it %s", (_, output, status) => {
    expect(tallyCargo("cargo", output, status).failed).toBe(1);
  });
});

describe("vitest's tally", () => {
  const report = (tests: string[], status = "passed") =>
    JSON.stringify({
      testResults: [
        {
          status,
          name: "a.test.ts",
          assertionResults: tests.map((one) => ({ status: one, fullName: `a ${one} test` })),
        },
      ],
    });

  it("counts passed, failed, skipped and planned tests", () => {
    expect(
      tallyVitest("vitest", report(["passed", "passed", "failed", "skipped", "pending", "todo"]), 1),
    ).toMatchObject({
      passed: 2,
      failed: 1,
      skipped: 3,
      failedNames: ["a failed test"],
      skippedNames: ["a skipped test", "a pending test", "a todo test"],
    });
  });

  it.each([
    ["wrote no report", undefined, 1],
    ["ran nothing", report([]), 0],
    ["skipped everything", report(["skipped"]), 0],
    ["could not load a file", report([], "failed"), 1],
    ["failed outside its tests", report(["passed"]), 1],
  ])("counts a failure where it %s", (_, text, status) => {
    expect(tallyVitest("vitest", text, status).failed).toBe(1);
  });

  it("names a file that could not be loaded", () => {
    expect(tallyVitest("vitest", report([], "failed"), 1).failedNames).toEqual(["a.test.ts"]);
  });
});

describe("the table", () => {
  it("names what was skipped and what failed, and ends with the summed line", () => {
    const lines = table([
      { runner: "cargo", passed: 5, failed: 0, skipped: 1, failedNames: [], skippedNames: ["slow"] },
      { runner: "vitest, wasm", passed: 7, failed: 2, skipped: 0, failedNames: ["wrong", "bad"], skippedNames: [] },
    ]).split("\n");
    expect(lines.at(-1)).toBe("12 passed, 2 failed, 1 skipped");
    expect(lines.slice(-4, -1)).toEqual([
      "skipped: slow",
      "failed: wrong (vitest, wasm)",
      "failed: bad (vitest, wasm)",
    ]);
  });
});
