/** The benchmarks: every one has a table, a place in the documentation and results that can be drawn and written. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { rowsOf } from "../../bench/kernels.mjs";
import { benchmarkOf, benchmarks } from "../../bench/list.mjs";
import { windows } from "../../bench/networks.mjs";
import { faultsOf, readResult } from "../../bench/results.mjs";
import { spread } from "../../bench/statistics.mjs";
import { verdict } from "../../bench/targets.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const names = Object.keys(benchmarks);
const pages = ["docs/benchmarks.md", "docs/reproduction.md"].map((page) => readFileSync(`${root}${page}`, "utf8"));
const sections = pages.flatMap((page) => Array.from(page.matchAll(/<!-- results ([\w-]+) -->/g), ([, name]) => name));

describe.each(names)("the benchmark %s", (name) => {
  it("has a table without two columns of one title", async () => {
    const { head, cells, run } = (await benchmarkOf(name)) ?? expect.fail("it is not there");
    expect(head.length).toBeGreaterThan(2);
    expect(new Set(head).size).toBe(head.length);
    expect([typeof cells, typeof run]).toEqual(["function", "function"]);
  });

  it("has its place in the documentation, once", () => {
    expect(sections.filter((section) => section === name)).toHaveLength(1);
  });

  // Of the long run, and of the short one where it was made here.
  for (const quick of [false, true]) {
    const result = readResult(name, { quick });
    it.skipIf(result === undefined)(
      `has a sound result${quick ? " of a short run" : ""}, a cell a title, no number missing`,
      async () => {
        const { head, cells, plots } = (await benchmarkOf(name)) ?? expect.fail("it is not there");
        expect(faultsOf(result)).toEqual([]);
        expect(result?.benchmark).toBe(name);
        for (const row of result?.rows ?? []) {
          const texts = cells(row);
          expect(texts).toHaveLength(head.length);
          for (const text of texts) expect(text).toBeTypeOf("string");
          expect(texts.join(" ")).not.toMatch(/NaN|undefined|Infinity|\[object/);
        }
        for (const panels of Object.values(plots?.(result?.rows ?? []) ?? {})) {
          for (const { series } of panels) expect(series.length).toBeGreaterThan(0);
        }
      },
    );
  }
});

describe("the command", () => {
  it("names what there is where a name is not known", () => {
    const { status, stderr } = spawnSync(process.execPath, [`${root}bench/index.mjs`, "speed"], { encoding: "utf8" });
    expect(status).toBe(2);
    for (const name of names) expect(stderr).toContain(name);
  });

  it("refuses an option that there is not", () => {
    const { status } = spawnSync(process.execPath, [`${root}bench/index.mjs`, "--fast"], { encoding: "utf8" });
    expect(status).toBe(2);
  });
});

describe("a result", () => {
  const machine = { processor: "x", cores: 2, memoryGiB: 1, system: "x", node: "v1", decolle: "0", load: 0 };
  const sound = { benchmark: "x", date: "2026-01-31", machine, rows: [{ time: spread([1, 3, 2]) }] };

  it("is sound with all fields and spreads that belong to their values", () => {
    expect(faultsOf(sound)).toEqual([]);
  });

  it.each([
    ["no machine", { ...sound, machine: undefined }, "machine.processor"],
    ["a load that is no number", { ...sound, machine: { ...machine, load: "low" } }, "machine.load"],
    ["a date of another form", { ...sound, date: "31 January" }, "date"],
    ["no rows", { ...sound, rows: [] }, "rows"],
    ["a median of its own", { ...sound, rows: [{ time: { ...spread([1, 2]), median: 5 } }] }, "rows[0].time"],
    [
      "a measurement that failed",
      { ...sound, rows: [{ deep: { time: spread([1, Number.NaN]) } }] },
      "rows[0].deep.time",
    ],
    ["nothing", undefined, "benchmark"],
  ])("is not sound with %s", (_, result, place) => {
    expect(faultsOf(result).join("\n")).toContain(place);
  });
});

describe("a target", () => {
  it("is met from its figure on, missed before, and says what was found", () => {
    expect(verdict({ atLeast: 2.5 }, 2.5)).toBe("≥ 2.50×: met (2.50×)");
    expect(verdict({ atLeast: 2.5 }, 2.49)).toBe("≥ 2.50×: missed (2.49×)");
    expect(verdict({ atMost: 3, unit: "µs" }, 3)).toBe("≤ 3.00 µs: met (3.00 µs)");
    expect(verdict({ atMost: 3, unit: "µs" }, 3.1)).toBe("≤ 3.00 µs: missed (3.10 µs)");
    expect(verdict(null, 1)).toBe("");
    expect(verdict({ atLeast: 1 }, Number.NaN)).toContain("missed");
  });
});

describe("windows", () => {
  it("go on one after the other and start again where the input ends", () => {
    const spikes = {
      offsets: Uint32Array.of(0, 1, 2, 3, 4, 5),
      indices: Uint32Array.of(0, 1, 2, 3, 4),
      counts: new Float32Array(5).fill(1),
    };
    const next = windows({ spikes: [spikes], classes: [0] }, 2);
    const indices = Array.from({ length: 3 }, () => Array.from(next().input.spikes[0]?.indices ?? []));
    expect(indices).toEqual([
      [0, 1],
      [2, 3],
      [0, 1],
    ]);
  });
});

describe("the output of the kernels", () => {
  it("is read whatever columns it has", () => {
    const output = [
      "layer          SIMD      potential, GFLOP/s      events, GSOP/s",
      "conv 2→64 at 32²  avx2      81.1 (78.3–82.5)        9.5 (9–10)",
      "dense 512→512  scalar   28.6 (27.1–28.7)        –",
    ].join("\n");
    const [first, second] = rowsOf("kernels", output);
    expect(first).toMatchObject({ name: "conv 2→64 at 32²", simd: "avx2" });
    expect(first?.figures["events, GSOP/s"]).toMatchObject({ median: 9.5, most: 10 });
    expect(Object.keys(second?.figures ?? {})).toEqual(["potential, GFLOP/s"]);
    expect(() => rowsOf("kernels", "nothing")).toThrow("no rows");
  });
});

it("every figure that a page shows is there", () => {
  for (const page of pages) {
    for (const [, path] of page.matchAll(/!\[[^\]]*\]\(([^)]+\.svg)\)/g)) {
      expect(existsSync(`${root}docs/${path}`), path).toBe(true);
    }
  }
});
