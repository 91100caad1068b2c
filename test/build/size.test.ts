/** What has to be downloaded: by a browser before anything runs, by npm when it installs. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { mostAddonBytes } from "../../build/packages.mjs";

const modules = [
  { name: "wasm", most: 1_250_000, packed: 400_000 },
  { name: "wasm-threads", most: 1_250_000, packed: 400_000 },
  // Downloaded besides by who reads or draws recordings, or has live events; the simulated camera is in it.
  { name: "wasm-events", most: 480_000, packed: 220_000 },
  // Downloaded besides by who asks for a rule.
  { name: "wasm-rules", most: 400_000, packed: 160_000 },
].map((module) => ({ ...module, file: new URL(`../../dist/${module.name}/decolle_bg.wasm`, import.meta.url) }));

describe.each(modules)("the module of $name", ({ file, most, packed }) => {
  // The flavour with threads is left out where it cannot be built.
  it.runIf(existsSync(file))(`takes at most ${most} bytes, ${packed} compressed`, () => {
    const bytes = readFileSync(file);
    expect(bytes.length).toBeLessThanOrEqual(most);
    expect(gzipSync(bytes).length).toBeLessThanOrEqual(packed);
  });
});

describe("the addon", () => {
  const folder = new URL("../../dist/native/", import.meta.url);
  const name = readdirSync(folder).find((file) => file.endsWith(".node")) ?? "";
  const bytes = readFileSync(new URL(name, folder));

  it(`takes at most ${mostAddonBytes} bytes, 2,000,000 compressed`, () => {
    expect(bytes.length).toBeLessThanOrEqual(mostAddonBytes);
    expect(gzipSync(bytes).length).toBeLessThanOrEqual(2_000_000);
  });

  // The name of the table of symbols is in the file where the table is.
  it.runIf(process.platform === "linux")("is stripped of its symbols", () => {
    expect(bytes.includes(".dynsym")).toBe(true);
    expect(bytes.includes(".symtab")).toBe(false);
  });
});
