/**
 * Chooses the build that runs, and where: on this thread, or, where this is a page's own, in a Worker.
 *
 * Where the choice was left open and fell on less than the best, a warning says so once, with the reason, and the error behind
 * it stays available as {@link Backend.fallback}.
 */

import { DecolleError, unfit } from "../errors.js";
import { messageOf } from "../values/brands.js";
import { found } from "../values/found.js";
import { type Fields, readOptions } from "../values/options.js";
import {
  type Asked,
  type Backend,
  inNode,
  loadHere,
  loadRecordingsHere,
  mostThreads,
  tooManyThreads,
} from "./builds.js";
import type { AsyncBinding, Awaitable, BackendKind } from "./contract.js";
import type { RecordingsBinding } from "./recordings.js";
import { NotStarted, openWorker } from "./worker/page.js";

/** Which build to run, and with how many threads. */
export interface BackendChoice {
  /** `auto` (the default) takes the native addon where it loads, in Node, else WebAssembly. */
  readonly backend?: "auto" | BackendKind;
  /**
   * Threads of a network: 1 to 256, or `auto` (the default) for as many as this process may run at a time. WebAssembly
   * has more than one where threads can share memory: in Node, and in cross-origin isolated pages. Elsewhere a
   * number above one is refused where `wasm` was asked for, and lowered where `auto` fell back to it.
   */
  readonly threads?: "auto" | number;
  /**
   * Whether a network that is made on a page's own thread works in a Worker, which the package starts with the network and ends
   * with it, so that the page stays alive meanwhile; true by default. With false it works on the page's thread, and has one.
   * Elsewhere, in Node and in Workers, networks work where they are made, whatever this says.
   */
  readonly worker?: boolean;
}

/** The fields of {@link BackendChoice}, which options of other kinds may hold, too. */
export const choiceFields: Fields<BackendChoice> = { backend: "value", threads: "value", worker: "boolean" };

/**
 * What of some options chooses the backend.
 *
 * @param options - Options that hold a choice.
 * @returns The choice alone.
 */
export function choiceOf({ backend, threads, worker }: BackendChoice): BackendChoice {
  return {
    ...(backend !== undefined && { backend }),
    ...(threads !== undefined && { threads }),
    ...(worker !== undefined && { worker }),
  };
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
const said = new Set<string>();

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
function askedKind(): Asked["kind"] {
  return checkedKind("DECOLLE_BACKEND", variable("DECOLLE_BACKEND") ?? "auto");
}

/** What DECOLLE_THREADS asks of those who left the threads open. */
function askedThreads(): Asked["threads"] {
  const asked = variable("DECOLLE_THREADS") ?? "auto";
  return checkedThreads("DECOLLE_THREADS", /^\d+$/.test(asked) ? Number(asked) : asked);
}

function checkedKind(name: string, value: unknown): Asked["kind"] {
  const kind = kinds.find((known) => known === value);
  if (kind !== undefined) return kind;
  if (value === "auto") return "auto";
  throw unfit("config", name, '"auto", "native" or "wasm"', found(value));
}

function checkedThreads(name: string, threads: unknown): Asked["threads"] {
  if (threads === "auto") return threads;
  if (typeof threads === "number" && Number.isInteger(threads) && threads >= 1 && threads <= mostThreads)
    return threads;
  const code = typeof threads === "number" ? "range" : "config";
  throw unfit(code, name, `"auto" or a whole number from 1 to ${mostThreads}`, found(threads));
}

/** Whether this is a page's own thread, in a browser: simulated ones have no Workers, and Electron's pages may have Node. */
function onPage(): boolean {
  return typeof document !== "undefined" && typeof Worker === "function" && !inNode();
}

/** The build that is asked for, on this thread or in a Worker. */
async function placed(asked: Asked, worker: boolean): Promise<Backend> {
  if (!worker || !onPage() || asked.kind === "native") return loadHere(asked);
  try {
    return await openWorker(asked);
  } catch (error) {
    if (!NotStarted.is(error)) throw error;
    const { kind, threads } = asked;
    if (kind === "wasm" && threads !== "auto" && threads > 1) throw tooManyThreads(threads, error);
    const backend = await loadHere({ kind: "wasm", threads: 1 });
    const text = "WebAssembly runs with 1 thread on the page's own, which stands still while a network works";
    return { ...backend, fallback: new DecolleError("backend", text, { cause: error }) };
  }
}

/**
 * Loads the build that the choice asks for.
 *
 * In Node, the environment variables DECOLLE_BACKEND (`auto`, `native`, `wasm`) and DECOLLE_THREADS (`auto` or a number)
 * decide where `backend` or `threads` are not given or, for the build, `auto`. DECOLLE_SIMD names a SIMD level for the addon,
 * such as `avx2`, to measure what other processors would do: all give the same bits, and the best is taken where it is not set.
 *
 * @param choice - Build and threads; everything `auto` by default.
 * @returns The build, loaded; whoever gets it closes it.
 * @throws {@link DecolleError} `backend` where the build (with `auto`: no build) loads; `config` or `range` for a
 *   choice that is none; `unsupported` for more than one thread of WebAssembly where threads cannot share memory.
 */
export async function selectBackend(choice: BackendChoice = {}): Promise<Backend> {
  const { worker, ...asked } = readChoice(choice);
  const backend = await placed(asked, worker);
  if (backend.fallback) warn(backend.fallback);
  return backend;
}

/**
 * Asks the build that the choice asks for one question.
 *
 * @param choice - Build and threads.
 * @param question - Asks its functions.
 * @returns The answer.
 * @throws {@link DecolleError} As {@link selectBackend}, or what the question throws.
 */
export async function askBackend<Answer>(
  choice: BackendChoice,
  question: (binding: AsyncBinding) => Awaitable<Answer>,
): Promise<Answer> {
  const { binding, close } = await selectBackend(choice);
  try {
    return await question(binding);
  } finally {
    close();
  }
}

/**
 * Loads what reads, writes and simulates recordings: of the build that the choice asks for, and nothing of its engine.
 *
 * @param choice - The build; recordings run on one thread, this one, whatever its `threads` and `worker`.
 * @returns The functions; they throw `DecolleError` only.
 * @throws {@link DecolleError} As {@link selectBackend}, but that any number of threads will do.
 */
export async function selectRecordings(choice: BackendChoice = {}): Promise<RecordingsBinding> {
  const { recordings, fallback } = await loadRecordingsHere(readChoice(choice).kind);
  if (fallback) warn(fallback);
  return recordings;
}

/** A choice with what the environment asks for where it is open. */
function readChoice(choice: BackendChoice): Asked & { readonly worker: boolean } {
  const given = readOptions(choice, choiceFields, "a backend");
  const own = checkedKind("backend", given.backend === undefined ? "auto" : given.backend);
  return {
    kind: own === "auto" ? askedKind() : own,
    threads: checkedThreads("threads", given.threads === undefined ? askedThreads() : given.threads),
    worker: given.worker ?? true,
  };
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
        const { binding, simd, threads, fallback, close } = await placed({ kind, threads: "auto" }, true);
        try {
          const single = fallback && { singleThreaded: fallback };
          return { kind, loads: true, version: await binding.version(), simd, threads, ...single };
        } finally {
          close();
        }
      } catch (error) {
        if (!DecolleError.is(error)) throw error;
        return { kind, loads: false, error };
      }
    }),
  );
}
