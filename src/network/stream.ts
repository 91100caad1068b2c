/**
 * A network on a stream that never ends: events arrive in pieces of any size, time steps run as soon as they are
 * complete, and state goes on from piece to piece. Memory does not grow with the length of the stream.
 */
import type { BatchHandle } from "../backend/contract.js";
import { type DecolleError, faultAt, unfit } from "../errors.js";
import { mostSteps, putEvents } from "../events/binning.js";
import { checkPlane, defaultSensor } from "../events/plane.js";
import { hasUnits, type RecordedEvents, readRecorded, type Source } from "../events/train.js";
import type { InputTransform } from "../events/transform.js";
import { wholeNumber } from "../numbers.js";
import type { AbortSignalLike } from "../values/brands.js";
import { type Fields, reading, readOptions } from "../values/options.js";
import { type BatchTarget, emptyBatch, filled, putTarget, type ReadTarget, readTarget } from "./batch.js";
import type { Engine } from "./engine.js";
import { plainCopy } from "./json.js";
import type { BatchResult } from "./result.js";

/** Settings of a stream. */
export interface StreamOptions {
  /**
   * Size of the sensor; by default that which fills the network's input after downsampling. With `units` the stream takes
   * spike trains; so it does by default where the network's input is no plane.
   */
  readonly sensor?: Source;
  /** Cropping and downsampling; none by default. */
  readonly transform?: InputTransform;
  /** When the first step starts, in microseconds; at the first event by default. */
  readonly start?: number;
  /** Steps at the start of the stream that neither learn nor vote; 0 by default. */
  readonly burnIn?: number;
  /** Learning steps whose gradients are summed into one update, across pieces; 1 by default. */
  readonly updateEvery?: number;
  /**
   * Whether to go on with the stream that was open when the network was saved, exactly where it stood; it has its settings
   * already, so none but the same may be given. Where none was open, a new stream starts. False by default.
   */
  readonly resume?: boolean;
}

/** Settings of one piece of a stream. */
export interface PushOptions {
  /** What the readouts should say during this piece: a class, or one value per readout unit. Without it nothing is learned. */
  readonly target?: number | ArrayLike<number>;
  /**
   * Time in microseconds up to which nothing more will come, so that the steps before it can run; by default the time of
   * the last event, whose own step stays open since more events may fall into it.
   */
  readonly until?: number;
  /** Aborts the piece, which is then rolled back. */
  readonly signal?: AbortSignalLike;
}

const streamFields: Fields<StreamOptions> = {
  sensor: "value",
  transform: "value",
  start: "number",
  burnIn: "number",
  updateEvery: "number",
  resume: "boolean",
};
const pushFields: Fields<PushOptions> = { target: "value", until: "number", signal: "signal" };

/** What came out of one piece. */
export interface StreamResult {
  /** Class that the last layer voted for most often in this piece; null where no step voted. */
  readonly prediction: number | null;
  /** Class that each layer voted for most often in this piece; empty where no step voted. */
  readonly perLayer: readonly number[];
  /** Steps run in this piece. */
  readonly steps: number;
  /** All that came out; null where no step was complete. */
  readonly result: BatchResult | null;
}

/** No events of a sensor, or no spikes of units. */
function none(source: Source): RecordedEvents {
  const t = new Float64Array(0);
  if (hasUnits(source)) return { t, unit: new Uint32Array(0) };
  return { x: new Uint16Array(0), y: new Uint16Array(0), p: new Uint8Array(0), t };
}

/** Where a stream stands between two pieces. */
export interface Clock {
  /** Start of the next step in microseconds, undefined before the first event. */
  readonly next: number | undefined;
  /** Nothing may arrive before this time. */
  readonly latest: number;
  /** Events of steps not yet complete. */
  readonly open: RecordedEvents;
}

/** A stream between two pieces: what its network does not hold itself. */
export interface StreamPosition {
  /** Size of the sensor, or how many units. */
  readonly sensor: Source;
  /** Cropping and downsampling. */
  readonly transform: InputTransform;
  /** Steps at the start that neither learn nor vote. */
  readonly burnIn: number;
  /** Learning steps per update. */
  readonly updateEvery: number;
  /** How far it has come. */
  readonly clock: Clock;
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

/**
 * An endless sequence of time steps, made by `Network.stream`. Other work on the network ends it, since that takes its
 * state away; a later push is then a `disposed` error.
 */
export class Stream {
  readonly #engine: Engine;
  readonly #sensor: Source;
  readonly #transform: InputTransform;
  readonly #updateEvery: number;
  readonly #burnIn: number;
  #clock: Clock;
  readonly #keeper: StreamKeeper;
  /** State of the network after the last piece; before the first one there is none to lose. */
  #generation = 0;
  #started = false;

  /**
   * Starts a stream, or goes on with one.
   *
   * @param engine - The network.
   * @param given - Sensor, transform, burn-in, updates.
   * @param keeper - Holds where the network's last stream stands.
   */
  constructor(engine: Engine, given: StreamOptions, keeper: StreamKeeper) {
    engine.toRead("stream");
    const options = readOptions(given, streamFields, "stream");
    const resumed = options.resume ? keeper.stream : null;
    if (resumed !== null) checkResumed(engine, resumed, options);
    const { sensor, transform, burnIn, updateEvery } = resumed ?? options;
    this.#engine = engine;
    this.#keeper = keeper;
    this.#transform = plainCopy(transform ?? {}, "transform");
    this.#sensor =
      sensor === undefined ? defaultSensor(engine.built.specification, this.#transform) : plainCopy(sensor, "sensor");
    this.#updateEvery = wholeNumber(updateEvery ?? 1, 1, "updateEvery");
    this.#burnIn = wholeNumber(burnIn ?? 0, 0, "burnIn");
    const next = options.start === undefined ? undefined : wholeNumber(options.start, 0, "start");
    this.#clock = resumed?.clock ?? { next, latest: next ?? Number.NEGATIVE_INFINITY, open: none(this.#sensor) };
    this.#started = resumed?.started ?? false;
    this.#generation = resumed?.generation ?? 0;
    checkPlane(engine.built.specification, this.#sensor, this.#transform, "sensor");
  }

  /**
   * Runs the steps that these events complete: forward, and with a target also learning.
   *
   * @param events - The next events, none earlier than the last piece; may be empty. Where the stream is of units, the next
   *   piece of their spike train.
   * @param options - Target, end of the piece, signal.
   * @returns The classes that the layers voted for in this piece.
   * @throws {@link DecolleError} `time-order`, `range`, `shape`, `config`, `busy`, `disposed`, `aborted`; the stream and
   *   the network are then as before the call.
   */
  push(events: RecordedEvents, options: PushOptions = {}): Promise<StreamResult> {
    return this.#engine.exclusive("stream", async () => {
      if (this.#started && this.#engine.generation !== this.#generation) throw taken();
      const result = await this.#advance(events, options);
      this.#keeper.stream = this.#position();
      return result;
    });
  }

  #position(): StreamPosition {
    return {
      sensor: this.#sensor,
      transform: this.#transform,
      burnIn: this.#burnIn,
      updateEvery: this.#updateEvery,
      clock: this.#clock,
      started: this.#started,
      generation: this.#generation,
    };
  }

  async #advance(given: RecordedEvents, asked: PushOptions): Promise<StreamResult> {
    const options = readOptions(asked, pushFields, "push");
    const events = readRecorded(given, this.#sensor, "events");
    const target = reading("target", () => readTarget(targetOf(options.target)));
    const { timeStep } = this.#engine.built.specification;
    const clock = this.#clock;
    checkOrder(events.t, clock.latest);
    const last = events.t.at(-1);
    const until = options.until ?? last ?? clock.latest;
    if (last !== undefined && !(until >= last)) {
      throw unfit("time-order", "until", `at least the last event's ${last}`, `${until}`);
    }
    if (options.until !== undefined) wholeNumber(options.until, Math.max(0, clock.latest), "until");
    const next = clock.next ?? events.t[0];
    if (next === undefined) return { prediction: null, perLayer: [], steps: 0, result: null };
    const steps = Math.floor((until - next) / timeStep);
    // It bounds what a single jump in time can allocate; more than four hours at 1 ms can still be pushed piece by piece.
    if (steps > mostSteps) {
      const path = options.until === undefined ? "events" : "until";
      throw unfit("range", path, `at most ${mostSteps} steps since the last`, `${steps}`);
    }
    const waiting = join(clock.open, events);
    const end = next + steps * timeStep;
    const complete = waiting.t.findIndex((time) => time >= end);
    const cut = complete === -1 ? waiting.t.length : complete;
    // The open events are binned as well, in a step that is not run, so that a bad pixel is found when it arrives.
    const binning = {
      sensor: this.#sensor,
      transform: this.#transform,
      timeStep,
      start: next,
      steps: Math.max(1, steps),
    };
    const batch = filled(emptyBatch(this.#engine.binding, this.#engine.built, 1, binning.steps), (batch) =>
      putEvents(batch, 0, waiting, binning, "events"),
    );
    const result = await this.#run(batch, steps, target, options).finally(() => batch.dispose());
    this.#clock = { next: end, latest: until, open: slice(waiting, cut) };
    const voted = result !== null && result.countedSteps > 0;
    const perLayer = voted ? Array.from(result.predictions.data) : [];
    return { prediction: perLayer.at(-1) ?? null, perLayer, steps, result };
  }

  async #run(batch: BatchHandle, steps: number, target: ReadTarget, options: PushOptions): Promise<BatchResult | null> {
    if (steps === 0) return null;
    putTarget(batch, target);
    const result = await this.#engine.run(
      batch,
      {
        learn: target !== undefined,
        // The engine counts them from the start of the sequence, which goes on from piece to piece.
        burnIn: this.#burnIn,
        updateEvery: this.#updateEvery,
        keepState: this.#started,
        flushGradient: false,
      },
      options.signal,
    );
    this.#started = true;
    this.#generation = this.#engine.generation;
    return result;
  }
}

function taken(): DecolleError {
  return faultAt("disposed", "stream", "other work has taken the network's state");
}

/** A stream goes on with its own settings, in a network that nobody else has worked with. */
function checkResumed(engine: Engine, position: StreamPosition, options: StreamOptions): void {
  if (position.started && position.generation !== engine.generation) throw taken();
  for (const field of ["sensor", "transform", "burnIn", "updateEvery"] as const) {
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

function checkOrder(times: Float64Array, latest: number): void {
  let before = latest;
  times.forEach((time, event) => {
    if (!Number.isFinite(time)) {
      throw unfit("not-finite", `events.t[${event}]`, "a finite time", `${time}`);
    }
    if (time < before) {
      throw unfit("time-order", `events.t[${event}]`, `at least ${before}`, `${time}`);
    }
    before = time;
  });
}

/** The columns of one recording after those of another, both of the same kind. */
function join(first: RecordedEvents, second: RecordedEvents): RecordedEvents {
  const after = <Column extends Joinable>(one: Column, other: Column): Column => {
    const joined = new (one.constructor as new (length: number) => Column)(one.length + other.length);
    joined.set(one);
    joined.set(other, one.length);
    return joined;
  };
  const t = after(first.t, second.t);
  if ("unit" in first && "unit" in second) return { t, unit: after(first.unit, second.unit) };
  if ("unit" in first || "unit" in second) throw new Error("a stream is of one kind of recording");
  return { x: after(first.x, second.x), y: after(first.y, second.y), p: after(first.p, second.p), t };
}

type Joinable = Uint8Array | Uint16Array | Uint32Array | Float64Array;

function slice(events: RecordedEvents, start: number): RecordedEvents {
  const t = events.t.slice(start);
  if ("unit" in events) return { t, unit: events.unit.slice(start) };
  return { x: events.x.slice(start), y: events.y.slice(start), p: events.p.slice(start), t };
}
