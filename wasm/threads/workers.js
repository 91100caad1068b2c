// @ts-check
/**
 * The workers that the flavour with threads computes on, in Node and in browsers alike.
 *
 * Each thread of each pool is a worker of its own, which starts with the pool and ends with it. A worker blocks while
 * its pool lives and cannot be spoken to then, so a network must not begin to work before all of its threads run:
 * in browsers a worker only starts while the thread that makes it is free.
 */

import { makeInstance } from "../instance.js";

/** Bytes of stack of a thread: what Rust gives its own threads natively. */
const stackSize = 2 * 1024 * 1024;

/** How long a worker may take to start, in milliseconds: far longer than any does that starts at all. */
export const patience = 60_000;

/**
 * A worker as Node or a browser has it.
 *
 * @typedef {object} HostWorker
 * @property {Promise<unknown>} up - Settles when it runs: when it has sent its first message; rejects where it fails before.
 * @property {(message: object) => void} post - Sends it a message.
 * @property {() => void} detach - From now on it keeps no process alive.
 * @property {() => void} end - Ends it at once, whatever it does.
 * @property {(hear: () => void) => void} ended - Calls `hear` when it has ended by itself.
 */

/** The workers over one memory. */
class Workers {
  #startWorker;
  #shared;
  /** All that have not ended. @type {Set<HostWorker>} */
  #all = new Set();
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
    await inTime(worker.up);
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
    await inTime(Promise.all(this.#starting));
  }

  /** Ends all of them at once, in the middle of whatever they do. */
  end() {
    for (const worker of this.#all) worker.end();
    this.#all.clear();
    this.#idle = [];
  }

  #start() {
    const worker = this.#startWorker();
    this.#all.add(worker);
    worker.ended(() => this.#all.delete(worker));
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
 * Waits, but not for ever.
 *
 * @param {Promise<unknown>} up
 */
async function inTime(up) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`a worker did not start within ${patience / 1000} s`)), patience);
  });
  try {
    await Promise.race([up, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Gives what makes instances of the core, each over a memory and workers of its own.
 *
 * @param {Parameters<typeof makeInstance<any>>[0]} instantiate - See wasm/glue.mjs.
 * @param {WebAssembly.Module} module - The core, compiled.
 * @param {() => HostWorker} startWorker
 * @returns {Promise<() => { binding: any, fault: () => string | undefined, started: () => Promise<void>, end: () => void }>}
 *   What makes an instance; rejects where workers do not start here.
 */
export async function overWorkers(instantiate, module, startWorker) {
  const make = () => {
    const { binding, fault } = makeInstance(instantiate, { module });
    const workers = new Workers(startWorker, { module, memory: binding.memory });
    binding.lendThreads((/** @type {number} */ thread) => workers.run(thread));
    return { workers, binding, fault };
  };
  const made = /** @param {ReturnType<typeof make>} instance */ ({ workers, binding, fault }) => ({
    binding,
    fault,
    started: () => workers.started(),
    end: () => workers.end(),
  });
  const first = make();
  await first.workers.prepare();
  /** @type {ReturnType<typeof make> | undefined} */
  let ready = first;
  return () => {
    const instance = ready ?? make();
    ready = undefined;
    return made(instance);
  };
}
