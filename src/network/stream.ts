/**
 * A network on a stream that never ends: events arrive in pieces of any size, time steps run as soon as they are
 * complete, and state goes on from piece to piece. Memory does not grow with the length of the stream.
 */
import { type DecolleError, faultAt, unfit } from "../errors.js";
import { checkOrder, copied, firstFrom, joined, part } from "../events/columns.js";
import { checkPlane, defaultSensor } from "../events/plane.js";
import { noEvents, type RecordedEvents, readRecorded } from "../events/train.js";
import { finiteNumber, wholeNumber } from "../numbers.js";
import { reading, readOptions } from "../values/options.js";
import { type BatchTarget, type ReadTarget, readTarget } from "./batch.js";
import type { Engine } from "./engine.js";
import { plainCopy } from "./json.js";
import type { BatchResult } from "./result.js";
import { type Decided, type Decider, type DecisionMemory, readDecision, undecided } from "./stream-decision.js";
import {
  type Behind,
  type Dropped,
  type PushOptions,
  pushFields,
  type StreamOptions,
  type StreamResult,
  streamFields,
} from "./stream-options.js";
import { type Drop, readBacklog, StreamQueue } from "./stream-queue.js";
import { newDecider, runPiece, type StreamSettings, stretches } from "./stream-steps.js";

/** Where a stream stands between two pieces. */
export interface Clock {
  /** Start of the next step in microseconds, undefined before the first event. */
  readonly next: number | undefined;
  /** Nothing may arrive before this time. */
  readonly latest: number;
  /** Events of steps not yet complete. */
  readonly open: RecordedEvents;
  /** The last event of steps that are complete, or where the stream started; undefined before the first event. */
  readonly lastEvent: number | undefined;
}

/** A stream between two pieces: what its network does not hold itself. */
export interface StreamPosition extends StreamSettings {
  /** How far it has come. */
  readonly clock: Clock;
  /** What its decisions rest on; undefined where the votes of each piece decide. */
  readonly decided: DecisionMemory | undefined;
  /** Whether a step has run, so that the network's state is the stream's. */
  readonly started: boolean;
  /** The network's state after the last step. */
  readonly generation: number;
}

/** Where the last stream of a network is kept, so that it can be saved with it. */
export interface StreamKeeper {
  /** The stream, null before the first piece of the first one. */
  stream: StreamPosition | null;
}

/** What a piece comes to when its turn has come. */
interface Turn {
  readonly events: RecordedEvents;
  readonly options: PushOptions;
  readonly target: ReadTarget;
  readonly drop: Drop;
  /** When it was pushed. */
  readonly arrived: number;
}

/** Steps to run and where the stream stands after them. */
interface Plan {
  /** Events of the steps, and of the one that stays open. */
  readonly events: RecordedEvents;
  readonly start: number;
  readonly end: number;
  readonly clock: Clock;
  readonly dropped: Dropped;
}

/**
 * An endless sequence of time steps, made by `Network.stream`. Other work on the network ends it, since that takes its
 * state away; a later push is then a `disposed` error.
 */
export class Stream {
  readonly #engine: Engine;
  readonly #settings: StreamSettings;
  readonly #keeper: StreamKeeper;
  readonly #queue: StreamQueue;
  #clock: Clock;
  #decider: Decider | undefined;
  #frozen: boolean;
  #dropped: Dropped = { steps: 0, events: 0 };
  /** When the latest events that are open were pushed. */
  #openSince: number | null = null;
  /** State of the network after the last piece; before the first one there is none to lose. */
  #generation = 0;
  #started = false;

  /**
   * Starts a stream, or goes on with one.
   *
   * @param engine - The network.
   * @param given - Sensor, transform, burn-in, updates, decision, rest, backlog.
   * @param keeper - Holds where the network's last stream stands.
   */
  constructor(engine: Engine, given: StreamOptions, keeper: StreamKeeper) {
    engine.toRead("stream");
    const options = readOptions(given, streamFields, "stream");
    const resumed = options.resume ? keeper.stream : null;
    if (resumed !== null) checkResumed(engine, resumed, options);
    this.#engine = engine;
    this.#keeper = keeper;
    this.#settings = readSettings(engine, resumed ?? options);
    const next = options.start === undefined ? undefined : wholeNumber(options.start, 0, "start");
    const { sensor, transform, decision } = this.#settings;
    this.#clock = resumed?.clock ?? {
      next,
      latest: next ?? Number.NEGATIVE_INFINITY,
      open: noEvents(sensor),
      lastEvent: next,
    };
    this.#decider = newDecider(engine, decision);
    if (resumed?.decided !== undefined) this.#decider?.recall(resumed.decided);
    this.#started = resumed?.started ?? false;
    this.#generation = resumed?.generation ?? 0;
    this.#frozen = options.frozen ?? false;
    const { timeStep } = engine.built.specification;
    this.#queue = new StreamQueue(readBacklog(options.backlog), timeStep, this.#clock.latest);
    checkPlane(engine.built.specification, sensor, transform, "sensor");
  }

  /** Whether weights stay as they are though there are targets. */
  get frozen(): boolean {
    return this.#frozen;
  }

  /** How far the stream is behind what was pushed: what waits, and what is being worked on. */
  get behind(): Behind {
    return this.#queue.behind;
  }

  /** What has been dropped since the stream was opened or resumed. */
  get dropped(): Dropped {
    return this.#dropped;
  }

  /** Stops learning from pieces that are pushed from now on; their targets still give a loss. */
  freeze(): void {
    this.#frozen = true;
  }

  /** Learns again from pieces that are pushed from now on and have a target. */
  unfreeze(): void {
    this.#frozen = false;
  }

  /**
   * Runs the steps that these events complete: forward, and with a target also learning. Pieces that come before the last one
   * is done wait for their turn.
   *
   * @param events - The next events, none earlier than the last piece; may be empty. Where the stream is of units, the next
   *   piece of their spike train.
   * @param options - Target, learning, end of the piece, signal.
   * @returns What the layers decided for, and what came out of the piece.
   * @throws {@link DecolleError} `time-order`, `range`, `shape`, `config`, `busy`, `disposed`, `aborted`; the stream and
   *   the network are then as before the call.
   */
  async push(events: RecordedEvents, options: PushOptions = {}): Promise<StreamResult> {
    const arrived = performance.now();
    const read = readOptions(options, pushFields, "push");
    const columns = readRecorded(events, this.#settings.sensor, "events");
    checkTimes(columns.t, read.until);
    const target = reading("target", () => readTarget(targetOf(read.target)));
    const asked = { ...read, learn: read.learn ?? !this.#frozen };
    return this.#queue.add(
      columns,
      read.until ?? columns.t.at(-1),
      (events, drop) =>
        this.#engine.exclusive("stream", async () => {
          if (this.#started && this.#engine.generation !== this.#generation) throw taken();
          const result = await this.#advance({ events, options: asked, target, drop, arrived });
          this.#keeper.stream = this.#position();
          return result;
        }),
      () => this.#clock.latest,
    );
  }

  #position(): StreamPosition {
    const decider = this.#decider;
    return {
      ...this.#settings,
      clock: this.#clock,
      // Copied when it is stored, not after every piece.
      get decided() {
        return decider?.memory();
      },
      started: this.#started,
      generation: this.#generation,
    };
  }

  async #advance(turn: Turn): Promise<StreamResult> {
    const { options, target, arrived } = turn;
    const plan = planned(this.#clock, turn, this.#engine.built.specification.timeStep);
    if (plan === null) return this.#outcome(null, 0, null);
    const { events, start, end, clock, dropped } = plan;
    const { timeStep } = this.#engine.built.specification;
    const { rest } = this.#settings;
    const runs = stretches(events.t, start, end, timeStep, this.#clock.lastEvent ?? start, rest);
    const steps = runs.reduce((steps, run) => steps + run.steps, 0);
    if (steps > mostSteps) {
      const path = options.until === undefined ? "events" : "until";
      throw unfit("range", path, `at most ${mostSteps} steps since the last`, `${steps}`);
    }
    const { result, decider } = await runPiece(this.#engine, this.#settings, {
      stretches: runs,
      events,
      end,
      target,
      learn: target !== undefined && options.learn === true,
      started: this.#started,
      decider: this.#decider,
      signal: options.signal,
    });
    if (result !== null) {
      this.#started = true;
      this.#generation = this.#engine.generation;
    }
    const took = firstFrom(events.t, end);
    const since = took > events.t.length - turn.events.t.length ? arrived : this.#openSince;
    if (clock.open.t.length > 0) this.#openSince = turn.events.t.length > 0 ? arrived : this.#openSince;
    [this.#clock, this.#decider] = [clock, decider];
    this.#dropped = sum(this.#dropped, dropped);
    return this.#outcome(result, steps, took > 0 ? since : null, dropped);
  }

  #outcome(result: BatchResult | null, steps: number, since: number | null, dropped = nothing): StreamResult {
    const { perLayer, confidencePerLayer } = this.#decider === undefined ? votesOf(result) : this.#decider.decided();
    return {
      prediction: perLayer.at(-1) ?? null,
      confidence: confidencePerLayer.at(-1) ?? null,
      perLayer,
      confidencePerLayer,
      time: this.#clock.next ?? null,
      steps,
      dropped,
      latency: since === null ? null : performance.now() - since,
      result,
    };
  }
}

/** Most steps of a piece, 24 days of milliseconds: a time that is wrong is likely further off. */
const mostSteps = 2 ** 31;

const nothing: Dropped = { steps: 0, events: 0 };

function sum(one: Dropped, other: Dropped): Dropped {
  return { steps: one.steps + other.steps, events: one.events + other.events };
}

function readSettings(engine: Engine, given: StreamOptions | StreamPosition): StreamSettings {
  const { specification } = engine.built;
  const { sensor, transform, burnIn, updateEvery, decision, rest } = given;
  const cropped = plainCopy(transform ?? {}, "transform");
  if (rest !== undefined) finiteNumber(rest, specification.timeStep ?? 1, "rest");
  return {
    sensor: sensor === undefined ? defaultSensor(specification, cropped) : plainCopy(sensor, "sensor"),
    transform: cropped,
    burnIn: wholeNumber(burnIn ?? 0, 0, "burnIn"),
    updateEvery: wholeNumber(updateEvery ?? 1, 1, "updateEvery"),
    decision: decision === undefined ? undefined : readDecision(decision, specification.timeStep),
    rest,
  };
}

/** Refuses times that no stream takes, wherever it stands: before they say what of other pieces is dropped. */
function checkTimes(times: Float64Array, until: number | undefined): void {
  checkOrder(times, Number.NEGATIVE_INFINITY);
  if (until === undefined) return;
  const last = times.at(-1);
  if (last !== undefined && !(until >= last)) {
    throw unfit("time-order", "until", `at least the last event's ${last}`, `${until}`);
  }
  wholeNumber(until, 0, "until");
}

/** Says which steps run, once it is known that a piece comes after what has been; null before the first event. */
function planned(clock: Clock, { events: pushed, options, drop }: Turn, timeStep: number): Plan | null {
  checkOrder(pushed.t.subarray(0, 1), clock.latest);
  const until = options.until ?? pushed.t.at(-1) ?? clock.latest;
  if (options.until !== undefined) wholeNumber(options.until, Math.max(0, clock.latest), "until");
  const next = clock.next ?? pushed.t[0];
  if (next === undefined) return null;
  // Steps are dropped whole: those that start before one time, and those that end after another.
  const before = Math.ceil((Math.min(drop.before, until) - next) / timeStep);
  const start = next + Math.max(0, Number.isFinite(before) ? before : 0) * timeStep;
  const stop = start + Math.max(0, Math.floor((until - start) / timeStep)) * timeStep;
  const end = start + Math.max(0, Math.floor((Math.min(drop.after, stop) - start) / timeStep)) * timeStep;
  const waiting = joined([clock.open, pushed], pushed);
  const [from, to, after] = [start, end, stop].map((time) => firstFrom(waiting.t, time)) as [number, number, number];
  const kept = part(waiting, from, to);
  const open = part(waiting, after);
  const lastEvent = kept.t.at(-1) ?? clock.lastEvent ?? next;
  return {
    events: joined([kept, open], open),
    start,
    end,
    clock: { next: stop, latest: until, open: copied(open), lastEvent },
    dropped: { steps: (start - next + stop - end) / timeStep, events: drop.lost + from + after - to },
  };
}

function votesOf(result: BatchResult | null): Decided {
  if (result === null || result.countedSteps === 0) return undecided;
  const { predictions, votes, classes, countedSteps } = result;
  const perLayer = Array.from(predictions.data);
  const share = (best: number, layer: number) => (votes.data[layer * classes + best] ?? 0) / countedSteps;
  return { perLayer, confidencePerLayer: perLayer.map(share) };
}

function taken(): DecolleError {
  return faultAt("disposed", "stream", "other work has taken the network's state");
}

/** A stream goes on with its own settings, in a network that nobody else has worked with. */
function checkResumed(engine: Engine, position: StreamPosition, options: StreamOptions): void {
  if (position.started && position.generation !== engine.generation) throw taken();
  for (const field of ["sensor", "transform", "burnIn", "updateEvery", "decision", "rest"] as const) {
    const [before, now] = [JSON.stringify(position[field]), JSON.stringify(options[field])];
    if (now !== undefined && now !== before) {
      throw faultAt("config", "resume", `${field} was ${before}, found ${now}`);
    }
  }
  if (options.start !== undefined) {
    throw unfit("config", "start", "none, since the stream goes on", `${options.start}`);
  }
}

function targetOf(target: PushOptions["target"]): BatchTarget | undefined {
  if (target === undefined) return undefined;
  return typeof target === "number" ? { classes: [target] } : { values: target };
}
