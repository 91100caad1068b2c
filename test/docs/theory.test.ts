/**
 * The page `docs/theory.md`: its links lead to the lines that hold what they name.
 * `npx vitest run --project native test/docs/theory.test.ts --update` writes the lines anew.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { lineOf, withLines } from "./lines.js";

const page = new URL("../../docs/theory.md", import.meta.url);

describe("the theory", () => {
  it("links every equation to the line of code that names it", async () => {
    await expect(withLines(page)).toMatchFileSnapshot(page.pathname);
  });

  it("has a link in every section that has an equation", () => {
    const sections = readFileSync(page, "utf8").split(/^## /m).slice(1);
    const numbered = sections.filter((section) => /^\d+\. /.test(section));
    expect(numbered.length).toBeGreaterThan(10);
    expect(numbered.filter((section) => !section.includes("#L"))).toEqual([]);
  });
});

describe("a link to a line", () => {
  const code = [
    "/// Q ← βQ",
    "pub fn decay(values: &[f32]) {",
    "    // decay(values)",
    "}",
    "impl<T> Trace<T> {",
    "    pub(crate) fn decay(&self) {}",
    "}",
    "impl Other {",
    "    fn decay(&self) {}",
    "}",
    "const FLOOR: f32 = 0.0;",
  ].join("\n");

  it("leads to a definition, that of a type, or words of a comment", () => {
    const lines = ["decay", "Trace::decay", "Other::decay", "FLOOR", "Q ← βQ"].map((name) => lineOf(code, name));
    expect(lines).toEqual([2, 6, 9, 11, 1]);
  });

  it("is refused where nothing, or more than one thing, has its name", () => {
    expect(() => lineOf(code, "rise")).toThrow("rise stands on 0 lines");
    expect(() => lineOf(code, "Trace::rise")).toThrow("Trace::rise stands on 0 lines");
    expect(() => lineOf(code, "fn decay")).toThrow("fn decay stands on 3 lines");
  });
});
