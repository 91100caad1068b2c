/** The WebAssembly module holds 128-bit arithmetic: a flag lost on the way to the compiler would cost most of its speed. */
import { readFileSync } from "node:fs";
import binaryen from "binaryen";
import { expect, it } from "vitest";

it("the WebAssembly module multiplies and adds four numbers at a time", () => {
  const module = binaryen.readBinary(readFileSync(new URL("../../dist/wasm/decolle_bg.wasm", import.meta.url)));
  module.setFeatures(binaryen.Features.All);
  const text = module.emitText();
  module.dispose();
  for (const operation of ["v128.load", "v128.store", "f32x4.mul", "f32x4.add"]) {
    expect(text.split(`(${operation}`).length - 1, operation).toBeGreaterThan(10);
  }
});
