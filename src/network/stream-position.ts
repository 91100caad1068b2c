/** An open stream beside its network in a checkpoint: what is written and what is read of it. */
import * as v from "valibot";
import { unfit } from "../errors.js";
import { hasUnits, type Source } from "../events/train.js";
import { count, finite, hasField, positive, readStored, source, transform, whole } from "../values/stored.js";
import type { Clock, StreamPosition } from "./stream.js";

/** Under which name an open stream lies in a checkpoint's metadata. */
export const streamKey = "stream-position";

const sixteenBits = v.array(v.pipe(count, v.maxValue(2 ** 16 - 1)));

const openEvents = v.strictObject({
  x: sixteenBits,
  y: sixteenBits,
  p: v.array(v.picklist([0, 1])),
  t: v.array(whole),
});
const openTrain = v.strictObject({
  t: v.array(whole),
  unit: v.array(v.pipe(count, v.maxValue(2 ** 32 - 1))),
});

/** Events or spikes of steps that are not complete, as lists. */
const open: v.GenericSchema<v.InferOutput<typeof openEvents> | v.InferOutput<typeof openTrain>> = v.lazy((data) =>
  hasField(data, "unit") ? openTrain : openEvents,
);

const decision = v.variant("type", [
  v.strictObject({ type: v.literal("majority"), window: finite }),
  v.strictObject({ type: v.literal("evidence"), timeConstant: finite, temperature: v.exactOptional(finite) }),
]);

const stored = v.strictObject({
  sensor: source,
  transform,
  burnIn: count,
  updateEvery: positive,
  decision: v.exactOptional(decision),
  rest: v.exactOptional(finite),
  decided: v.exactOptional(v.strictObject({ values: v.array(finite), steps: count })),
  started: v.boolean(),
  /** `next` and `latest` are null before the first event. */
  clock: v.strictObject({
    next: v.nullable(whole),
    latest: v.nullable(whole),
    lastEvent: v.exactOptional(whole),
    open,
  }),
});

/**
 * Writes a stream, unless other work has taken the network's state from it.
 *
 * @param position - The network's last stream, null where there was none.
 * @param generation - The network's state as it is now.
 * @returns Metadata: one entry, or none.
 */
export function writeStream(position: StreamPosition | null, generation: number): Record<string, string> {
  if (position === null || (position.started && position.generation !== generation)) return {};
  const { clock, generation: _, decided, ...settings } = position;
  const { next, latest, lastEvent, open } = clock;
  const list = (column: ArrayLike<number>) => Array.from(column);
  const written: v.InferOutput<typeof stored>["clock"] = {
    next: next ?? null,
    latest: Number.isFinite(latest) ? latest : null,
    ...(lastEvent !== undefined && { lastEvent }),
    open:
      "unit" in open
        ? { t: list(open.t), unit: list(open.unit) }
        : { x: list(open.x), y: list(open.y), p: list(open.p) as (0 | 1)[], t: list(open.t) },
  };
  return { [streamKey]: JSON.stringify({ ...settings, decided, clock: written }) };
}

/**
 * Reads a stream.
 *
 * @param text - What {@link writeStream} wrote, undefined where there was nothing.
 * @param generation - The network's state as it was loaded.
 * @returns The stream, null where there is none.
 * @throws {@link DecolleError} `checkpoint` naming the field that is no part of a stream.
 */
export function readStream(text: string | undefined, generation: number): StreamPosition | null {
  if (text === undefined) return null;
  const path = `metadata.${streamKey}`;
  const { clock, ...settings } = readStored(stored, text, path);
  const lengths = Object.values(clock.open).map((column) => column.length);
  if (new Set(lengths).size > 1) {
    throw unfit("checkpoint", `${path}.clock.open`, "columns of one length", `${lengths}`);
  }
  if (hasUnits(settings.sensor) !== "unit" in clock.open) {
    throw unfit("checkpoint", `${path}.clock.open`, "what the sensor gives", Object.keys(clock.open).join(", "));
  }
  checkOpen(clock, settings.sensor, `${path}.clock`);
  const { decision, rest, decided } = settings;
  return { ...settings, decision, rest, decided, generation, clock: readClock(clock) };
}

/** Refuses what no stream leaves open, which the next piece would otherwise be blamed for. */
function checkOpen({ next, latest, open }: v.InferOutput<typeof stored>["clock"], sensor: Source, path: string): void {
  let before = next ?? Number.NEGATIVE_INFINITY;
  for (const [event, time] of open.t.entries()) {
    const place = `${path}.open.t[${event}]`;
    if (time < before) throw unfit("checkpoint", place, `at least ${before}`, `${time}`);
    if (time > (latest ?? Number.NEGATIVE_INFINITY)) throw unfit("checkpoint", place, `at most ${latest}`, `${time}`);
    before = time;
  }
  const below = (column: readonly number[], side: number, name: string) => {
    const event = column.findIndex((place) => place >= side);
    if (event !== -1) throw unfit("checkpoint", `${path}.open.${name}[${event}]`, `below ${side}`, `${column[event]}`);
  };
  if ("unit" in open) below(open.unit, hasUnits(sensor) ? sensor.units : 0, "unit");
  else if (!hasUnits(sensor)) {
    below(open.x, sensor.width, "x");
    below(open.y, sensor.height, "y");
  }
}

function readClock({ next, latest, lastEvent, open }: v.InferOutput<typeof stored>["clock"]): Clock {
  return {
    next: next ?? undefined,
    lastEvent: lastEvent ?? next ?? undefined,
    latest: latest ?? Number.NEGATIVE_INFINITY,
    open:
      "unit" in open
        ? { t: Float64Array.from(open.t), unit: Uint32Array.from(open.unit) }
        : {
            x: Uint16Array.from(open.x),
            y: Uint16Array.from(open.y),
            p: Uint8Array.from(open.p),
            t: Float64Array.from(open.t),
          },
  };
}
