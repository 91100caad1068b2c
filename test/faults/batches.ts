/** Bad batches: inputs, targets, options. */
import type { Network } from "../../src/index.js";
import { type Row, type Scene, untyped } from "./scene.js";
import { batch, events, inputs, samples, spikes, steps } from "./victim.js";

/** Learns from spikes of one sample that the caller changed. */
const learnSpikes = ({ network }: Scene, change: (of: ReturnType<typeof spikes>) => void) => {
  const lists = spikes();
  change(lists);
  return network.learn({ input: { spikes: [spikes(), lists] }, target: batch.target });
};

/** Learns from events that the caller changed. */
const learnEvents = ({ network }: Scene, change: Parameters<typeof events>[0]) =>
  network.learn({ input: { events: [events(), events(change)], steps }, target: batch.target });

/** Learns with another target. */
const learnTarget = ({ network }: Scene, target: object) =>
  network.learn({ input: batch.input, target: untyped(target) });

/** Learns with other options. */
const learnOptions = ({ network }: Scene, options: object) => network.learn(batch, untyped(options));

export const batches: readonly Row[] = [
  ["config", "input", "no input", ({ network }) => network.run(untyped({}))],
  ["config", "input", "an input of no known form", ({ network }) => network.run({ input: untyped({ frames: [] }) })],
  [
    "config",
    "input.counts",
    "counts in a plain list",
    ({ network }) => network.run({ input: { counts: untyped([1, 2]), samples: 1, steps: 1 } }),
  ],
  [
    "shape",
    "input.counts",
    "counts of another size",
    ({ network }) => network.run({ input: { counts: new Uint8Array(inputs + 1), samples: 1, steps: 1 } }),
  ],
  [
    "range",
    "input.samples",
    "no samples",
    ({ network }) => network.run({ input: { counts: new Uint8Array(0), samples: 0, steps: 1 } }),
  ],
  [
    "range",
    "input.steps",
    "half a step",
    ({ network }) => network.run({ input: { counts: new Uint8Array(0), samples: 1, steps: 0.5 } }),
  ],
  [
    "range",
    "input.counts[3]",
    "a count below 0",
    ({ network }) => network.run({ input: { counts: new Float32Array(inputs).fill(-1, 3, 4), samples: 1, steps: 1 } }),
  ],
  [
    "not-finite",
    "input.counts[3]",
    "NaN for a count",
    ({ network }) =>
      network.run({ input: { counts: new Float32Array(inputs).fill(Number.NaN, 3, 4), samples: 1, steps: 1 } }),
  ],
  [
    "range",
    "input.counts[3]",
    "a count past all measure",
    ({ network }) =>
      network.run({ input: { counts: new Float32Array(inputs).fill(1e30, 3, 4), samples: 1, steps: 1 } }),
  ],
  ["shape", "input", "an empty list of samples", ({ network }) => network.run({ input: { spikes: [] } })],
  [
    "config",
    "input.spikes[1].offsets",
    "offsets in a plain list",
    (scene) => learnSpikes(scene, (lists) => Object.assign(lists, { offsets: [0, 1] })),
  ],
  [
    "shape",
    "input.spikes[1].offsets[0]",
    "offsets that start late",
    (scene) => learnSpikes(scene, ({ offsets }) => offsets.fill(1, 0, 1)),
  ],
  [
    "shape",
    "input.spikes[1].offsets[3]",
    "offsets that go back",
    (scene) => learnSpikes(scene, ({ offsets }) => offsets.fill(1, 3, 4)),
  ],
  [
    "shape",
    "input.spikes[1].offsets",
    "offsets that end elsewhere",
    (scene) => learnSpikes(scene, ({ offsets }) => offsets.fill(9, steps)),
  ],
  [
    "shape",
    "input.spikes[1].offsets",
    "samples of different lengths",
    (scene) =>
      learnSpikes(scene, (lists) =>
        Object.assign(lists, {
          offsets: lists.offsets.subarray(0, 3),
          indices: new Uint32Array(2),
          counts: new Float32Array(2).fill(1),
        }),
      ),
  ],
  [
    "shape",
    "input.spikes[1].counts",
    "fewer counts than spikes",
    (scene) => learnSpikes(scene, (lists) => Object.assign(lists, { counts: new Float32Array(2) })),
  ],
  [
    "range",
    "input.spikes[1].indices[2]",
    "a spike beyond the input",
    (scene) => learnSpikes(scene, ({ indices }) => indices.fill(inputs, 2, 3)),
  ],
  [
    "range",
    "input.spikes[1].counts[2]",
    "a spike of no events",
    (scene) => learnSpikes(scene, ({ counts }) => counts.fill(0, 2, 3)),
  ],
  [
    "not-finite",
    "input.spikes[1].counts[2]",
    "a spike of infinitely many events",
    (scene) => learnSpikes(scene, ({ counts }) => counts.fill(Number.POSITIVE_INFINITY, 2, 3)),
  ],
  [
    "time-order",
    "input.events[1].t[2]",
    "events that go back in time",
    (scene) => learnEvents(scene, ({ t }) => t.fill(500, 2, 3)),
  ],
  [
    "not-finite",
    "input.events[1].t[2]",
    "NaN for a time",
    (scene) => learnEvents(scene, ({ t }) => t.fill(Number.NaN, 2, 3)),
  ],
  [
    "range",
    "input.events[1].x[2]",
    "an event beside the sensor",
    (scene) => learnEvents(scene, ({ x }) => x.fill(6, 2, 3)),
  ],
  ["range", "input.events[1].p[4]", "a third polarity", (scene) => learnEvents(scene, ({ p }) => p.fill(2, 4, 5))],
  [
    "shape",
    "input.events[1].y",
    "columns of different lengths",
    (scene) => learnEvents(scene, (columns) => Object.assign(columns, { y: columns.y.subarray(1) })),
  ],
  [
    "config",
    "input.events[1].t",
    "times of another type",
    (scene) => learnEvents(scene, (columns) => Object.assign(columns, { t: Uint32Array.from(columns.t) })),
  ],
  [
    "range",
    "downsample",
    "a block larger than the sensor",
    ({ network }) =>
      network.run({
        input: { events: [events()], steps, sensor: { width: 6, height: 6 }, transform: { downsample: 9 } },
      }),
  ],
  [
    "config",
    "input.sensor",
    "a crop of an unknown sensor",
    ({ network }) =>
      network.run({
        input: { events: [events()], steps, transform: { crop: { left: 0, top: 0, width: 6, height: 6 } } },
      }),
  ],
  ["config", "target", "learning without a target", ({ network }) => network.learn(untyped({ input: batch.input }))],
  ["config", "target", "a target of no known form", (scene) => learnTarget(scene, { labels: [0, 1] })],
  ["shape", "target", "fewer classes than samples", (scene) => learnTarget(scene, { classes: [0] })],
  ["range", "target[1]", "a class that there is not", (scene) => learnTarget(scene, { classes: [0, 3] })],
  ["range", "target[1]", "half a class", (scene) => learnTarget(scene, { classes: [0, 0.5] })],
  ["range", "target[0]", "a class below 0", (scene) => learnTarget(scene, { classes: [-1, 0] })],
  ["not-finite", "target[1]", "NaN for a class", (scene) => learnTarget(scene, { classes: [0, Number.NaN] })],
  ["shape", "target", "values of another size", (scene) => learnTarget(scene, { values: [0, 1, 0] })],
  [
    "shape",
    "target",
    "values per step that are not",
    (scene) => learnTarget(scene, { values: new Float32Array(samples * 3), perStep: true }),
  ],
  [
    "not-finite",
    "target[4]",
    "NaN for a value",
    (scene) => learnTarget(scene, { values: [0, 0, 0, 0, Number.NaN, 0] }),
  ],
  ["range", "target[4]", "a value past all measure", (scene) => learnTarget(scene, { values: [0, 0, 0, 0, 1e9, 0] })],
  [
    "range",
    "input.steps: expected 1 to 16777216, found 16777217",
    "more steps than events are binned into",
    ({ network }) => network.run({ input: { events: [events()], steps: 2 ** 24 + 1 } }),
  ],
  ["range", "updateEvery", "an update after no steps", (scene) => learnOptions(scene, { updateEvery: 0 })],
  ["range", "updateEvery", "an update after half a step", (scene) => learnOptions(scene, { updateEvery: 0.5 })],
  ["range", "burnIn", "burn-in below zero", (scene) => learnOptions(scene, { burnIn: -1 })],
  [
    "config",
    "update_every: unknown option of learn; did you mean updateEvery?",
    "an option of another style",
    (scene) => learnOptions(scene, { update_every: 2 }),
  ],
  [
    "config",
    "keepState: expected true or false",
    "a flag that is a text",
    (scene) => learnOptions(scene, { keepState: "no" }),
  ],
  ["not-finite", "burnIn", "NaN for an option", (scene) => learnOptions(scene, { burnIn: Number.NaN })],
  [
    "config",
    "signal: expected an AbortSignal",
    "a controller for a signal",
    (scene) => learnOptions(scene, { signal: new AbortController() }),
  ],
  ["config", "options", "options that are null", (scene) => learnOptions(scene, untyped(null))],
  ["config", "batch", "a batch that is null", ({ network }) => network.learn(untyped(null))],
  ["config", "batch", "a batch that is undefined", ({ network }) => network.run(untyped(undefined))],
  [
    "config",
    "targets: unknown option of a batch; did you mean target?",
    "an unknown field of a batch",
    ({ network }) => network.run(untyped({ input: batch.input, targets: 1 })),
  ],
  [
    "config",
    "target.classes: expected an array of numbers, found null",
    "classes that are null",
    (scene) => learnTarget(scene, { classes: null }),
  ],
  [
    "config",
    "target.classes[0]: expected a number, found the bigint 1",
    "a class that is a bigint",
    (scene) => learnTarget(scene, { classes: [1n, 0] }),
  ],
  ["config", "target.classes", "classes in BigInts", (scene) => learnTarget(scene, { classes: new BigInt64Array(2) })],
  [
    "range",
    "target.classes.length",
    "classes without end",
    (scene) => learnTarget(scene, { classes: { length: 2 ** 53 } }),
  ],
  [
    "config",
    "expected an object with classes or values, found an array",
    "a target that is a list",
    (scene) => learnTarget(scene, [0, 1]),
  ],
  [
    "config",
    "input.spikes: expected an array",
    "spikes that are null",
    ({ network }) => network.run({ input: { spikes: untyped(null) } }),
  ],
  [
    "config",
    "input.spikes[0]",
    "a sample that is null",
    ({ network }) => network.run({ input: { spikes: untyped([null]) } }),
  ],
  [
    "config",
    "input.events[0]",
    "a recording that is null",
    ({ network }) => network.run({ input: { events: untyped([null]), steps } }),
  ],
  ["config", "input", "an input that cannot be read", ({ network }) => network.run({ input: throwing() })],
  [
    "shape",
    "input.sensor: the network takes 2×6×6 inputs (channels × rows × columns), the events give 2×12×3",
    "a sensor of the same size in another form",
    ({ network }) => network.run({ input: { events: [events()], steps, sensor: { width: 3, height: 12 } } }),
  ],
  [
    "shape",
    "input.sensor: the network takes 2×6×6 inputs (channels × rows × columns), the events give 2×5×5",
    "a sensor that is smaller",
    ({ network }) => network.run({ input: { events: [events()], steps, sensor: { width: 5, height: 5 } } }),
  ],
  [
    "config",
    "input.sensor.width",
    "a sensor without a size",
    ({ network }) => network.run({ input: { events: [events()], steps, sensor: untyped({}) } }),
  ],
  [
    "config",
    "input.step: unknown option of input; did you mean steps?",
    "an unknown field of an input",
    ({ network }) => network.run({ input: untyped({ events: [events()], step: 4 }) }),
  ],
  ["config", "stride", "an unknown option", (scene) => learnOptions(scene, { stride: 2 })],
  [
    "shape",
    "samples",
    "kept state of another number of samples",
    ({ network }) =>
      network.run({ input: { counts: new Uint8Array(3 * inputs), samples: 3, steps: 1 } }, { keepState: true }),
  ],
  ["not-finite", "layers[0]", "weights that overflow the potential", ({ network }) => overflow(network)],
];

/** An object whose getters throw. */
function throwing(): never {
  return untyped(
    new Proxy(
      {},
      {
        get() {
          throw new Error("no");
        },
      },
    ),
  );
}

/** Lets a network with huge weights overflow, then brings its weights back: the batch must have been rolled back. */
async function overflow(network: Network): Promise<void> {
  const name = "layers.0.weight";
  const { data } = await network.tensor(name);
  await network.setTensor(name, new Float32Array(data.length).fill(3e38));
  try {
    const counts = new Float32Array(samples * steps * inputs).fill(1e6);
    await network.learn({ input: { counts, samples, steps }, target: batch.target }, { keepState: true });
  } finally {
    await network.setTensor(name, data);
  }
}
