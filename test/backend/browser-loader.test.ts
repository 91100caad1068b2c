/** The loaders for browsers fetch the modules by their addresses; here a stand-in for `fetch` serves them. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it, vi } from "vitest";
import type { EngineBinding, RulesBinding } from "../../src/backend/contract.js";
import type { Instance } from "../../src/backend/core.js";
import type { RecordingsBinding } from "../../src/backend/recordings.js";

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Loads what one loader compiles, and says what was fetched for it. */
async function loaded<Loaded>(path: string): Promise<{ binding: Loaded; fetched: string[] }> {
  const fetched: string[] = [];
  vi.stubGlobal("fetch", async (address: URL | Request) => {
    const url = address instanceof URL ? address : new URL(address.url);
    fetched.push(url.href);
    return new Response(await readFile(url), { headers: { "content-type": "application/wasm" } });
  });
  const loader = fileURLToPath(new URL(`../../wasm/${path}`, import.meta.url));
  const { load } = (await import(/* @vite-ignore */ loader)) as { load(): Promise<() => Instance<Loaded>> };
  const { binding } = (await load())();
  return { binding, fetched };
}

it("the loader for browsers compiles what it fetches", async () => {
  const { binding, fetched } = await loaded<EngineBinding>("browser.js");
  expect(fetched).toEqual([new URL("../../dist/wasm/decolle_bg.wasm", import.meta.url).href]);
  expect(binding.simd()).toBe("simd128");
  expect(binding.permutation(1, "shuffle", 100)).toHaveLength(100);
});

it("that of recordings fetches a module of its own, and nothing of the engine", async () => {
  const { binding, fetched } = await loaded<RecordingsBinding>("events/browser.js");
  expect(fetched).toEqual([new URL("../../dist/wasm-events/decolle_bg.wasm", import.meta.url).href]);
  const reader = new binding.Reader("nmnist", "refuse", 2, false);
  reader.give(Uint8Array.of(1, 2, 0, 0, 9));
  expect(Array.from(reader.next().t)).toEqual([9]);
});

it("that of rules does, too", async () => {
  const { binding, fetched } = await loaded<RulesBinding>("rules/browser.js");
  expect(fetched).toEqual([new URL("../../dist/wasm-rules/decolle_bg.wasm", import.meta.url).href]);
  expect(JSON.parse(binding.deriveRule('{"neuron":{"type":"lif"},"costs":[{"type":"smoothL1"}]}'))).toHaveProperty(
    "text",
  );
});
