/** Faults of the core become errors with a code. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DecolleError, errorCodes, movedTo, placedIn, translateFault, unfit } from "../src/errors.js";

describe("translateFault", () => {
  const message = "layers.0.units: expected at least 1,\nfound 0";

  it.each(errorCodes)("reads a fault of code %s", (code) => {
    const cause = new Error(JSON.stringify({ code, message, path: null }));
    const error = translateFault(cause);
    expect(error).toBeInstanceOf(DecolleError);
    expect(error).toMatchObject({ code, message, cause });
    expect(error).not.toHaveProperty("path");
  });

  it("keeps path, what was expected and what was found", () => {
    const told = { path: "layers[0].units", expected: "at least 1", found: "0" };
    expect(translateFault(new Error(JSON.stringify({ code: "range", message, ...told })))).toMatchObject(told);
  });

  it.each([
    new Error('{"code":"gpu","message":"no such code"}'),
    new Error('{"code":"range"}'),
    new Error("{ no JSON"),
    new Error("unreachable"),
    "text",
    undefined,
  ])("takes %s for `backend`", (cause) => {
    expect(translateFault(cause)).toMatchObject({ name: "DecolleError", code: "backend", cause });
  });

  it("leaves its own kind alone", () => {
    const error = new DecolleError("io", "model.safetensors: no such file");
    expect(translateFault(error)).toBe(error);
  });

  it("is moved and placed with all that it tells", () => {
    const error = unfit("range", "recordings[3].x[17]", "below 16", "16");
    const placed = { code: "range", path: "a.bin", expected: "below 16", found: "16", cause: error };
    expect(placedIn(error, "a.bin")).toMatchObject({ ...placed, message: `a.bin: ${error.message}` });
    const message = "a.bin.x[17]: expected below 16, found 16";
    expect(movedTo(error, "recordings[3]", "a.bin")).toMatchObject({ ...placed, path: "a.bin.x[17]", message });
  });

  it("knows the codes of the core", () => {
    const core = readFileSync(new URL("../crates/error/src/lib.rs", import.meta.url), "utf8");
    const codes = [...core.matchAll(/Self::\w+ => "([a-z-]+)"/g)].map(([, code]) => code);
    expect(codes).toEqual(errorCodes);
  });
});
