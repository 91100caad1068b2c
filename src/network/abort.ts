/** Abort: heard wherever something is waited for, whether or not what is waited for ever comes. */
import { type DecolleError, faultAt } from "../errors.js";
import { type AbortSignalLike, isObject } from "../values/brands.js";

/**
 * Ends work that its caller has aborted.
 *
 * @param signal - The caller's signal.
 * @param work - Name of the work, for messages.
 * @throws {@link DecolleError} `aborted`, with the signal's reason as cause.
 */
export function throwIfAborted(signal: AbortSignalLike | undefined, work: string): void {
  if (signal?.aborted) throw aborted(signal, work);
}

/**
 * Waits for something, but not longer than its caller wants: whoever aborts need not wait for a promise that may never
 * settle. What becomes of an abandoned promise is nobody's concern; a rejection of it is not reported.
 *
 * @param awaited - What is waited for; a value that is no promise is given back as it is.
 * @param signal - The caller's signal.
 * @param work - Name of the work, for messages.
 * @returns What was waited for.
 * @throws {@link DecolleError} `aborted`, with the signal's reason as cause; or what the promise rejects with.
 */
export async function unlessAborted<Value>(
  awaited: Value | PromiseLike<Value>,
  signal: AbortSignalLike | undefined,
  work: string,
): Promise<Value> {
  if (signal === undefined) return awaited;
  let stop: () => void = () => undefined;
  const abort = new Promise<never>((_, reject) => {
    stop = () => reject(aborted(signal, work));
  });
  signal.addEventListener("abort", stop);
  try {
    // Whoever is aborted already does not look at what came: the promise is still taken hold of, so that its rejection is heard.
    if (signal.aborted) stop();
    return await Promise.race([abort, awaited]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/**
 * What an iterator gives, until it ends or the caller aborts. Whoever stops asking ends it, too.
 *
 * @param iterator - The iterator.
 * @param signal - The caller's signal.
 * @param work - Name of the work, for messages.
 * @yields What it gives.
 * @throws {@link DecolleError} `aborted`; or what the iterator throws.
 */
export async function* heeding<Value>(
  iterator: AsyncIterator<Value> | Iterator<Value>,
  signal: AbortSignalLike | undefined,
  work: string,
): AsyncGenerator<Value, void> {
  let ended = false;
  try {
    for (;;) {
      throwIfAborted(signal, work);
      const step = await unlessAborted(iterator.next(), signal, work);
      if (step.done) {
        ended = true;
        return;
      }
      yield step.value;
    }
  } finally {
    // A source that never answers would not answer to this either, so nobody waits for it.
    if (!ended) void (async () => iterator.return?.())().catch(() => undefined);
  }
}

/**
 * Tells a caller's function, and waits for it where it gives a promise, so that what it rejects with is not lost.
 *
 * @param listener - The caller's function, where there is one.
 * @param news - What it is told.
 * @param signal - The caller's signal.
 * @param work - Name of the work, for messages.
 * @throws {@link DecolleError} `aborted`; or what the function throws or rejects with.
 */
export async function tell<News>(
  listener: ((news: News) => unknown) | undefined,
  news: News,
  signal: AbortSignalLike | undefined,
  work: string,
): Promise<void> {
  const answer = listener?.(news);
  if (isPromiseLike(answer)) await unlessAborted(answer, signal, work);
}

/**
 * Whether something has to be waited for.
 *
 * @param value - Anything.
 * @returns Whether it has a method `then`.
 */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return isObject(value) && typeof value["then"] === "function";
}

function aborted(signal: AbortSignalLike, work: string): DecolleError {
  return faultAt("aborted", work, "aborted by the caller", { cause: signal.reason });
}
