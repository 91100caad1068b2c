/** What a stream is told, and what it gives. */
import type { Source } from "../events/train.js";
import type { InputTransform } from "../events/transform.js";
import type { AbortSignalLike } from "../values/brands.js";
import type { Fields } from "../values/options.js";
import type { BatchResult } from "./result.js";
import type { Decision } from "./stream-decision.js";

/** What happens to pieces that come faster than they are worked on. */
export interface Backlog {
  /** Most microseconds of stream that may wait, beside the piece that is being worked on. */
  readonly most: number;
  /** Which whole steps of what waits are dropped where there are more: the first ones or the last ones. */
  readonly drop: "oldest" | "newest";
}

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
  /** Steps at the start of the stream, and after each rest, that neither learn nor vote; 0 by default. */
  readonly burnIn?: number;
  /** Learning steps whose gradients are summed into one update, across pieces; 1 by default. */
  readonly updateEvery?: number;
  /** How predictions are made; by default from the votes of each piece. */
  readonly decision?: Decision;
  /**
   * Microseconds of silence after which the network is at rest: the steps up to that of the next event are not run, and that
   * one starts from zero neuron state, with burn-in and without what had been decided. At least a time step; by default all
   * steps are run.
   */
  readonly rest?: number;
  /** What to do with pieces that come too fast; by default they all wait, and `push` resolves when their turn has come. */
  readonly backlog?: Backlog;
  /** Whether weights stay as they are though there are targets, see {@link Stream.freeze}; false by default. */
  readonly frozen?: boolean;
  /**
   * Whether to go on with the stream that was open when the network was saved, exactly where it stood; it has its settings
   * already, so none but the same may be given, except for `backlog` and `frozen`, which are not kept. Where none was open, a
   * new stream starts. False by default.
   */
  readonly resume?: boolean;
}

/** Settings of one piece of a stream. */
export interface PushOptions {
  /** What the readouts should say during this piece: a class, or one value per readout unit. Without it nothing is learned. */
  readonly target?: number | ArrayLike<number>;
  /** Whether to learn from the target, or only to measure the loss; by default unless the stream is frozen. */
  readonly learn?: boolean;
  /**
   * Time in microseconds up to which nothing more will come, so that the steps before it can run; by default the time of
   * the last event, whose own step stays open since more events may fall into it.
   */
  readonly until?: number;
  /** Aborts the piece, which is then rolled back. */
  readonly signal?: AbortSignalLike;
}

/** Steps and events that were left out because pieces came too fast. */
export interface Dropped {
  /** Time steps that were not run; for the network there was no such time. */
  readonly steps: number;
  /** Events in them. */
  readonly events: number;
}

/** How far a stream is behind what was pushed. */
export interface Behind {
  /** Microseconds of stream that are waiting or being worked on. */
  readonly time: number;
  /** Events in them. */
  readonly events: number;
  /** Pieces. */
  readonly pieces: number;
}

/** What came out of one piece. */
export interface StreamResult {
  /** Class that the last layer decided for; null before the first step that counts, without a rule of one of this piece. */
  readonly prediction: number | null;
  /** How sure it is, 0 to 1: the share of the votes, or the softmax of the evidence; null likewise. */
  readonly confidence: number | null;
  /** Class that each layer decided for; empty likewise. */
  readonly perLayer: readonly number[];
  /** How sure each layer is; empty likewise. */
  readonly confidencePerLayer: readonly number[];
  /** Up to when steps have run, in microseconds of the stream; null before the first event. */
  readonly time: number | null;
  /** Steps run in this piece. */
  readonly steps: number;
  /** What was dropped of this piece, and of steps that earlier ones had left open. */
  readonly dropped: Dropped;
  /**
   * Milliseconds from when the last event that took part was pushed to when this result was there; null where none did.
   */
  readonly latency: number | null;
  /** All that came out; null where no step was complete. */
  readonly result: BatchResult | null;
}

/** The fields of {@link StreamOptions}. */
export const streamFields: Fields<StreamOptions> = {
  sensor: "value",
  transform: "value",
  start: "number",
  burnIn: "number",
  updateEvery: "number",
  decision: "value",
  rest: "number",
  backlog: "value",
  frozen: "boolean",
  resume: "boolean",
};

/** The fields of {@link PushOptions}. */
export const pushFields: Fields<PushOptions> = {
  target: "value",
  learn: "boolean",
  until: "number",
  signal: "signal",
};

/** The fields of {@link Backlog}. */
export const backlogFields: Fields<Backlog> = { most: "number", drop: "value" };
