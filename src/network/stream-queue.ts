/** Pieces of a stream that wait for their turn, and which of their steps are dropped where they are too many. */
import { faultAt, unfit } from "../errors.js";
import { copied, firstFrom, joined, part } from "../events/columns.js";
import type { RecordedEvents } from "../events/train.js";
import { finiteNumber } from "../numbers.js";
import { found } from "../values/found.js";
import { readOptions } from "../values/options.js";
import { type Backlog, type Behind, backlogFields } from "./stream-options.js";

/** What of a piece is dropped when its turn comes. */
export interface Drop {
  /** Steps that start before this time. */
  before: number;
  /** Steps that end after this time. */
  after: number;
  /** Events that are gone already. */
  lost: number;
}

/** A piece that waits or is being worked on. */
interface Entry {
  events: RecordedEvents;
  /** Up to when it goes. */
  readonly until: number;
  readonly drop: Drop;
  readonly start: () => void;
}

/** The pieces of a stream, one after the other. */
export class StreamQueue {
  readonly #backlog: Backlog | undefined;
  readonly #timeStep: number;
  /** The one at work comes first. */
  readonly #entries: Entry[] = [];
  /** Up to when all before them go. */
  #done: number;

  /**
   * Starts empty.
   *
   * @param backlog - What to drop; undefined for nothing.
   * @param timeStep - Length of a step in microseconds.
   * @param done - Up to when the stream has come.
   */
  constructor(backlog: Backlog | undefined, timeStep: number, done: number) {
    this.#backlog = backlog;
    this.#timeStep = timeStep;
    this.#done = done;
  }

  /** How far the stream is behind. */
  get behind(): Behind {
    const last = this.#entries.at(-1);
    const from = Number.isFinite(this.#done) ? this.#done : (this.#entries[0]?.events.t[0] ?? 0);
    return {
      time: last === undefined || !Number.isFinite(last.until) ? 0 : Math.max(0, last.until - from),
      events: this.#entries.reduce((sum, { events }) => sum + events.t.length, 0),
      pieces: this.#entries.length,
    };
  }

  /**
   * Adds a piece, which is worked on at once where none is.
   *
   * @param events - Its events, which are copied where they have to wait.
   * @param until - Up to when it goes; undefined for where the one before it ends.
   * @param work - The work, told the events and what to drop of them.
   * @param time - Up to when the stream has come, asked when the work is done.
   * @returns What comes of it.
   */
  add<Result>(
    events: RecordedEvents,
    until: number | undefined,
    work: (events: RecordedEvents, drop: Drop) => Promise<Result>,
    time: () => number,
  ): Promise<Result> {
    const before = this.#entries.at(-1)?.until ?? this.#done;
    const drop = { before: Number.NEGATIVE_INFINITY, after: Number.POSITIVE_INFINITY, lost: 0 };
    return new Promise((resolve, reject) => {
      const entry: Entry = {
        events,
        until: until ?? before,
        drop,
        start: () => {
          const ended = () => {
            this.#done = time();
            this.#entries.shift();
            this.#entries[0]?.start();
          };
          work(entry.events, drop).then(
            (result) => {
              ended();
              resolve(result);
            },
            (error: unknown) => {
              ended();
              reject(error);
            },
          );
        },
      };
      const waits = this.#entries.length > 0;
      if (waits) entry.events = copied(events);
      this.#entries.push(entry);
      if (waits) this.#drop();
      else entry.start();
    });
  }

  /** Drops steps of what waits where it is too much. */
  #drop(): void {
    const [atWork, ...waiting] = this.#entries;
    const last = waiting.at(-1);
    if (this.#backlog === undefined || atWork === undefined || last === undefined) return;
    const { most, drop } = this.#backlog;
    if (!(last.until - atWork.until > most)) return;
    // Events that are dropped hold no memory while they wait.
    if (drop === "newest") {
      last.drop.after = atWork.until + most;
      // All but those of the step that stays open.
      lose(last, last.drop.after, last.until - this.#timeStep);
      return;
    }
    const before = last.until - most;
    for (const entry of waiting) {
      entry.drop.before = before;
      lose(entry, Number.NEGATIVE_INFINITY, before);
    }
  }
}

/** Takes events from one time up to another out of a piece. */
function lose(entry: Entry, from: number, to: number): void {
  const { events, drop } = entry;
  const [first, after] = [firstFrom(events.t, from), firstFrom(events.t, to)];
  if (after <= first) return;
  entry.events = copied(joined([part(events, 0, first), part(events, after)], events));
  drop.lost += after - first;
}

/**
 * Reads what to do with pieces that come too fast.
 *
 * @param given - What a caller gave; undefined for nothing.
 * @returns A copy.
 * @throws {@link DecolleError} `config`, `range` or `not-finite` with the field.
 */
export function readBacklog(given: Backlog | undefined): Backlog | undefined {
  if (given === undefined) return undefined;
  const { most, drop } = readOptions(given, backlogFields, "a backlog", "backlog");
  if (most === undefined) throw faultAt("config", "backlog.most", "expected a number, found undefined");
  if (drop !== "oldest" && drop !== "newest")
    throw unfit("config", "backlog.drop", '"oldest" or "newest"', found(drop));
  return { most: finiteNumber(most, 0, "backlog.most"), drop };
}
