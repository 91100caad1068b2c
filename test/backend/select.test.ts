/** Which build runs, and what is said when it is not the one hoped for. */
import { existsSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { DecolleError } from "../../src/errors.js";

const underTest = process.env["DECOLLE_BACKEND"];
/** The flavour with threads needs the sources of Rust's standard library, which not every machine has. */
const built = existsSync(new URL("../../dist/wasm-threads/decolle_bg.wasm", import.meta.url));
/** Threads that `auto` gives here. */
const cores = 3;

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

beforeEach(() => {
  vi.spyOn(process.getBuiltinModule("node:os"), "availableParallelism").mockReturnValue(cores);
});

afterEach(() => {
  vi.doUnmock("../../src/backend/native.js");
  vi.doUnmock("../../src/backend/wasm.js");
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("selectBackend", () => {
  it("takes the build that DECOLLE_BACKEND names", async () => {
    const { selectBackend } = await fresh();
    const backend = await selectBackend();
    expect(backend.kind).toBe(underTest);
    expect(backend.simd).toBe(backend.binding.simd());
    const threads = process.env["DECOLLE_THREADS"];
    if (threads !== undefined) expect(backend.threads).toBe(Number(threads));
    if (underTest === "wasm") expect(backend.simd).toBe("simd128");
    expect(backend.fallback).toBeUndefined();
  });

  it("takes the build that the caller names over DECOLLE_BACKEND", async () => {
    const { selectBackend } = await fresh();
    expect((await selectBackend({ backend: "wasm" })).kind).toBe("wasm");
    expect(await selectBackend({ backend: "native", threads: 3 })).toMatchObject({ kind: "native", threads: 3 });
  });

  it.runIf(built)("takes as many threads as the caller says over DECOLLE_THREADS", async () => {
    vi.stubEnv("DECOLLE_THREADS", "4");
    const { selectBackend } = await fresh();
    expect(await selectBackend({ backend: "wasm" })).toMatchObject({ kind: "wasm", threads: 4 });
    expect(await selectBackend({ backend: "wasm", threads: 1 })).toMatchObject({ kind: "wasm", threads: 1 });
    expect(await selectBackend({ backend: "wasm", threads: 3 })).toMatchObject({ kind: "wasm", threads: 3 });
  });

  it.each([
    [{ threads: 0 }, "range", "threads"],
    [{ threads: 1.5 }, "range", "threads"],
    [{ threads: 257 }, "range", "threads"],
    [{ threads: Number.NaN }, "range", "threads"],
    [{ threads: "many" as "auto" }, "config", "threads"],
    [{ backend: "gpu" as "auto" }, "config", "backend"],
    [{ worker: 1 as unknown as boolean }, "config", "worker"],
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

  it.each([
    ["many", "config"],
    ["0", "range"],
    ["1.5", "config"],
  ])("refuses %s for DECOLLE_THREADS", async (value, code) => {
    vi.stubEnv("DECOLLE_THREADS", value);
    const { selectBackend } = await fresh();
    const error = await refusal(selectBackend());
    expect(error).toMatchObject({ code, message: expect.stringContaining("DECOLLE_THREADS") });
  });
});

describe("without a native addon", () => {
  const first = new Error("no addon for this platform");

  beforeEach(() => {
    vi.stubEnv("DECOLLE_BACKEND", "auto");
    vi.doMock("../../src/backend/native.js", async (original) => ({
      ...(await original<object>()),
      loadNative: () => Promise.reject(first),
    }));
  });

  it("falls back to WebAssembly, says so once, and keeps the first error", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const { selectBackend } = await fresh();
    const backends = [await selectBackend({ threads: 4 }), await selectBackend({ threads: 3 })];
    expect(backends.map(({ threads }) => threads)).toEqual(built ? [4, 3] : [1, 1]);
    for (const backend of backends) {
      expect(backend.kind).toBe("wasm");
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
    const loadWasm = () => Promise.reject(new Error("no SIMD"));
    vi.doMock("../../src/backend/wasm.js", async (original) => ({
      ...(await original<object>()),
      loadWasm,
      loadWasmThreads: loadWasm,
    }));
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
    expect(wasm).toMatchObject({ kind: "wasm", loads: true, threads: built ? cores : 1, simd: "simd128" });
  });
});

/** What keeps threads from sharing memory, a way to bring it about, and a part of the reason that has to be given. */
const obstacles: ReadonlyArray<readonly [string, () => void, string]> = [
  ["a page that is not isolated", () => vi.stubGlobal("crossOriginIsolated", false), "Cross-Origin-Opener-Policy"],
  ["an engine without shared memory", () => vi.stubGlobal("SharedArrayBuffer", undefined), "no shared memory"],
  [
    "a page's own thread",
    () => {
      vi.spyOn(Atomics, "wait").mockImplementation(() => {
        throw new TypeError("Atomics.wait cannot be called in this context");
      });
    },
    "leave it to the network's Worker",
  ],
  [
    "a package without the flavour",
    () =>
      vi.doMock("../../src/backend/wasm.js", async (original) => ({
        ...(await original<object>()),
        loadWasmThreads: () => Promise.reject(new Error("no such module")),
      })),
    "no such module",
  ],
];

describe.each(obstacles)("WebAssembly in %s", (_, obstruct, reason) => {
  beforeEach(() => {
    vi.stubEnv("DECOLLE_THREADS", "");
    obstruct();
  });

  it("refuses more than one thread with the reason", async () => {
    const { selectBackend } = await fresh();
    const error = await refusal(selectBackend({ backend: "wasm", threads: 2 }));
    expect(error).toMatchObject({ code: "unsupported", cause: expect.any(Error) });
    expect(error.message).toContain("threads: WebAssembly runs 1 thread here, found 2");
    expect(error.message).toContain(reason);
  });

  it("runs one thread where the number was left open, and says so once, with the reason", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const { selectBackend } = await fresh();
    for (const backend of [await selectBackend({ backend: "wasm" }), await selectBackend({ backend: "wasm" })]) {
      const cause = expect.objectContaining({ message: expect.stringContaining(reason) });
      expect(backend).toMatchObject({ kind: "wasm", threads: 1, fallback: { code: "backend", cause } });
    }
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toContain(reason);
  });

  it("runs one thread without a word where one was asked for", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const { selectBackend } = await fresh();
    const backend = await selectBackend({ backend: "wasm", threads: 1 });
    expect(backend).toMatchObject({ kind: "wasm", threads: 1 });
    expect(backend.fallback).toBeUndefined();
    expect(warn).not.toHaveBeenCalled();
  });

  it("is lowered to one thread where the native addon does not load, with both reasons in one warning", async () => {
    const first = new Error("no addon for this platform");
    vi.stubEnv("DECOLLE_BACKEND", "auto");
    vi.doMock("../../src/backend/native.js", async (original) => ({
      ...(await original<object>()),
      loadNative: () => Promise.reject(first),
    }));
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const { selectBackend } = await fresh();
    expect(await selectBackend({ threads: 2 })).toMatchObject({ kind: "wasm", threads: 1, fallback: { cause: first } });
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toContain(reason);
    expect(warn.mock.calls[0]?.[0]).toContain(first.message);
  });

  it("reports it when asked which builds load", async () => {
    const { probeBackends } = await fresh();
    const [, wasm] = await probeBackends();
    const cause = expect.objectContaining({ message: expect.stringContaining(reason) });
    expect(wasm).toMatchObject({ kind: "wasm", loads: true, threads: 1, singleThreaded: { cause } });
  });
});

describe("WebAssembly that does not load", () => {
  it.each<[string, () => void, string]>([
    ["there is none", () => vi.stubGlobal("WebAssembly", undefined), "there is no WebAssembly here"],
    ["it has no SIMD", () => vi.spyOn(WebAssembly, "validate").mockReturnValue(false), "no 128-bit SIMD"],
    [
      "a policy forbids it",
      () =>
        vi.spyOn(WebAssembly, "Module").mockImplementation(function refused() {
          throw new WebAssembly.CompileError("Refused to compile");
        }),
      "'wasm-unsafe-eval'",
    ],
  ])("says in words that %s", async (_, obstruct, reason) => {
    obstruct();
    const { selectBackend, selectRecordings } = await fresh();
    for (const work of [selectBackend({ backend: "wasm", threads: 1 }), selectRecordings({ backend: "wasm" })]) {
      expect(await refusal(work)).toMatchObject({ code: "backend", message: expect.stringContaining(reason) });
    }
  });
});

describe("a thread that does not start", () => {
  it("makes the network's creation fail", async () => {
    vi.doMock("../../src/backend/wasm.js", async (original) => {
      const all = await original<typeof import("../../src/backend/wasm.js")>();
      const { loadWasm } = all;
      const started = () => Promise.reject(new Error("too many workers"));
      return { ...all, loadWasmThreads: async () => ({ binding: await loadWasm(), started }) };
    });
    vi.resetModules();
    const { Network } = await import("../../src/index.js");
    const specification = {
      input: { units: 2 },
      layers: [{ type: "dense" as const, units: 2 }],
      readout: { units: 2 },
    };
    const error = await refusal(Network.create(specification, { backend: "wasm", threads: 2 }));
    expect(error).toMatchObject({ code: "backend", message: expect.stringContaining("too many workers") });
  });
});
