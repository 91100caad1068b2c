/** The steps of a piece: which run, in slices of bounded size, and what comes out of them. */
import { putEvents } from "../events/binning.js";
import { copied, firstFrom, part } from "../events/columns.js";
import type { RecordedEvents, Source } from "../events/train.js";
import type { InputTransform } from "../events/transform.js";
import type { AbortSignalLike } from "../values/brands.js";
import { emptyBatch, filled, putTarget, type ReadTarget } from "./batch.js";
import type { Engine } from "./engine.js";
import { merged } from "./merged.js";
import type { BatchResult } from "./result.js";
import { type Decider, type Decision, deciderOf } from "./stream-decision.js";

/** Most steps of a batch, and of one that records readouts: bounds memory, and how long nobody else has a turn. */
const mostSteps = 2 ** 16;
const mostRecorded = 2 ** 14;

/** What a stream keeps to, whatever comes. */
export interface StreamSettings {
  /** Size of the sensor, or how many units. */
  readonly sensor: Source;
  /** Cropping and downsampling. */
  readonly transform: InputTransform;
  /** Steps at the start that neither learn nor vote. */
  readonly burnIn: number;
  /** Learning steps per update. */
  readonly updateEvery: number;
  /** How predictions are made; undefined for the votes of each piece. */
  readonly decision: Decision | undefined;
  /** Microseconds of silence after which the network is at rest; undefined for never. */
  readonly rest: number | undefined;
}

/** Steps that follow one another. */
export interface Stretch {
  /** When the first one starts, in microseconds. */
  readonly start: number;
  /** How many. */
  readonly steps: number;
  /** Whether the network was at rest before. */
  readonly rested: boolean;
}

/**
 * Which steps run: all but those at rest. They depend on when events came, not on the pieces that they came in.
 *
 * @param times - When events come, none before `start`.
 * @param start - When the first step starts.
 * @param end - When the last one ends.
 * @param timeStep - Length of a step.
 * @param last - When the last event before these came; the start of the stream where there was none.
 * @param rest - Silence after which the network is at rest; undefined for never.
 * @returns Stretches, of one step or more.
 */
export function stretches(
  times: Float64Array,
  start: number,
  end: number,
  timeStep: number,
  last: number,
  rest: number | undefined,
): Stretch[] {
  if (rest === undefined) return end > start ? [{ start, steps: (end - start) / timeStep, rested: false }] : [];
  const found: Stretch[] = [];
  let from = start;
  let rested = false;
  const upTo = (to: number) => {
    if (to > from) found.push({ start: from, steps: (to - from) / timeStep, rested });
  };
  // The first step that starts in rest, if nothing comes before.
  const restAfter = (time: number) => start + Math.ceil((time + rest - start) / timeStep) * timeStep;
  let restAt = restAfter(last);
  for (const time of times) {
    if (time >= end) break;
    const step = start + Math.floor((time - start) / timeStep) * timeStep;
    if (restAt < step) {
      upTo(Math.min(end, restAt));
      from = step;
      rested = true;
    }
    restAt = restAfter(time);
  }
  upTo(Math.min(end, restAt));
  return found;
}

/** A piece to be run. */
export interface Piece {
  /** Its steps. */
  readonly stretches: readonly Stretch[];
  /** Events of these steps, and of one that is not complete. */
  readonly events: RecordedEvents;
  /** When that one starts. */
  readonly end: number;
  /** What the readouts should say. */
  readonly target: ReadTarget;
  /** Whether to learn from it. */
  readonly learn: boolean;
  /** Whether the network's state is the stream's. */
  readonly started: boolean;
  /** What decides; undefined where the votes do. */
  readonly decider: Decider | undefined;
  /** Aborts. */
  readonly signal: AbortSignalLike | undefined;
}

/** What came out of it. */
export interface Ran {
  /** All slices together; null where there was none. */
  readonly result: BatchResult | null;
  /** What decides from here on. */
  readonly decider: Decider | undefined;
}

interface Slice extends Stretch {
  readonly events: RecordedEvents;
}

/**
 * Runs a piece, all of it or nothing.
 *
 * @param engine - The network.
 * @param settings - The stream's.
 * @param piece - The piece.
 * @returns What came out.
 * @throws {@link DecolleError} what a batch throws; network and decider are then as before.
 */
export async function runPiece(engine: Engine, settings: StreamSettings, piece: Piece): Promise<Ran> {
  const { timeStep } = engine.built.specification;
  const most = piece.decider === undefined ? mostSteps : mostRecorded;
  const count = piece.stretches.reduce((sum, { steps }) => sum + Math.ceil(steps / most), 0);
  // Events of a step that does not run yet are binned as well, so that a bad pixel is found when it arrives.
  if (count === 0) {
    const seen = { start: piece.end, steps: 1, rested: false, events: piece.events };
    (await filledBatch(engine, settings, seen)).dispose();
    return { result: null, decider: piece.decider };
  }
  if (count === 1) return runSlices(engine, settings, piece, slicesOf(piece, timeStep, most));
  // Whoever pushed them may fill the same arrays again before the last slice has its turn.
  const slices = slicesOf({ ...piece, events: copied(piece.events) }, timeStep, most);
  const snapshot = await engine.takeSnapshot();
  const memory = piece.decider?.memory();
  try {
    const ran = await runSlices(engine, settings, piece, slices);
    await snapshot.release();
    return ran;
  } catch (error) {
    await snapshot.restore();
    if (memory !== undefined) piece.decider?.recall(memory);
    throw error;
  }
}

async function runSlices(
  engine: Engine,
  settings: StreamSettings,
  piece: Piece,
  slices: Iterable<Slice>,
): Promise<Ran> {
  const { burnIn, updateEvery, decision } = settings;
  let { decider, started } = piece;
  let result: BatchResult | null = null;
  for (const slice of slices) {
    const batch = await filledBatch(engine, settings, slice, piece.target);
    try {
      const ran = await engine.run(
        batch,
        {
          learn: piece.learn,
          // The engine counts them from the start of the sequence, which goes on from piece to piece.
          burnIn,
          updateEvery,
          keepState: started && !slice.rested,
          flushGradient: false,
          ...(decider !== undefined && { record: { readouts: true } }),
        },
        piece.signal,
      );
      if (decider !== undefined) {
        if (slice.rested) decider = newDecider(engine, decision);
        decider?.take(readoutsOf(ran), ran.steps, ran.steps - ran.countedSteps);
      }
      result = result === null ? { ...ran, recorded: null } : merged(result, ran);
    } finally {
      batch.dispose();
    }
    started = true;
  }
  return { result, decider };
}

/** The readouts of a batch of one sample, `[layers, steps, classes]`. */
function readoutsOf({ recorded, layers, steps, classes }: BatchResult): Float32Array {
  const all = new Float32Array(layers.length * steps * classes);
  for (const { layer, readouts } of recorded?.layers ?? []) {
    if (readouts !== undefined) all.set(readouts.data, layer * steps * classes);
  }
  return all;
}

/**
 * Puts a stream's rule to work.
 *
 * @param engine - The network.
 * @param decision - The rule; undefined for none.
 * @returns It, remembering nothing.
 */
export function newDecider(engine: Engine, decision: Decision | undefined): Decider | undefined {
  const { layers, readoutUnits, specification } = engine.built;
  return decision && deciderOf(decision, layers.length, readoutUnits, specification.timeStep);
}

function* slicesOf(piece: Piece, timeStep: number, most: number): Generator<Slice, void> {
  const { events, stretches } = piece;
  for (const [place, { start, steps, rested }] of stretches.entries()) {
    for (let done = 0; done < steps; done += most) {
      const count = Math.min(most, steps - done);
      const from = start + done * timeStep;
      const isLast = place === stretches.length - 1 && done + count === steps;
      const end = isLast ? events.t.length : firstFrom(events.t, from + count * timeStep);
      const of = stretches.length === 1 && steps <= most ? events : part(events, firstFrom(events.t, from), end);
      yield { start: from, steps: count, rested: rested && done === 0, events: of };
    }
  }
}

function filledBatch(engine: Engine, settings: StreamSettings, slice: Slice, target?: ReadTarget) {
  const { sensor, transform } = settings;
  const { timeStep } = engine.built.specification;
  const { start, steps, events } = slice;
  return filled(emptyBatch(engine.binding, engine.built, 1, steps), (batch) => [
    putEvents(batch, 0, events, { sensor, transform, timeStep, start, steps }, "events"),
    putTarget(batch, target),
  ]);
}
