/** Draws the synthetic gestures before a simulated event camera, beside the page. */
import { transfer } from "comlink";
import { type EventColumns, syntheticStream } from "decolle";
import { offer } from "./offer.js";

/** Numbers of the classes of {@link syntheticStream} that are shown. */
const shown = [10, 8, 6];
/** How long a gesture is shown, in microseconds. */
const duration = 200_000;

/** Gestures that have been drawn and wait to be shown, by their place in {@link shown}. */
const waiting: EventColumns[][] = shown.map(() => []);
const camera = syntheticStream(duration, {
  width: 32,
  height: 32,
  duration,
  seed: Math.floor(Math.random() * 2 ** 31),
});

/**
 * A gesture that has not been shown before.
 *
 * @param which - Which one, from 0.
 * @returns Its events, times from 0, and how long it takes.
 */
async function next(which: number): Promise<{ events: EventColumns; duration: number }> {
  for (;;) {
    const events = waiting[which]?.shift();
    if (events !== undefined) {
      const { x, y, p, t } = events;
      return transfer({ events, duration }, [x.buffer, y.buffer, p.buffer, t.buffer]);
    }
    const { value } = await camera.next();
    const place = shown.indexOf(value.label);
    if (place >= 0) waiting[place]?.push({ ...value.events, t: value.events.t.map((time) => time - value.start) });
  }
}

/** What the page calls. */
export type Gestures = { next: typeof next };

offer({ next } satisfies Gestures);
