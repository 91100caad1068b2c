/** What a browser has to download before anything runs. */
import { existsSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";

const modules = ["wasm", "wasm-threads"].map((flavour) => ({
  flavour,
  file: new URL(`../../dist/${flavour}/decolle_bg.wasm`, import.meta.url),
}));

describe.each(modules)("the module of $flavour", ({ file }) => {
  // The flavour with threads is left out where it cannot be built.
  it.runIf(existsSync(file))("takes at most 1.4 MB, 450 kB compressed", () => {
    const bytes = readFileSync(file);
    expect(bytes.length).toBeLessThanOrEqual(1_400_000);
    expect(gzipSync(bytes).length).toBeLessThanOrEqual(450_000);
  });
});
