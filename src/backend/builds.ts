/**
 * Loads builds on this thread, each at most once: in Node the native addon where it loads; else WebAssembly, with threads where
 * they can share memory.
 */

import { DecolleError, faultAt } from "../errors.js";
import { messageOf } from "../values/brands.js";
import type { AsyncBinding, BackendKind, Binding } from "./contract.js";
import { loadNative, loadNativeRecordings } from "./native.js";
import type { RecordingsBinding } from "./recordings.js";
import { loadWasm, loadWasmThreads, type ThreadedBinding } from "./wasm.js";
import { loadWasmRecordings } from "./wasm-recordings.js";

/** A build that runs. */
export interface Backend {
  /** Which build it is. */
  readonly kind: BackendKind;
  /** Threads that a network gets, at least 1. */
  readonly threads: number;
  /** SIMD level that the core uses here, e.g. `avx2` or `simd128`. */
  readonly simd: string;
  /** The build's functions; they throw `DecolleError` only. */
  readonly binding: AsyncBinding;
  /**
   * Waits until all threads of the networks made so far run. A network must not begin to work before.
   *
   * @throws {@link DecolleError} `backend` where one does not start.
   */
  readonly started: () => Promise<void>;
  /** Lets go of what was started for this backend alone, with all that was made in it; a build on this thread stays. */
  readonly close: () => void;
  /** Why less than the best runs although the choice was left open; its `cause` is the first error. */
  readonly fallback?: DecolleError;
}

/** A build on this thread, which answers at once. */
export interface LocalBackend extends Backend {
  readonly binding: Binding;
}

/** Which build and how many threads are asked for, checked. */
export interface Asked {
  /** Which build. */
  readonly kind: "auto" | BackendKind;
  /** How many threads. */
  readonly threads: "auto" | number;
}

/** Most threads of a network. */
export const mostThreads = 256;

/** What can be loaded: WebAssembly comes in two flavours. */
type Build = BackendKind | "wasm-threads";
/** Where the core starts threads by itself, or none, nobody has to wait for them. */
const alone = (binding: Binding): ThreadedBinding => ({ binding, started: async () => {} });
const loaders: Record<Build, () => Promise<ThreadedBinding>> = {
  native: async () => alone(await loadNative()),
  wasm: async () => alone(await loadWasm()),
  "wasm-threads": () => loadWasmThreads(),
};
const recordingsLoaders: Record<BackendKind, () => Promise<RecordingsBinding>> = {
  native: loadNativeRecordings,
  wasm: loadWasmRecordings,
};

/** Loads each build at most once. */
function once<Name extends string, Loaded>(loaders: Readonly<Record<Name, () => Promise<Loaded>>>) {
  const loading = new Map<Name, Promise<Loaded>>();
  return (build: Name): Promise<Loaded> => {
    let loaded = loading.get(build);
    if (loaded === undefined) {
      loaded = loaders[build]().catch((error: unknown) => {
        throw faultAt("backend", "backend", `the ${build} build does not load here: ${messageOf(error)}`, {
          cause: error,
        });
      });
      loading.set(build, loaded);
    }
    return loaded;
  };
}

const load = once(loaders);
const loadRecordings = once(recordingsLoaders);

/**
 * Whether this is Node, the only place where a native addon may be missed. Electron's pages may be one.
 *
 * @returns Whether it is.
 */
export function inNode(): boolean {
  return typeof process !== "undefined" && process.versions?.node !== undefined;
}

/** How many threads this process may run at a time; asked of Node without an import that browsers would stumble over. */
function parallelism(): number {
  const node = typeof process === "undefined" ? undefined : process.getBuiltinModule?.("node:os");
  const count = node === undefined ? globalThis.navigator?.hardwareConcurrency : node.availableParallelism();
  return Math.min(count || 1, mostThreads);
}

async function chosen(build: Build, threads: number): Promise<LocalBackend> {
  const { binding, started } = await load(build);
  return {
    kind: build === "native" ? "native" : "wasm",
    threads,
    simd: binding.simd(),
    binding,
    started: () =>
      started().catch((error: unknown) => {
        throw faultAt("backend", "threads", `one of ${threads} does not start: ${messageOf(error)}`, {
          cause: error,
        });
      }),
    close: () => {},
  };
}

/** WebAssembly with that many threads. */
async function demandedWasm(threads: number): Promise<LocalBackend> {
  if (threads === 1) return chosen("wasm", 1);
  return chosen("wasm-threads", threads).catch((error: DecolleError) => {
    throw tooManyThreads(threads, error.cause);
  });
}

/**
 * Says that WebAssembly has no threads here.
 *
 * @param threads - How many were asked for.
 * @param cause - Why it has none.
 * @returns The error.
 */
export function tooManyThreads(threads: number, cause: unknown): DecolleError {
  const wrong = `WebAssembly runs 1 thread here, found ${threads}: ${messageOf(cause)}`;
  return faultAt("unsupported", "threads", wrong, { cause });
}

/** WebAssembly with that many threads where it can have them, else with one. */
async function availableWasm(threads: number): Promise<LocalBackend> {
  if (threads === 1) return chosen("wasm", 1);
  try {
    return await chosen("wasm-threads", threads);
  } catch (error) {
    const backend = await chosen("wasm", 1);
    return { ...backend, fallback: oneThread(error) };
  }
}

/** Why WebAssembly runs one thread; loading wraps what it meets, and the wrapping says nothing here. */
function oneThread(error: unknown): DecolleError {
  const { cause } = error as DecolleError;
  return new DecolleError("backend", "WebAssembly runs 1 thread, since threads cannot be had here", { cause });
}

/**
 * Loads the build that is asked for, on this thread.
 *
 * @param asked - Build and threads.
 * @returns The build, loaded; it says by `fallback` where it is less than the best.
 * @throws {@link DecolleError} `backend` where the build (with `auto`: no build) loads; `unsupported` for more than one
 *   thread of WebAssembly where threads cannot share memory.
 */
export async function loadHere({ kind, threads }: Asked): Promise<LocalBackend> {
  const count = threads === "auto" ? parallelism() : threads;
  if (kind === "native") return chosen("native", count);
  if (kind === "wasm") return threads === "auto" ? availableWasm(count) : demandedWasm(threads);
  if (!inNode()) return availableWasm(count);
  try {
    return await chosen("native", count);
  } catch (first) {
    const backend = await availableWasm(count).catch((second: unknown) => {
      throw neither(first, second);
    });
    const single = backend.fallback ? ` with 1 thread (${messageOf(backend.fallback.cause)})` : "";
    return { ...backend, fallback: noAddon(first, single) };
  }
}

/**
 * Loads what reads, writes and simulates recordings, on this thread.
 *
 * @param kind - The build.
 * @returns The functions, and why it is not the best build where that is so.
 * @throws {@link DecolleError} `backend` where the build (with `auto`: no build) loads.
 */
export async function loadRecordingsHere(
  kind: Asked["kind"],
): Promise<{ readonly recordings: RecordingsBinding; readonly fallback?: DecolleError }> {
  if (kind !== "auto") return { recordings: await loadRecordings(kind) };
  if (!inNode()) return { recordings: await loadRecordings("wasm") };
  try {
    return { recordings: await loadRecordings("native") };
  } catch (first) {
    const recordings = await loadRecordings("wasm").catch((second: unknown) => {
      throw neither(first, second);
    });
    return { recordings, fallback: noAddon(first, "") };
  }
}

/** Why nothing runs. */
function neither(first: unknown, second: unknown): DecolleError {
  return new DecolleError("backend", [first, second].map(messageOf).join("; "), { cause: first });
}

/** Why WebAssembly runs although the choice was left open. */
function noAddon(first: unknown, single: string): DecolleError {
  return new DecolleError("backend", `WebAssembly runs${single}, since the native addon does not load here`, {
    cause: DecolleError.is(first) ? first.cause : first,
  });
}
