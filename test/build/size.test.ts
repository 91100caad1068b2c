/** What a browser has to download before anything runs. */
import { existsSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";

const modules = ["wasm", "wasm-threads"].map((flavour) => ({
  flavour,
  file: new URL(`../../dist/${flavour}/decolle_bg.wasm`, import.meta.url),
}));

describe.each(modules)("the module of $flavour", ({ file }) => {
  // What is wanted is 1.4 MB and 450 kB: docs/webassembly.md says what stands in the way.
  // The flavour with threads is left out where it cannot be built.
  it.runIf(existsSync(file))("takes at most 2.3 MB, 820 kB compressed", () => {
    const bytes = readFileSync(file);
    expect(bytes.length).toBeLessThanOrEqual(2_300_000);
    expect(gzipSync(bytes).length).toBeLessThanOrEqual(820_000);
  });
});
