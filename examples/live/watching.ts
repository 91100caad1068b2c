/** Brings the blocks of a source to the network as fast as it takes them, and counts. */
import type { Remote } from "comlink";
import type { EventColumns } from "decolle";
import type { Learner, Seen } from "./learner.js";
import type { Block, Source } from "./sources.js";

/** Microseconds of stream that may wait for the network; older ones are left out. */
const patience = 200_000;

/** What the page does with what comes. */
export interface WatchingActions {
  /** Draws events. */
  show(events: EventColumns): void;
  /** Shows what the network made of them. */
  seen(seen: Seen, milliseconds: number): void;
  /** The gesture that is being recorded. */
  held(): number | null;
  /** Says what went wrong. */
  complain(error: unknown): void;
}

/** The way from a source to the network. */
export class Watching {
  readonly #learner: Remote<Learner>;
  readonly #actions: WatchingActions;
  #stop = new AbortController();
  #waiting: Block[] = [];
  #isBusy = false;
  #counts = { events: 0, operations: 0, steps: 0, milliseconds: 0, since: performance.now() };

  /**
   * Makes the way.
   *
   * @param learner - The network.
   * @param actions - What the page does.
   */
  constructor(learner: Remote<Learner>, actions: WatchingActions) {
    this.#learner = learner;
    this.#actions = actions;
  }

  /**
   * Changes the source; the one before ends.
   *
   * @param source - The new one.
   */
  async from(source: Source | undefined): Promise<void> {
    this.#stop.abort();
    const stop = new AbortController();
    this.#stop = stop;
    this.#waiting = [];
    if (source === undefined) return;
    try {
      for await (const block of source(stop.signal)) {
        if (stop.signal.aborted) return;
        this.#counts.events += block.events.t.length;
        this.#actions.show(block.events);
        this.#add(block);
      }
    } catch (error) {
      if (!stop.signal.aborted) this.#actions.complain(error);
    }
  }

  /**
   * Counts work that was done elsewhere.
   *
   * @param operations - Synaptic operations.
   */
  worked(operations: number): void {
    this.#counts.operations += operations;
  }

  /** Events and synaptic operations a second, and milliseconds of a step, since the last time. */
  rates(): { rate: number; operations: number; step: number | null } {
    const { events, operations, steps, milliseconds, since } = this.#counts;
    const now = performance.now();
    const seconds = (now - since) / 1000;
    this.#counts = { events: 0, operations: 0, steps: 0, milliseconds: 0, since: now };
    return { rate: events / seconds, operations: operations / seconds, step: steps === 0 ? null : milliseconds / steps };
  }

  #add(block: Block): void {
    this.#waiting.push(block);
    while (block.until - (this.#waiting[0]?.from ?? block.from) > patience) this.#waiting.shift();
    if (!this.#isBusy) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isBusy = true;
    try {
      for (let block = this.#waiting.shift(); block !== undefined; block = this.#waiting.shift()) {
        const held = this.#actions.held();
        const label = held ?? block.label;
        // What the source still shows of another gesture is not what the button stands for.
        const keep = held !== null && (block.label === null || block.label === held);
        const { events, from, until } = block;
        const seen = await this.#learner.see({ events, from, until, label: keep ? label : block.label, keep });
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
