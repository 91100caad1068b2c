/** Bad passes over a data set. */
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
