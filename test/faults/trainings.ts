/** Bad passes over a data set. */
import type { Dataset } from "../../src/index.js";
import { type Row, untyped } from "./scene.js";
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
  [
    "shape",
    "recordings.sensor: the network takes 2×6×6 inputs (channels × rows × columns), the events give 2×12×3",
    "recordings of a sensor with as many pixels",
    ({ network }) => network.evaluate({ ...recordings, sensor: { width: 3, height: 12 } }),
  ],
  [
    "config",
    "learningRate: unknown option of fit",
    "an option of the optimiser",
    ({ network }) => network.fit(recordings, untyped({ epochs: 1, learningRate: 1 })),
  ],
  [
    "config",
    "batch_size: unknown option of evaluate; did you mean batchSize?",
    "an option of another style",
    ({ network }) => network.evaluate(recordings, untyped({ batch_size: 1 })),
  ],
  [
    "config",
    "initialization.sample: unknown option of the initialization; did you mean samples?",
    "an unknown option of the initialisation",
    ({ network }) => network.fit(recordings, { epochs: 1, initialization: untyped({ type: "lsuv", sample: 2 }) }),
  ],
  ["config", "options", "no options", ({ network }) => network.fit(recordings, untyped(undefined))],
  [
    "config",
    "dataset: expected an object with sample() and length, found an array",
    "a data set that is a list",
    ({ network }) => network.fit(untyped([recordings]), { epochs: 1 }),
  ],
  ["config", "dataset", "a data set that is null", ({ network }) => network.evaluate(untyped(null))],
  [
    "config",
    "recordings[0]: expected an object with events and label",
    "recordings that are null",
    ({ network }) => network.evaluate({ ...recordings, sample: () => untyped(null) }),
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
