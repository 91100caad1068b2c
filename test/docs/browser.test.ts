/** The page `docs/browser.md`: its code compiles for pages and runs, and what it says of downloads is so. */
import { existsSync, readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import * as inPages from "../../src/browser.js";
import { exchange } from "../../src/index.js";
import { Page } from "./code.js";

const page = new Page("browser.md");

it("has a program that runs", async () => {
  await page.run((code) => code, page.blocks("js"));
});

it("has a program that compiles for pages", () => {
  expect(page.faultsInPage("")).toEqual([]);
}, 120_000);

it("says rightly that models of other tools are read in Node only", () => {
  expect(exchange).toHaveProperty("fromNir");
  expect(inPages).not.toHaveProperty("exchange");
});

const rows = Array.from(
  page.text.matchAll(/^\| `(dist\/wasm[a-z-]*)` .*\| +([\d.]+) kB +\| +([\d.]+) kB +\| +([\d.]+) kB +\|$/gm),
  ([, folder = "", ...sizes]) => ({ folder, sizes: sizes.map(Number) }),
);

it("has a line for every module", () => {
  expect(rows.map(({ folder }) => folder)).toEqual([
    "dist/wasm",
    "dist/wasm-threads",
    "dist/wasm-events",
    "dist/wasm-rules",
  ]);
});

it.each(rows)("gives the size of $folder to within five per cent", ({ folder, sizes }) => {
  const file = new URL(`../../${folder}/decolle_bg.wasm`, import.meta.url);
  // The flavour with threads is left out where it cannot be built.
  if (folder === "dist/wasm-threads" && !existsSync(file)) return;
  const bytes = readFileSync(file);
  const found = [bytes, gzipSync(bytes), brotliCompressSync(bytes)].map(({ length }) => length / 1000);
  for (const [place, size] of sizes.entries()) expect(Math.abs(size / (found[place] ?? 0) - 1)).toBeLessThan(0.05);
});
