/** What a browser has to download before anything runs. */
import { existsSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";

const modules = [
  { name: "wasm", most: 1_400_000, packed: 450_000 },
  { name: "wasm-threads", most: 1_400_000, packed: 450_000 },
  // Downloaded besides by who reads or draws recordings, or has live events; the simulated camera is in it.
  { name: "wasm-events", most: 480_000, packed: 220_000 },
].map((module) => ({ ...module, file: new URL(`../../dist/${module.name}/decolle_bg.wasm`, import.meta.url) }));

describe.each(modules)("the module of $name", ({ file, most, packed }) => {
  // The flavour with threads is left out where it cannot be built.
  it.runIf(existsSync(file))(`takes at most ${most} bytes, ${packed} compressed`, () => {
    const bytes = readFileSync(file);
    expect(bytes.length).toBeLessThanOrEqual(most);
    expect(gzipSync(bytes).length).toBeLessThanOrEqual(packed);
  });
});
