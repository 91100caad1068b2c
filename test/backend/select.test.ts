/** Which build runs, and what is said when it is not the one hoped for. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { DecolleError } from "../../src/errors.js";

const underTest = process.env["DECOLLE_BACKEND"];

/** A module of its own for each test: what was loaded and whether it warned is remembered per module. */
async function fresh() {
  vi.resetModules();
  return import("../../src/backend/select.js");
}

/** The error's code and message, whichever copy of the module it came from. */
async function refusal(work: Promise<unknown>) {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: "DecolleError" });
  return error as DecolleError;
}

afterEach(() => {
  vi.doUnmock("../../src/backend/native.js");
  vi.doUnmock("../../src/backend/wasm.js");
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe("selectBackend", () => {
  it("takes the build that DECOLLE_BACKEND names", async () => {
    const { selectBackend } = await fresh();
    const backend = await selectBackend();
    expect(backend.kind).toBe(underTest);
    expect(backend.simd).toBe(backend.binding.simd());
    if (underTest === "wasm") expect(backend).toMatchObject({ threads: 1, simd: "simd128" });
    else expect(backend.threads).toBeGreaterThanOrEqual(1);
    expect(backend.fallback).toBeUndefined();
  });

  it("takes the build that the caller names over DECOLLE_BACKEND", async () => {
    const { selectBackend } = await fresh();
    expect((await selectBackend({ backend: "wasm" })).kind).toBe("wasm");
    expect(await selectBackend({ backend: "native", threads: 3 })).toMatchObject({ kind: "native", threads: 3 });
  });

  it.each([
    [{ threads: 0 }, "range", "threads"],
    [{ threads: 1.5 }, "range", "threads"],
    [{ threads: 257 }, "range", "threads"],
    [{ threads: Number.NaN }, "range", "threads"],
    [{ threads: "many" as "auto" }, "config", "threads"],
    [{ backend: "gpu" as "auto" }, "config", "backend"],
    [{ backend: "wasm" as const, threads: 2 }, "unsupported", "threads"],
  ])("refuses %j", async (choice, code, field) => {
    const { selectBackend } = await fresh();
    const error = await refusal(selectBackend(choice));
    expect(error.code).toBe(code);
    expect(error.message).toContain(field);
  });

  it("refuses a DECOLLE_BACKEND that is none", async () => {
    vi.stubEnv("DECOLLE_BACKEND", "gpu");
    const { selectBackend } = await fresh();
    const error = await refusal(selectBackend());
    expect(error).toMatchObject({ code: "config", message: expect.stringContaining("DECOLLE_BACKEND") });
  });
});

describe("without a native addon", () => {
  const first = new Error("no addon for this platform");

  beforeEach(() => {
    vi.stubEnv("DECOLLE_BACKEND", "auto");
    vi.doMock("../../src/backend/native.js", () => ({ loadNative: () => Promise.reject(first) }));
  });

  it("falls back to WebAssembly, says so once, and keeps the first error", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const { selectBackend } = await fresh();
    const backends = [await selectBackend({ threads: 4 }), await selectBackend()];
    for (const backend of backends) {
      expect(backend).toMatchObject({ kind: "wasm", threads: 1 });
      expect(backend.fallback).toMatchObject({ code: "backend", cause: first });
    }
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toContain(first.message);
  });

  it("does not fall back where the native build was asked for", async () => {
    const { selectBackend } = await fresh();
    expect(await refusal(selectBackend({ backend: "native" }))).toMatchObject({ code: "backend", cause: first });
  });

  it("names both errors where WebAssembly does not load either", async () => {
    vi.doMock("../../src/backend/wasm.js", () => ({ loadWasm: () => Promise.reject(new Error("no SIMD")) }));
    const { selectBackend } = await fresh();
    const error = await refusal(selectBackend());
    expect(error.code).toBe("backend");
    expect(error.message).toContain(first.message);
    expect(error.message).toContain("no SIMD");
  });

  it("reports it when asked which builds load", async () => {
    const { probeBackends } = await fresh();
    const [native, wasm] = await probeBackends();
    expect(native).toMatchObject({ kind: "native", loads: false, error: { code: "backend", cause: first } });
    expect(wasm).toMatchObject({ kind: "wasm", loads: true, threads: 1, simd: "simd128" });
  });
});
