/** Bad trainings, evaluations and streams. */
import type { Dataset } from "../../src/index.js";
import type { Row } from "./scene.js";
import { events } from "./victim.js";

/** Two recordings that fit the network. */
export const recordings: Dataset = {
  name: "recordings",
  classes: ["a", "b", "c"],
  length: 2,
  sensor: { width: 6, height: 6 },
  duration: 6000,
  sample: (index) => ({ events: events(), label: index }),
};

export const trainings: readonly Row[] = [
  ["range", "epochs", "no epochs", ({ network }) => network.fit(recordings, { epochs: 0 })],
  ["range", "batchSize", "batches of nothing", ({ network }) => network.fit(recordings, { epochs: 1, batchSize: 0 })],
  [
    "range",
    "burnIn",
    "burn-in as long as the recordings",
    ({ network }) => network.fit(recordings, { epochs: 1, burnIn: 6 }),
  ],
  [
    "shape",
    "recordings",
    "recordings of another sensor",
    ({ network }) => network.fit({ ...recordings, sensor: { width: 7, height: 6 } }, { epochs: 1 }),
  ],
  [
    "shape",
    "recordings",
    "more classes than readout units",
    ({ network }) => network.evaluate({ ...recordings, classes: ["a", "b", "c", "d"] }),
  ],
  ["shape", "recordings", "no recordings", ({ network }) => network.evaluate({ ...recordings, length: 0 })],
  [
    "range",
    "recordings[1].label",
    "a label that is no class",
    ({ network }) => network.evaluate({ ...recordings, sample: (index) => ({ events: events(), label: 5 * index }) }),
  ],
  [
    "time-order",
    "recordings[1].t[3]",
    "a recording that goes back in time",
    ({ network }) =>
      network.fit(
        {
          ...recordings,
          sample: (index) => ({ events: events(({ t }) => t.fill(9e6, 2, 3 - (1 - index))), label: index }),
        },
        { epochs: 1 },
      ),
  ],
  [
    "range",
    "transform.crop",
    "a crop that leaves the sensor",
    ({ network }) => network.evaluate(recordings, { transform: { crop: { left: 1, top: 0, width: 6, height: 6 } } }),
  ],
];

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
