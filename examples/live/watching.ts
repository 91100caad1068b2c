/** Brings the blocks of a source to the network as fast as it takes them, and counts. */
import { watcher } from "./networks.js";
import type { Block, Source } from "./sources.js";
import type { Seen, Weights } from "./watcher.js";

/** Microseconds of stream that may wait for the network; older ones are left out. */
const patience = 200_000;

/** What the page does with what comes. */
export interface WatchingActions {
  /** Draws events. */
  show(block: Block): void;
  /** Shows what the network made of so many milliseconds. */
  seen(seen: Seen, milliseconds: number): void;
  /** The gesture that is being recorded. */
  held(): number | null;
  /** Says what went wrong. */
  complain(error: unknown): void;
}

/** The way from a source to the network. */
export class Watching {
  readonly #actions: WatchingActions;
  #stop = new AbortController();
  #waiting: Block[] = [];
  #weights: Weights | null = null;
  #work: Promise<void> = Promise.resolve();
  #isBusy = false;
  /** Whether the network is being exchanged, so that it may look at nothing. */
  #isChanging = false;
  #operations = 0;
  #counts = { events: 0, operations: 0, steps: 0, milliseconds: 0, since: performance.now() };

  /**
   * Makes the way.
   *
   * @param actions - What the page does.
   */
  constructor(actions: WatchingActions) {
    this.#actions = actions;
  }

  /**
   * Changes the source; the one before ends.
   *
   * @param source - The new one, which goes on until there is another.
   * @throws What goes wrong with it, unless there is another one by then.
   */
  async from(source: Source): Promise<void> {
    this.#stop.abort();
    const stop = new AbortController();
    this.#stop = stop;
    this.#waiting = [];
    try {
      for await (const block of source(stop.signal)) {
        if (stop.signal.aborted) return;
        this.#counts.events += block.events.t.length;
        this.#actions.show(block);
        this.#add(block);
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    }
  }

  /**
   * Starts with another network.
   *
   * @param bytes - Its checkpoint.
   */
  async start(bytes: Uint8Array): Promise<void> {
    this.#isChanging = true;
    try {
      await this.#work;
      this.#weights = null;
      await watcher.start(bytes);
    } finally {
      this.#isChanging = false;
      this.#waiting = [];
    }
  }

  /**
   * Takes what was learned.
   *
   * @param weights - For the next piece.
   * @param operations - Synaptic operations that it took.
   */
  learned(weights: Weights, operations: number): void {
    this.#weights = weights;
    this.#counts.operations += operations;
  }

  /** Events and synaptic operations a second, and milliseconds of a step, since the last time; operations come in bursts, so they are smoothed. */
  rates(): { rate: number; operations: number; step: number | null } {
    const { events, operations, steps, milliseconds, since } = this.#counts;
    const now = performance.now();
    const seconds = (now - since) / 1000;
    this.#counts = { events: 0, operations: 0, steps: 0, milliseconds: 0, since: now };
    this.#operations += 0.2 * (operations / seconds - this.#operations);
    return {
      rate: events / seconds,
      operations: this.#operations,
      step: steps === 0 ? null : milliseconds / steps,
    };
  }

  #add(block: Block): void {
    this.#waiting.push(block);
    while (block.until - (this.#waiting[0]?.from ?? block.from) > patience) this.#waiting.shift();
    if (!this.#isBusy && !this.#isChanging) this.#work = this.#run();
  }

  async #run(): Promise<void> {
    this.#isBusy = true;
    try {
      while (!this.#isChanging) {
        const block = this.#waiting.shift();
        if (block === undefined) break;
        const { events, from, until } = block;
        const weights = this.#weights;
        this.#weights = null;
        const seen = await watcher.see({ events, from, until, label: block.label ?? this.#actions.held() }, weights);
        this.#counts.steps += seen.steps;
        this.#counts.milliseconds += seen.milliseconds;
        this.#counts.operations += seen.operations;
        this.#actions.seen(seen, (until - from) / 1000);
      }
    } catch (error) {
      this.#actions.complain(error);
    } finally {
      this.#isBusy = false;
    }
  }
}
