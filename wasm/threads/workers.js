// @ts-check
/**
 * The workers that the flavour with threads computes on, in Node and in browsers alike.
 *
 * Each thread of each network is a worker of its own, which starts with the network and ends with it. A worker blocks while
 * its network lives and cannot be spoken to then, so a network must not begin to work before all of its threads run:
 * in browsers a worker only starts while the thread that makes it is free.
 */

/** Bytes of stack of a thread: what Rust gives its own threads natively. */
const stackSize = 2 * 1024 * 1024;

/**
 * A worker as Node or a browser has it.
 *
 * @typedef {object} HostWorker
 * @property {Promise<unknown>} up - Settles when it runs: when it has sent its first message; rejects where it fails before.
 * @property {(message: object) => void} post - Sends it a message.
 * @property {() => void} detach - From now on it keeps no process alive.
 */

/** The workers over one memory. */
class Workers {
  #startWorker;
  #shared;
  /** Workers that run and wait for a thread. @type {HostWorker[]} */
  #idle = [];
  /** Workers that do not run yet. @type {Set<Promise<unknown>>} */
  #starting = new Set();

  /**
   * @param {() => HostWorker} startWorker
   * @param {{ module: WebAssembly.Module, memory: WebAssembly.Memory }} shared - What every worker gets an instance over.
   */
  constructor(startWorker, shared) {
    this.#startWorker = startWorker;
    this.#shared = shared;
  }

  /**
   * Starts a worker ahead, which the first thread will take. Rejects where workers do not start here.
   */
  async prepare() {
    const worker = this.#start();
    await worker.up;
    this.#idle.push(worker);
  }

  /**
   * Has a worker run a thread.
   *
   * @param {number} thread - Its number in the core.
   */
  run(thread) {
    const worker = this.#idle.pop() ?? this.#start();
    worker.post({ thread });
  }

  /** Waits until every worker that was started runs. Rejects where one does not start. */
  async started() {
    await Promise.all(this.#starting);
  }

  #start() {
    const worker = this.#startWorker();
    worker.post({ ...this.#shared, thread_stack_size: stackSize });
    // Whoever waits in `started` hears of a failure; this is the bookkeeping.
    worker.up
      .then(
        () => worker.detach(),
        () => {},
      )
      .finally(() => this.#starting.delete(worker.up));
    this.#starting.add(worker.up);
    return worker;
  }
}

/**
 * Makes the compiled core ready: gives it its memory, sees that workers start here, and has it ask them for its threads.
 *
 * @template {{
 *   initSync(given: { module: WebAssembly.Module }): { memory: WebAssembly.Memory },
 *   lendThreads(start: (thread: number) => void): void,
 * }} Exports
 * @param {Exports} exports - What wasm-bindgen wrote.
 * @param {WebAssembly.Module} module - The core, compiled.
 * @param {() => HostWorker} startWorker
 * @returns {Promise<{ binding: Exports, started: () => Promise<void> }>} The exports, and what waits until all threads of
 *   the networks made so far run; rejects where one does not start.
 */
export async function overWorkers(exports, module, startWorker) {
  const { memory } = exports.initSync({ module });
  const workers = new Workers(startWorker, { module, memory });
  await workers.prepare();
  exports.lendThreads((thread) => workers.run(thread));
  return { binding: exports, started: () => workers.started() };
}
