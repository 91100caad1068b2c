/**
 * The WebAssembly modules hold 128-bit arithmetic, and the one with threads atomic waits: a flag lost on the way to the
 * compiler would cost most of the speed.
 */
import { existsSync, readFileSync } from "node:fs";
import binaryen from "binaryen";
import { describe, expect, it } from "vitest";

const flavours = [
  ["single", "wasm", []],
  ["threads", "wasm-threads", ["memory.atomic.wait32", "memory.atomic.notify"]],
] as const;

describe.each(flavours)("the WebAssembly module, flavour %s,", (_, folder, atomics) => {
  const address = new URL(`../../dist/${folder}/decolle_bg.wasm`, import.meta.url);

  it.runIf(existsSync(address))("multiplies and adds four numbers at a time", () => {
    const module = binaryen.readBinary(readFileSync(address));
    module.setFeatures(binaryen.Features.All);
    const text = module.emitText();
    module.dispose();
    for (const operation of ["v128.load", "v128.store", "f32x4.mul", "f32x4.add"]) {
      expect(text.split(`(${operation}`).length - 1, operation).toBeGreaterThan(10);
    }
    for (const operation of ["memory.atomic.wait32", "memory.atomic.notify"]) {
      expect(text.includes(`(${operation}`), operation).toBe(atomics.some((own) => own === operation));
    }
  });
});
