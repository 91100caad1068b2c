/** The loader for browsers fetches the module by its address; here a stand-in for `fetch` serves it. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it, vi } from "vitest";
import type { Instance } from "../../src/backend/core.js";

afterEach(() => {
  vi.unstubAllGlobals();
});

it("the loader for browsers compiles what it fetches", async () => {
  const fetched: string[] = [];
  vi.stubGlobal("fetch", async (address: URL | Request) => {
    const url = address instanceof URL ? address : new URL(address.url);
    fetched.push(url.href);
    return new Response(await readFile(url), { headers: { "content-type": "application/wasm" } });
  });
  const loader = fileURLToPath(new URL("../../wasm/browser.js", import.meta.url));
  const { load } = (await import(/* @vite-ignore */ loader)) as { load(): Promise<() => Instance> };
  const { binding } = (await load())();
  expect(fetched).toEqual([new URL("../../dist/wasm/decolle_bg.wasm", import.meta.url).href]);
  expect(binding.simd()).toBe("simd128");
  expect(binding.permutation(1, "shuffle", 100)).toHaveLength(100);
});
