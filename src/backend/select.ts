/**
 * Chooses the build that runs: the native addon where it loads, else WebAssembly.
 *
 * Each build is loaded at most once. Where the choice was left open and fell on WebAssembly, a warning says so once,
 * with the reason, and the error behind it stays available as {@link Backend.fallback}.
 */

import { DecolleError } from "../errors.js";
import type { BackendKind, Binding } from "./contract.js";
import { loadNative } from "./native.js";
import { loadWasm } from "./wasm.js";

/** Which build to run, and with how many threads. */
export interface BackendChoice {
  /** `auto` (the default) takes the native addon where it loads, else WebAssembly. */
  readonly backend?: "auto" | BackendKind;
  /**
   * Threads of a network: 1 to 256, or `auto` (the default) for as many as this process may run at a time. WebAssembly
   * runs one: a number above it is refused where `wasm` was asked for, and lowered where `auto` fell back to it.
   */
  readonly threads?: "auto" | number;
}

/** A build that runs. */
export interface Backend {
  /** Which build it is. */
  readonly kind: BackendKind;
  /** Threads that a network gets, at least 1. */
  readonly threads: number;
  /** SIMD level that the core uses here, e.g. `avx2` or `simd128`. */
  readonly simd: string;
  /** The build's functions; they throw `DecolleError` only. */
  readonly binding: Binding;
  /** Why the choice fell on WebAssembly although it was left open; its `cause` is the first error. */
  readonly fallback?: DecolleError;
}

/** Whether a build loads here. */
export interface BackendProbe {
  /** Which build. */
  readonly kind: BackendKind;
  /** Whether it loads. */
  readonly loads: boolean;
  /** Version of its core, where it loads. */
  readonly version?: string;
  /** Its SIMD level, where it loads. */
  readonly simd?: string;
  /** Threads that `auto` would give, where it loads. */
  readonly threads?: number;
  /** Why it does not load. */
  readonly error?: DecolleError;
}

const kinds: readonly BackendKind[] = ["native", "wasm"];
const mostThreads = 256;
const loaders: Record<BackendKind, () => Promise<Binding>> = { native: loadNative, wasm: loadWasm };
const loading = new Map<BackendKind, Promise<Binding>>();
let warned = false;

function load(kind: BackendKind): Promise<Binding> {
  let binding = loading.get(kind);
  if (binding === undefined) {
    binding = loaders[kind]().catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new DecolleError("backend", `backend: the ${kind} build does not load here: ${reason}`, { cause: error });
    });
    loading.set(kind, binding);
  }
  return binding;
}

/** What DECOLLE_BACKEND asks of those who left the choice open; nothing outside Node. */
function asked(): "auto" | BackendKind {
  const variable = typeof process === "undefined" ? undefined : process.env?.["DECOLLE_BACKEND"];
  return variable === undefined || variable === "" ? "auto" : checkedKind("DECOLLE_BACKEND", variable);
}

function checkedKind(name: string, value: unknown): "auto" | BackendKind {
  const kind = kinds.find((known) => known === value);
  if (kind !== undefined) return kind;
  if (value === "auto") return "auto";
  throw new DecolleError("config", `${name}: expected "auto", "native" or "wasm", found ${JSON.stringify(value)}`);
}

function checkedThreads(threads: unknown): "auto" | number {
  if (threads === "auto") return threads;
  if (typeof threads === "number" && Number.isInteger(threads) && threads >= 1 && threads <= mostThreads)
    return threads;
  const code = typeof threads === "number" ? "range" : "config";
  const found = typeof threads === "number" ? threads : JSON.stringify(threads);
  throw new DecolleError(code, `threads: expected "auto" or a whole number from 1 to ${mostThreads}, found ${found}`);
}

/** How many threads this process may run at a time; asked of Node without an import that browsers would stumble over. */
function parallelism(): number {
  if (typeof process === "undefined" || process.getBuiltinModule === undefined) return 1;
  return Math.min(process.getBuiltinModule("node:os").availableParallelism(), mostThreads);
}

async function chosen(kind: BackendKind, threads: number): Promise<Backend> {
  const binding = await load(kind);
  return { kind, threads, simd: binding.simd(), binding };
}

/**
 * Loads the build that the choice asks for.
 *
 * In Node, the environment variable DECOLLE_BACKEND (`auto`, `native`, `wasm`) decides where `backend` is `auto`.
 *
 * @param choice - Build and threads; everything `auto` by default.
 * @returns The build, loaded.
 * @throws {@link DecolleError} `backend` where the build (with `auto`: neither build) loads; `config` or `range` for a
 *   choice that is none; `unsupported` for more than one thread of WebAssembly.
 */
export async function selectBackend(choice: BackendChoice = {}): Promise<Backend> {
  const own = checkedKind("backend", choice.backend ?? "auto");
  const kind = own === "auto" ? asked() : own;
  const threads = checkedThreads(choice.threads ?? "auto");
  if (kind === "wasm") {
    if (threads !== "auto" && threads > 1) {
      throw new DecolleError("unsupported", `threads: the WebAssembly build runs 1 thread, found ${threads}`);
    }
    return chosen("wasm", 1);
  }
  const count = threads === "auto" ? parallelism() : threads;
  if (kind === "native") return chosen("native", count);
  try {
    return await chosen("native", count);
  } catch (first) {
    const backend = await chosen("wasm", 1).catch((second: unknown) => {
      const reasons = [first, second].map((error) => (error instanceof Error ? error.message : String(error)));
      throw new DecolleError("backend", reasons.join("; "), { cause: first });
    });
    const fallback = new DecolleError("backend", "WebAssembly runs, since the native addon does not load here", {
      cause: first instanceof DecolleError ? first.cause : first,
    });
    if (!warned) {
      warned = true;
      const reason = fallback.cause instanceof Error ? fallback.cause.message : String(fallback.cause);
      console.warn(`decolle: ${fallback.message} (${reason})`);
    }
    return { ...backend, fallback };
  }
}

/**
 * Tries every build, for `decolle info`.
 *
 * @returns One entry a build: whether it loads, and why not.
 */
export async function probeBackends(): Promise<BackendProbe[]> {
  return Promise.all(
    kinds.map(async (kind): Promise<BackendProbe> => {
      try {
        const binding = await load(kind);
        const threads = kind === "wasm" ? 1 : parallelism();
        return { kind, loads: true, version: binding.version(), simd: binding.simd(), threads };
      } catch (error) {
        if (!(error instanceof DecolleError)) throw error;
        return { kind, loads: false, error };
      }
    }),
  );
}
