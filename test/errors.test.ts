/** Faults of the core become errors with a code. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DecolleError, errorCodes, translateFault } from "../src/errors.js";

describe("translateFault", () => {
  it.each(errorCodes)("reads [%s]", (code) => {
    const cause = new Error(`[${code}] layers.0.units: expected at least 1,\nfound 0`);
    const error = translateFault(cause);
    expect(error).toBeInstanceOf(DecolleError);
    expect(error).toMatchObject({ code, message: "layers.0.units: expected at least 1,\nfound 0", cause });
  });

  it.each([new Error("[gpu] no such code"), new Error("unreachable"), "text", undefined])(
    "takes %s for `backend`",
    (cause) => {
      expect(translateFault(cause)).toMatchObject({ name: "DecolleError", code: "backend", cause });
    },
  );

  it("leaves its own kind alone", () => {
    const error = new DecolleError("io", "model.safetensors: no such file");
    expect(translateFault(error)).toBe(error);
  });

  it("knows the codes of the core", () => {
    const core = readFileSync(new URL("../crates/error/src/lib.rs", import.meta.url), "utf8");
    const codes = [...core.matchAll(/Self::\w+ => "([a-z-]+)"/g)].map(([, code]) => code);
    expect(codes).toEqual(errorCodes);
  });
});
