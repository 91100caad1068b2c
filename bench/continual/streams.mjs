// @ts-check
/** The streams of `continual`: which recordings come in which order, and what a sensor that drifts makes of them. */

import { numbers, shuffled } from "../random.mjs";

/**
 * A recording and its class.
 *
 * @typedef {{ events: import("../../dist/index.js").EventColumns, label: number }} Labelled
 */

/**
 * A part of a stream: what it shows, if anything; how many recordings are then replayed, where there are any to replay; and what the
 * network is tested with at last.
 *
 * @typedef {{ name: string, show: readonly Labelled[], replays?: number, test: readonly Labelled[] }} Part
 */

/** Pixels of a side. */
export const side = 34;

/** @param {readonly Labelled[]} recordings @param {readonly number[]} classes */
const of = (recordings, classes) => recordings.filter(({ label }) => classes.includes(label));

/** What sensors do that drift, in the order in which they come to it. */
const drifts = {
  mirrored: (/** @type {Labelled} */ { events, label }) => ({
    label,
    events: { ...events, x: events.x.map((x) => side - 1 - x) },
  }),
  shifted: (/** @type {Labelled} */ { events, label }) => ({
    label,
    events: { ...events, x: events.x.map((x) => (x + 4) % side), y: events.y.map((y) => (y + side - 4) % side) },
  }),
  noisier: (/** @type {Labelled} */ recording) => withNoise(recording),
};

/** Half as many events again, anywhere on the sensor at the times of others. */
function withNoise(/** @type {Labelled} */ { events, label }) {
  const draws = numbers(events.t.length);
  const below = (/** @type {number} */ bound) => draws.next().value % bound;
  /** @type {number[]} */
  const from = [];
  for (let event = 0; event < events.t.length; event++) {
    from.push(event);
    if (event % 2 === 0) from.push(-1 - event);
  }
  const column = (/** @type {"x" | "y" | "p"} */ name, /** @type {number} */ bound) =>
    from.map((event) => (event < 0 ? below(bound) : (events[name][event] ?? 0)));
  return {
    label,
    events: {
      x: Uint16Array.from(column("x", side)),
      y: Uint16Array.from(column("y", side)),
      p: Uint8Array.from(column("p", 2)),
      t: Float64Array.from(from, (event) => events.t[event < 0 ? -1 - event : event] ?? 0),
    },
  };
}

/**
 * The streams, part by part.
 *
 * @param {readonly Labelled[]} train
 * @param {readonly Labelled[]} test
 * @param {number} order - Seed of the order.
 * @returns {Record<string, Part[]>}
 */
export function streams(train, test, order) {
  const draws = numbers(order);
  const twice = (/** @type {readonly Labelled[]} */ some) => [...shuffled(some, draws), ...shuffled(some, draws)];
  const [all, but9] = [Array.from({ length: 10 }, (_, label) => label), Array.from({ length: 9 }, (_, label) => label)];
  const pairs = [0, 2, 4, 6, 8].map((first) => {
    const seen = all.filter((label) => label < first + 2);
    return { name: `${first}, ${first + 1}`, show: twice(of(train, [first, first + 1])), test: of(test, seen) };
  });
  const before = { name: "0 to 8", show: twice(of(train, but9)), test: of(test, but9) };
  const ten = shuffled(of(train, [9]), draws).slice(0, 10);
  const drifted = Object.entries(drifts).map(([name, drift]) => ({
    name,
    show: shuffled(train, draws).map(drift),
    test: test.map(drift),
  }));
  const once = { name: "as it was", show: shuffled(train, draws), test };
  return {
    "one after the other": [{ name: "two passes", show: twice(train), test }],
    "two by two": pairs,
    "a class late": [
      before,
      { name: "ten of 9, tested with the others", show: ten, replays: 1600, test: of(test, but9) },
      { name: "ten of 9, tested with 9", show: [], test: of(test, [9]) },
    ],
    "a sensor that drifts": [once, ...drifted],
  };
}
