/** Interruption from the keyboard or by a supervisor: the first asks for an orderly end, the second ends at once. */

/**
 * Runs work that an interrupt (SIGINT) or a request to end (SIGTERM) aborts.
 *
 * @param work - The work; it is given the signal that aborts it.
 * @returns What the work gives.
 */
export async function withInterrupts<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController();
  const signals = ["SIGINT", "SIGTERM"] as const;
  const release = () => {
    for (const name of signals) process.removeListener(name, abort);
  };
  const abort = (name: NodeJS.Signals) => {
    // Without a listener the next one takes its default effect.
    release();
    controller.abort(name);
  };
  for (const name of signals) process.on(name, abort);
  try {
    return await work(controller.signal);
  } finally {
    release();
  }
}
