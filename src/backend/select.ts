/**
 * Chooses the build that runs: the native addon where it loads, else WebAssembly, with threads where they can share memory.
 *
 * Each build is loaded at most once. Where the choice was left open and fell on less than the best, a warning says so once,
 * with the reason, and the error behind it stays available as {@link Backend.fallback}.
 */

import { DecolleError, faultAt, unfit } from "../errors.js";
import { messageOf } from "../values/brands.js";
import { found } from "../values/found.js";
import { type Fields, readOptions } from "../values/options.js";
import type { BackendKind, Binding } from "./contract.js";
import { loadNative, loadNativeRecordings } from "./native.js";
import type { RecordingsBinding } from "./recordings.js";
import { loadWasm, loadWasmThreads, type ThreadedBinding } from "./wasm.js";
import { loadWasmRecordings } from "./wasm-recordings.js";

/** Which build to run, and with how many threads. */
export interface BackendChoice {
  /** `auto` (the default) takes the native addon where it loads, else WebAssembly. */
  readonly backend?: "auto" | BackendKind;
  /**
   * Threads of a network: 1 to 256, or `auto` (the default) for as many as this process may run at a time. WebAssembly
   * has more than one where threads can share memory: in Node, and in Workers of cross-origin isolated pages. Elsewhere a
   * number above one is refused where `wasm` was asked for, and lowered where `auto` fell back to it.
   */
  readonly threads?: "auto" | number;
}

/** The fields of {@link BackendChoice}, which options of other kinds may hold, too. */
export const choiceFields: Fields<BackendChoice> = { backend: "value", threads: "value" };

/**
 * What of some options chooses the backend.
 *
 * @param options - Options that hold a choice.
 * @returns The choice alone.
 */
export function choiceOf({ backend, threads }: BackendChoice): BackendChoice {
  return { ...(backend !== undefined && { backend }), ...(threads !== undefined && { threads }) };
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
  /**
   * Waits until all threads of the networks made so far run. A network must not begin to work before.
   *
   * @throws {@link DecolleError} `backend` where one does not start.
   */
  readonly started: () => Promise<void>;
  /** Why less than the best runs although the choice was left open; its `cause` is the first error. */
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
  /** Why it runs one thread only, where it could have more. */
  readonly singleThreaded?: DecolleError;
  /** Why it does not load. */
  readonly error?: DecolleError;
}

const kinds: readonly BackendKind[] = ["native", "wasm"];
const mostThreads = 256;
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
const said = new Set<string>();

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

/** Says something once. */
function warn(fallback: DecolleError): void {
  const text = `decolle: ${fallback.message} (${messageOf(fallback.cause)})`;
  if (said.has(text)) return;
  said.add(text);
  console.warn(text);
}

/** A variable of the environment, undefined where it is empty or outside Node. */
function variable(name: string): string | undefined {
  return (typeof process === "undefined" ? undefined : process.env?.[name]) || undefined;
}

/** What DECOLLE_BACKEND asks of those who left the build open. */
function askedKind(): "auto" | BackendKind {
  return checkedKind("DECOLLE_BACKEND", variable("DECOLLE_BACKEND") ?? "auto");
}

/** What DECOLLE_THREADS asks of those who left the threads open. */
function askedThreads(): "auto" | number {
  const asked = variable("DECOLLE_THREADS") ?? "auto";
  return checkedThreads("DECOLLE_THREADS", /^\d+$/.test(asked) ? Number(asked) : asked);
}

function checkedKind(name: string, value: unknown): "auto" | BackendKind {
  const kind = kinds.find((known) => known === value);
  if (kind !== undefined) return kind;
  if (value === "auto") return "auto";
  throw unfit("config", name, '"auto", "native" or "wasm"', found(value));
}

function checkedThreads(name: string, threads: unknown): "auto" | number {
  if (threads === "auto") return threads;
  if (typeof threads === "number" && Number.isInteger(threads) && threads >= 1 && threads <= mostThreads)
    return threads;
  const code = typeof threads === "number" ? "range" : "config";
  throw unfit(code, name, `"auto" or a whole number from 1 to ${mostThreads}`, found(threads));
}

/** How many threads this process may run at a time; asked of Node without an import that browsers would stumble over. */
function parallelism(): number {
  const node = typeof process === "undefined" ? undefined : process.getBuiltinModule?.("node:os");
  const count = node === undefined ? globalThis.navigator?.hardwareConcurrency : node.availableParallelism();
  return Math.min(count || 1, mostThreads);
}

async function chosen(build: Build, threads: number): Promise<Backend> {
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
  };
}

/** WebAssembly with that many threads. */
async function demandedWasm(threads: number): Promise<Backend> {
  if (threads === 1) return chosen("wasm", 1);
  return chosen("wasm-threads", threads).catch((error: DecolleError) => {
    const wrong = `WebAssembly runs 1 thread here, found ${threads}: ${messageOf(error.cause)}`;
    throw faultAt("unsupported", "threads", wrong, { cause: error.cause });
  });
}

/** WebAssembly with that many threads where it can have them, else with one. */
async function availableWasm(threads: number): Promise<Backend> {
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
 * Loads the build that the choice asks for.
 *
 * In Node, the environment variables DECOLLE_BACKEND (`auto`, `native`, `wasm`) and DECOLLE_THREADS (`auto` or a number)
 * decide where `backend` or `threads` are not given or, for the build, `auto`. DECOLLE_SIMD names a SIMD level for the addon,
 * such as `avx2`, to measure what other processors would do: all give the same bits, and the best is taken where it is not set.
 *
 * @param choice - Build and threads; everything `auto` by default.
 * @returns The build, loaded.
 * @throws {@link DecolleError} `backend` where the build (with `auto`: neither build) loads; `config` or `range` for a
 *   choice that is none; `unsupported` for more than one thread of WebAssembly where threads cannot share memory.
 */
export async function selectBackend(choice: BackendChoice = {}): Promise<Backend> {
  const { kind, threads } = readChoice(choice);
  const count = threads === "auto" ? parallelism() : threads;
  if (kind === "native") return chosen("native", count);
  if (kind === "wasm") {
    if (threads !== "auto") return demandedWasm(threads);
    const backend = await availableWasm(count);
    if (backend.fallback) warn(backend.fallback);
    return backend;
  }
  try {
    return await chosen("native", count);
  } catch (first) {
    const backend = await availableWasm(count).catch((second: unknown) => {
      throw new DecolleError("backend", [first, second].map(messageOf).join("; "), { cause: first });
    });
    const single = backend.fallback ? ` with 1 thread (${messageOf(backend.fallback.cause)})` : "";
    const fallback = noAddon(first, single);
    warn(fallback);
    return { ...backend, fallback };
  }
}

/**
 * Loads what reads, writes and simulates recordings: of the build that the choice asks for, and nothing of its engine.
 *
 * @param choice - The build; recordings run on one thread, whatever its `threads`.
 * @returns The functions; they throw `DecolleError` only.
 * @throws {@link DecolleError} As {@link selectBackend}, but that any number of threads will do.
 */
export async function selectRecordings(choice: BackendChoice = {}): Promise<RecordingsBinding> {
  const { kind } = readChoice(choice);
  if (kind !== "auto") return loadRecordings(kind);
  try {
    return await loadRecordings("native");
  } catch (first) {
    const recordings = await loadRecordings("wasm").catch((second: unknown) => {
      throw new DecolleError("backend", [first, second].map(messageOf).join("; "), { cause: first });
    });
    warn(noAddon(first, ""));
    return recordings;
  }
}

/** Why WebAssembly runs although the choice was left open. */
function noAddon(first: unknown, single: string): DecolleError {
  return new DecolleError("backend", `WebAssembly runs${single}, since the native addon does not load here`, {
    cause: DecolleError.is(first) ? first.cause : first,
  });
}

/** A choice with what the environment asks for where it is open. */
function readChoice(choice: BackendChoice): { readonly kind: "auto" | BackendKind; readonly threads: "auto" | number } {
  const given = readOptions(choice, choiceFields, "a backend");
  const own = checkedKind("backend", given.backend === undefined ? "auto" : given.backend);
  const kind = own === "auto" ? askedKind() : own;
  return { kind, threads: checkedThreads("threads", given.threads === undefined ? askedThreads() : given.threads) };
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
        const count = parallelism();
        const { binding, simd, threads, fallback } = await (kind === "native"
          ? chosen("native", count)
          : availableWasm(count));
        const single = fallback && { singleThreaded: fallback };
        return { kind, loads: true, version: binding.version(), simd, threads, ...single };
      } catch (error) {
        if (!DecolleError.is(error)) throw error;
        return { kind, loads: false, error };
      }
    }),
  );
}
