/** Bad streams. */
import { type Row, untyped } from "./scene.js";
import { events } from "./victim.js";

export const streams: readonly Row[] = [
  [
    "shape",
    "sensor: the network takes 2×6×6 inputs (channels × rows × columns), the events give 2×6×9",
    "a stream of another sensor",
    ({ network }) => network.stream({ sensor: { width: 9, height: 6 } }),
  ],
  [
    "shape",
    "sensor: the network takes 2×6×6 inputs (channels × rows × columns), the events give 2×12×3",
    "a stream of a sensor with as many pixels",
    ({ network }) => network.stream({ sensor: { width: 3, height: 12 } }),
  ],
  [
    "config",
    "burn_in: unknown option of stream; did you mean burnIn?",
    "an option of another style",
    ({ network }) => network.stream(untyped({ burn_in: 3 })),
  ],
  ["config", "events", "a piece that is null", ({ network }) => network.stream().push(untyped(null))],
  [
    "config",
    "unti: unknown option of push; did you mean until?",
    "an unknown option of a piece",
    ({ network }) => network.stream().push(events(), untyped({ unti: 3 })),
  ],
  [
    "config",
    "target.values: expected an array of numbers",
    "a target that is a text",
    ({ network }) => network.stream().push(events(), { target: untyped("1") }),
  ],
  ["range", "updateEvery", "a stream that never updates", ({ network }) => network.stream({ updateEvery: 0 })],
  [
    "time-order",
    "events.t[2]",
    "a piece that goes back in time",
    ({ network }) => network.stream().push(events(({ t }) => t.fill(1, 2, 3))),
  ],
  [
    "time-order",
    "until",
    "a piece that ends before its last event",
    ({ network }) => network.stream().push(events(), { until: 4000 }),
  ],
  [
    "range",
    "events.x[3]",
    "a piece with an event beside the sensor",
    ({ network }) => network.stream().push(events(({ x }) => x.fill(6, 3, 4))),
  ],
  [
    "range",
    "target[0]",
    "a piece with a class that there is not",
    ({ network }) => network.stream().push(events(), { target: 3 }),
  ],
  [
    "range",
    "events",
    "a jump in time past all measure",
    ({ network }) => network.stream().push(events(({ t }) => t.fill(1e15, 5))),
  ],
  [
    "range",
    "until: expected at most 2147483648 steps since the last",
    "an end past all measure",
    ({ network }) => network.stream().push(events(), { until: 1e15 }),
  ],
  [
    "not-finite",
    "events.t[5]",
    "a piece with NaN for a time",
    ({ network }) => network.stream().push(events(({ t }) => t.fill(Number.NaN, 5))),
  ],
];
