/** Bad streams. */
import type { Row } from "./scene.js";
import { events } from "./victim.js";

export const streams: readonly Row[] = [
  [
    "shape",
    "stream",
    "a stream of another sensor",
    ({ network }) => network.stream({ sensor: { width: 9, height: 6 } }),
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
    "not-finite",
    "events.t[5]",
    "a piece with NaN for a time",
    ({ network }) => network.stream().push(events(({ t }) => t.fill(Number.NaN, 5))),
  ],
];
