/**
 * The engine behind a network: one handle of a backend, who may use it when, and the loop that drives a batch.
 *
 * A batch goes begin → advance, again and again → finish. Between two advances the event loop has its turn, so the engine
 * can be called while a batch is open; such calls are refused as `busy` instead of seeing half a batch.
 *
 * A backend may answer later. Its calls take effect in their order, so whatever here tells of the network (open, disposed,
 * generation) changes with the call, not with its answer.
 */
import type { Backend } from "../backend/builds.js";
import type { AsyncBatch, AsyncBinding, AsyncNetwork } from "../backend/contract.js";
import { faultAt } from "../errors.js";
import type { AbortSignalLike } from "../values/brands.js";
import { frozen } from "../values/frozen.js";
import { isPromiseLike, throwIfAborted, unlessAborted } from "./abort.js";
import type { RecordOptions } from "./record.js";
import { type BatchResult, decodeOutcome } from "./result.js";
import type { NetworkDescription } from "./specification.js";
import { nextTurn } from "./turn.js";

/** What the engine does with a batch, apart from its data. */
export interface Schedule {
  /** Whether weights change. */
  readonly learn: boolean;
  /** Steps at the start of the sequence that neither learn nor vote. */
  readonly burnIn: number;
  /** Learning steps whose gradients are summed into one update. */
  readonly updateEvery?: number;
  /** Whether the sequence goes on from the state that the last batch left. */
  readonly keepState?: boolean;
  /** Whether a gradient of fewer than `updateEvery` steps is applied at the end of the batch. */
  readonly flushGradient?: boolean;
  /** What the result holds of every step. */
  readonly record?: RecordOptions;
  /** Whether the result holds mean and variance of the membrane potential. */
  readonly recordPotential?: boolean;
}

/** Work that nothing else may interleave with, as long as it is listed by its engine. */
interface Work {
  /** Its name, for messages. */
  readonly name: string;
  /** Settles when it ends. */
  running: Promise<unknown>;
  /** Whether it lets others use the network for the time being. */
  yielding: boolean;
  /** Whether it is one batch, from its first moment to its last. */
  readonly whole: boolean;
}

/** How long the event loop may wait for its turn, in milliseconds, where a backend works on the calling thread. */
const turnAfter = 10;
/** When it had its last one, whichever network gave it: batches may be shorter than that, and networks many. */
let lastTurn = 0;

/** A network's handle in a backend, guarded. */
export class Engine {
  /** The backend it runs in. */
  readonly backend: Backend;
  /** Shapes as built; counters and metadata are those of the time of building, see {@link Engine.describe}. */
  built: NetworkDescription;
  /** Grows whenever neuron state changes, so that a stream notices that its state is gone. */
  generation = 0;
  readonly #handle: AsyncNetwork;
  /** Work that has begun and not ended; all but the last one are yielding. */
  readonly #works: Work[] = [];
  #open = false;
  #disposed = false;

  private constructor(backend: Backend, handle: AsyncNetwork, built: NetworkDescription) {
    this.backend = backend;
    this.#handle = handle;
    this.built = built;
  }

  /**
   * Takes over a handle.
   *
   * @param backend - The backend that made it; the engine closes it.
   * @param handle - The handle; the engine disposes it.
   * @returns The engine.
   * @throws {@link DecolleError} What kept the handle from being made.
   */
  static async over(backend: Backend, handle: AsyncNetwork): Promise<Engine> {
    return new Engine(backend, handle, described(await handle.describe()));
  }

  /** The backend's functions. */
  get binding(): AsyncBinding {
    return this.backend.binding;
  }

  /** Whether {@link Engine.dispose} was called. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /** Frees the handle; work under way ends with a `disposed` error. A second call does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#handle.dispose();
    this.backend.close();
  }

  /**
   * Runs work that nothing else may interleave with.
   *
   * @param work - Its name, for messages.
   * @param task - The work.
   * @param whole - Whether it is a single batch, in the middle of which nobody reads the network; false by default.
   * @returns What the work gives.
   * @throws {@link DecolleError} `busy` while other work runs, `disposed` after disposal.
   */
  async exclusive<Result>(work: string, task: () => Promise<Result>, whole = false): Promise<Result> {
    this.#demandIdle(work);
    const own: Work = { name: work, running: Promise.resolve(), yielding: false, whole };
    this.#works.push(own);
    const running = (async () => task())().finally(() => {
      // Not always the last one: a caller's function that was not waited for may have left work of its own behind.
      this.#works.splice(this.#works.indexOf(own), 1);
    });
    own.running = running;
    return running;
  }

  /**
   * Lets a caller's function use the network in the middle of exclusive work, between two batches.
   *
   * @param visit - The caller's function.
   * @param signal - Aborts the wait for it; what it has left running goes on, and keeps the network busy until it ends.
   * @throws {@link DecolleError} `busy` where the function left work of its own running, `aborted`.
   */
  async yieldTo(visit: () => unknown, signal?: AbortSignalLike): Promise<void> {
    const own = this.#busyWith();
    if (own === undefined) throw new Error("only work yields");
    own.yielding = true;
    try {
      await unlessAborted(visit(), signal, own.name);
      const left = this.#busyWith();
      if (left === undefined) return;
      // What the function left running has to end first: the network cannot be put back into order under it.
      await unlessAborted(Promise.allSettled([left.running]), signal, own.name);
      throw faultAt("busy", own.name, `the caller's function returned before its own ${left.name} ended`);
    } finally {
      own.yielding = false;
    }
  }

  /**
   * The handle for a call that changes the network.
   *
   * @param call - Name of the call, for messages.
   * @returns The handle.
   * @throws {@link DecolleError} `busy` while work runs, `disposed` after disposal.
   */
  toChange(call: string): AsyncNetwork {
    this.#demandIdle(call);
    return this.#handle;
  }

  /**
   * The handle for a call that reads the network, which is also allowed between the batches of longer work.
   *
   * @param call - Name of the call, for messages.
   * @returns The handle.
   * @throws {@link DecolleError} `busy` while a batch is open, `disposed` after disposal.
   */
  toRead(call: string): AsyncNetwork {
    this.#demandAlive(call);
    if (this.#open || this.#busyWith()?.whole) {
      throw faultAt("busy", call, `the network is at work on ${this.#name("a batch")}`);
    }
    return this.#handle;
  }

  /**
   * The network as it is now.
   *
   * @returns Specification, shapes, counters, metadata.
   */
  async describe(): Promise<NetworkDescription> {
    return described(await this.toRead("describe").describe());
  }

  /**
   * Puts a checkpoint of the same layers in the network's place; called from within {@link Engine.exclusive}. An open stream
   * stays, if the neuron state is its own.
   *
   * @param call - Name of the call, for messages.
   * @param bytes - The checkpoint.
   * @throws {@link DecolleError} `checkpoint`, `busy`, `disposed`; everything is then as before.
   */
  async replace(call: string, bytes: Uint8Array): Promise<void> {
    await this.toRead(call).restore(bytes);
    this.built = await this.describe();
  }

  /**
   * Takes a snapshot of weights, state and counters; called from within {@link Engine.exclusive}.
   *
   * @returns What to do in the end: `restore` brings them back, and with them any stream that was open; `release` lets go
   *   of them. On a disposed network neither does anything.
   */
  async takeSnapshot(): Promise<{ readonly restore: () => Promise<void>; readonly release: () => Promise<void> }> {
    const { generation } = this;
    await this.toRead("takeSnapshot").takeSnapshot();
    return {
      restore: async () => {
        if (this.#disposed) return;
        const restored = this.toRead("restore").restoreSnapshot();
        this.generation = generation;
        await restored;
      },
      release: async () => {
        if (!this.#disposed) await this.toRead("release").dropSnapshot();
      },
    };
  }

  /**
   * Runs one batch; called from within {@link Engine.exclusive}.
   *
   * @param batch - The data; whoever made it disposes of it.
   * @param schedule - What to do with them.
   * @param signal - Aborts the batch, which is then rolled back.
   * @returns What came out.
   * @throws {@link DecolleError} `aborted`, or what the engine found wrong; either way the network is as before.
   */
  async run(batch: AsyncBatch, schedule: Schedule, signal?: AbortSignalLike): Promise<BatchResult> {
    throwIfAborted(signal, this.#name("run"));
    this.#demandAlive("run");
    if (this.#open) throw new Error("a batch runs alone");
    const handle = this.#handle;
    const options = JSON.stringify(schedule);
    const interrupt = () => handle.interrupt();
    // All that can throw is in here, the caller's signal included: whatever it is, the batch is given up and nobody kept out.
    this.#open = true;
    try {
      signal?.addEventListener("abort", interrupt);
      try {
        const begun = handle.begin(batch, options);
        // A backend that has begun at once is put to work at once.
        if (isPromiseLike(begun)) await begun;
        await this.#advance(handle, signal);
      } finally {
        signal?.removeEventListener("abort", interrupt);
      }
      const outcome = await handle.finish();
      this.generation++;
      return decodeOutcome(outcome, this.built, schedule.record);
    } catch (error) {
      await this.#giveUp();
      throw error;
    } finally {
      this.#open = false;
    }
  }

  /** Advances until the batch is done. */
  async #advance(handle: AsyncNetwork, signal: AbortSignalLike | undefined): Promise<void> {
    for (;;) {
      const step = handle.advance();
      const done = typeof step === "boolean" ? step : await step;
      // A backend that works off the event loop has just given it its turn by the await.
      if (typeof step === "boolean" && performance.now() - lastTurn > turnAfter) {
        await nextTurn();
        lastTurn = performance.now();
      }
      if (done) return;
      this.#demandAlive(this.#name("run"));
      throwIfAborted(signal, this.#name("run"));
    }
  }

  /** Gives up the batch that is open in the backend, if one is. */
  async #giveUp(): Promise<void> {
    try {
      await this.#handle.cancel();
    } catch {
      // It was disposed of, or broke; then there is none, and the error that led here is the one to hear of.
    }
  }

  #demandAlive(call: string): void {
    if (this.#disposed) throw faultAt("disposed", call, "the network has been disposed");
  }

  #demandIdle(call: string): void {
    this.#demandAlive(call);
    const work = this.#busyWith();
    if (work !== undefined) throw faultAt("busy", call, `the network is at work on ${work.name}`);
  }

  /** The work that keeps the network busy, if any does. */
  #busyWith(): Work | undefined {
    return this.#works.findLast(({ yielding }) => !yielding);
  }

  #name(unknown: string): string {
    return this.#busyWith()?.name ?? unknown;
  }
}

function described(json: string): NetworkDescription {
  return frozen(JSON.parse(json) as NetworkDescription);
}
