/**
 * Bad calls: each is answered with the right code and a message that names the place, and leaves the network bit by bit as it was
 * and able to work on.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Binding } from "../../src/backend/contract.js";
import { selectBackend } from "../../src/backend/select.js";
import {
  type Dataset,
  DecolleError,
  datasets,
  type ErrorCode,
  Network,
  type NetworkSpecification,
} from "../../src/index.js";
import { digest } from "../determinism/agreed.js";
import {
  batch,
  build,
  damaged,
  events,
  inputs,
  misdescribed,
  type Parts,
  samples,
  specification,
  spikes,
  steps,
} from "./victim.js";

/** What a bad call may use. */
interface Scene {
  readonly network: Network;
  readonly binding: Binding;
  /** A checkpoint of the network. */
  readonly checkpoint: Uint8Array;
  /** A folder of its own. */
  readonly folder: string;
}

/** Code, text that the message holds, what is bad, the call. */
type Row = readonly [code: ErrorCode, message: string, what: string, call: (scene: Scene) => unknown];

let binding: Binding;
let folder: string;
beforeAll(async () => {
  ({ binding } = await selectBackend());
  folder = await mkdtemp(join(tmpdir(), "decolle-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** What TypeScript would refuse: callers of JavaScript can write it all the same. */
const untyped = (value: unknown) => value as never;

/** Creates a network of the good specification with some fields replaced. */
const create = (change: object) => Network.create({ ...specification, ...change } as NetworkSpecification);

/** Creates a network of one layer. */
const layer = (change: object) => create({ layers: [{ type: "dense", units: 4, ...change }] });

/** Creates a network with another neuron. */
const neuron = (change: object) => create({ neuron: { type: "lif", ...change } });

const specifications: readonly Row[] = [
  ["config", "an object that describes a network", "a specification that is null", () => Network.create(untyped(null))],
  ["config", "specification", "a specification that is a list", () => Network.create(untyped([]))],
  ["config", "layer", "no layers field", () => create({ layers: undefined })],
  ["config", "colour", "an unknown field", () => create({ colour: "red" })],
  ["config", "layers[0]", "an unknown field of a layer", () => layer({ unit: 3 })],
  ["config", "conv3d", "an unknown type of layer", () => create({ layers: [{ type: "conv3d" }] })],
  ["config", "units", "a layer without its size", () => create({ layers: [{ type: "dense" }] })],
  ["config", "neuron", "an unknown field of a neuron", () => neuron({ delta: 1 })],
  ["config", "layers[0].units", "a size that is a text", () => layer({ units: "4" })],
  ["config", "layers[0]", "a size with a fraction", () => layer({ units: 4.5 })],
  ["config", "layers[0]", "a size below zero", () => layer({ units: -4 })],
  ["config", "channels, height and width, or units", "an input without a size", () => create({ input: {} })],
  [
    "config",
    "channels, height and width, or units",
    "an input with a size too many",
    () => create({ input: { units: 3, depth: 1 } }),
  ],
  ["config", "optimizer", "an unknown optimiser", () => create({ optimizer: { type: "rprop", learningRate: 1 } })],
  ["config", "learningRate", "an optimiser without a rate", () => create({ optimizer: { type: "sgd" } })],
  ["config", "cost", "an unknown cost", () => create({ cost: { type: "hinge" } })],
  ["config", "feedback", "an unknown feedback", () => create({ readout: { units: 3, feedback: "direct" } })],
  ["config", "seed", "a seed that is a text", () => create({ seed: "1" })],
  ["config", "cost", "a function in a specification", () => create({ cost: () => 0 })],
  [
    "config",
    "neuron.surrogate",
    "a specification that contains itself",
    () => {
      const own: Record<string, unknown> = { type: "lif" };
      own["surrogate"] = own;
      return create({ neuron: own });
    },
  ],
  ["not-finite", "neuron.alpha", "NaN for a decay", () => neuron({ alpha: Number.NaN })],
  [
    "not-finite",
    "optimizer.learningRate",
    "an infinite rate",
    () => create({ optimizer: { type: "sgd", learningRate: Number.POSITIVE_INFINITY } }),
  ],
  ["range", "layers.length", "no layers", () => create({ layers: [] })],
  ["range", "layers[0].units", "a layer without neurons", () => layer({ units: 0 })],
  ["range", "layers[0].units", "more neurons than a layer may have", () => layer({ units: 2 ** 30 })],
  [
    "range",
    "layers[0]",
    "more weights than a layer may have",
    () => create({ input: { units: 2 ** 20 }, layers: [{ type: "dense", units: 2 ** 20 }] }),
  ],
  ["range", "neuron.alpha", "a decay of 1", () => neuron({ alpha: 1 })],
  [
    "range",
    "neuron.beta.high",
    "a range of decays that is upside down",
    () => neuron({ beta: { low: 0.9, high: 0.8 } }),
  ],
  [
    "range",
    "layers[0].neuron.gamma",
    "a decay below 0 in a layer",
    () => layer({ neuron: { type: "lif", gamma: -0.1 } }),
  ],
  ["range", "neuron.rho", "refractoriness below 0", () => neuron({ rho: -1 })],
  [
    "range",
    "neuron.surrogate",
    "a surrogate without slope",
    () => neuron({ surrogate: { type: "fastSigmoid", slope: 0 } }),
  ],
  ["range", "readout.dropout", "dropout of everything", () => create({ readout: { units: 3, dropout: 1 } })],
  ["range", "readout.units", "no readout units", () => create({ readout: { units: 0 } })],
  ["range", "timeStep", "a time step of nothing", () => create({ timeStep: 0 })],
  [
    "range",
    "optimizer.beta2",
    "a decay of 1 in the optimiser",
    () => create({ optimizer: { type: "adaMax", learningRate: 1, beta2: 1 } }),
  ],
  [
    "range",
    "optimizer.drop.every",
    "a drop after no epochs",
    () => create({ optimizer: { type: "sgd", learningRate: 1, drop: { every: 0, factor: 5 } } }),
  ],
  ["range", "errorTrigger.threshold", "an error threshold of 0", () => create({ errorTrigger: { threshold: 0 } })],
  [
    "range",
    "errorTrigger.control.rate",
    "fewer error events than none",
    () => create({ errorTrigger: { threshold: 1, control: { rate: -1 } } }),
  ],
  [
    "range",
    "errorTrigger.control.gain",
    "a controller that moves nothing",
    () => create({ errorTrigger: { threshold: 1, control: { rate: 1, gain: 0 } } }),
  ],
  [
    "range",
    "layers[0].regularizer.upper",
    "a regulariser below 0",
    () => layer({ regularizer: { upper: -1, lower: 0 } }),
  ],
  ["range", "seed", "a seed that no number holds exactly", () => create({ seed: 2 ** 53 })],
  [
    "shape",
    "layers[0].kernel",
    "a kernel larger than its input",
    () => create({ layers: [{ type: "conv2d", channels: 2, kernel: 9 }] }),
  ],
  [
    "shape",
    "layers[0].pool",
    "a pooling window larger than its plane",
    () => create({ layers: [{ type: "conv2d", channels: 2, kernel: 3, pool: 5 }] }),
  ],
  [
    "shape",
    "layers[1].kernel",
    "a convolution over a row of units",
    () =>
      create({
        layers: [
          { type: "dense", units: 4 },
          { type: "conv2d", channels: 2, kernel: 3 },
        ],
      }),
  ],
];

const choices: readonly Row[] = [
  ["config", "backend", "an unknown backend", () => Network.create(specification, { backend: untyped("gpu") })],
  ["range", "threads", "no threads", () => Network.create(specification, { threads: 0 })],
  ["range", "threads", "half a thread", () => Network.create(specification, { threads: 1.5 })],
  ["config", "threads", "threads as a text", () => Network.create(specification, { threads: untyped("2") })],
];

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

const batches: readonly Row[] = [
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
  ["range", "updateEvery", "an update after no steps", (scene) => learnOptions(scene, { updateEvery: 0 })],
  ["config", "updateEvery", "an update after half a step", (scene) => learnOptions(scene, { updateEvery: 0.5 })],
  ["config", "burnIn", "burn-in below zero", (scene) => learnOptions(scene, { burnIn: -1 })],
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

/** Lets a network with huge weights overflow, then brings its weights back: the batch must have been rolled back. */
async function overflow(network: Network): Promise<void> {
  const name = "layers.0.weight";
  const { data } = network.tensor(name);
  network.setTensor(name, new Float32Array(data.length).fill(3e38));
  try {
    const counts = new Float32Array(samples * steps * inputs).fill(1e6);
    await network.learn({ input: { counts, samples, steps }, target: batch.target }, { keepState: true });
  } finally {
    network.setTensor(name, data);
  }
}

const tensors: readonly Row[] = [
  ["config", "layers.9.weight", "the name of no tensor", ({ network }) => network.tensor("layers.9.weight")],
  ["config", "weight", "no name of a tensor to set", ({ network }) => network.setTensor("weight", new Float32Array(1))],
  [
    "shape",
    "layers.0.bias",
    "a tensor of another size",
    ({ network }) => network.setTensor("layers.0.bias", new Float32Array(4)),
  ],
  [
    "not-finite",
    "layers.0.bias[1]",
    "NaN in a tensor",
    ({ network }) => network.setTensor("layers.0.bias", Float32Array.of(0, Number.NaN, 0)),
  ],
  [
    "range",
    "state.layers.1.spikes[0]",
    "half a spike",
    ({ network }) => network.setTensor("state.layers.1.spikes", new Float32Array(samples * 5).fill(0.5)),
  ],
  [
    "unsupported",
    "state.layers.1.readout",
    "a tensor that follows from others",
    ({ network }) => network.setTensor("state.layers.1.readout", new Float32Array(samples * 3)),
  ],
  ["range", "epoch", "an epoch below zero", ({ network }) => network.setEpoch(-1)],
  ["range", "epoch", "half an epoch", ({ network }) => network.setEpoch(0.5)],
  [
    "config",
    "metadata",
    "metadata that is no plain data",
    ({ network }) => {
      network.metadata["when"] = untyped(() => 0);
      try {
        network.toBytes();
      } finally {
        delete network.metadata["when"];
      }
    },
  ],
];

/** Restores a network from a damaged checkpoint. */
const fromDamaged = ({ checkpoint }: Scene, damage: (parts: Parts) => Parts | undefined) =>
  Network.fromBytes(damaged(checkpoint, damage));

/** Restores a network from a checkpoint whose description was changed. */
const fromMisdescribed = ({ checkpoint }: Scene, damage: (entry: Record<string, unknown>) => void) =>
  Network.fromBytes(misdescribed(checkpoint, damage));

const weight = "layers.0.weight";

const checkpoints: readonly Row[] = [
  ["checkpoint", "safetensors", "an empty file", () => Network.fromBytes(new Uint8Array(0))],
  [
    "checkpoint",
    "safetensors",
    "a file of another kind",
    () => Network.fromBytes(new TextEncoder().encode("%PDF-1.7 and so on")),
  ],
  [
    "checkpoint",
    "safetensors",
    "a checkpoint cut in its header",
    ({ checkpoint }) => Network.fromBytes(checkpoint.subarray(0, 100)),
  ],
  [
    "checkpoint",
    "safetensors",
    "a checkpoint cut in its last tensor",
    ({ checkpoint }) => Network.fromBytes(checkpoint.subarray(0, checkpoint.length - 3)),
  ],
  [
    "checkpoint",
    "safetensors",
    "a header that claims more bytes than there are",
    ({ checkpoint }) => {
      const bytes = checkpoint.slice();
      new DataView(bytes.buffer).setBigUint64(0, 2n ** 60n, true);
      return Network.fromBytes(bytes);
    },
  ],
  [
    "checkpoint",
    "safetensors",
    "bytes behind the last tensor",
    ({ checkpoint }) => Network.fromBytes(Uint8Array.of(...checkpoint, 0, 0, 0, 0)),
  ],
  [
    "checkpoint",
    "safetensors",
    "a tensor that claims more bytes than there are",
    (scene) =>
      fromDamaged(scene, ({ header }) => {
        const entry = header[weight];
        if (entry) entry.data_offsets[1] += 2 ** 40;
        return undefined;
      }),
  ],
  [
    "checkpoint",
    "safetensors",
    "a shape that does not go with its bytes",
    (scene) =>
      fromDamaged(scene, ({ header }) => {
        header[weight]?.shape.push(2);
        return undefined;
      }),
  ],
  [
    "checkpoint",
    weight,
    "a shape of the right size that is another",
    (scene) =>
      fromDamaged(scene, ({ header }) => {
        header[weight]?.shape.reverse();
        return undefined;
      }),
  ],
  [
    "checkpoint",
    weight,
    "a tensor of another type",
    (scene) =>
      fromDamaged(scene, ({ header }) => {
        const entry = header[weight];
        if (entry) entry.dtype = "I32";
        return undefined;
      }),
  ],
  [
    "checkpoint",
    weight,
    "a tensor under another name",
    (scene) =>
      fromDamaged(scene, ({ header, data }) => ({
        header: Object.fromEntries(
          Object.entries(header).map(([name, entry]) => [name === weight ? "layers.0.kernel" : name, entry]),
        ) as Parts["header"],
        data,
      })),
  ],
  [
    "checkpoint",
    `${weight}[5]`,
    "NaN among the weights",
    (scene) =>
      fromDamaged(scene, ({ header, data }) => {
        const start = header[weight]?.data_offsets[0] ?? 0;
        new DataView(data.buffer, data.byteOffset).setFloat32(start + 20, Number.NaN, true);
        return undefined;
      }),
  ],
  [
    "checkpoint",
    "decolle",
    "a safetensors file of someone else",
    (scene) =>
      fromDamaged(scene, ({ header }) => {
        header.__metadata__ = { format: "pt" };
        return undefined;
      }),
  ],
  [
    "checkpoint",
    "version",
    "a version of the future",
    (scene) => fromMisdescribed(scene, (entry) => Object.assign(entry, { version: 2 })),
  ],
  [
    "checkpoint",
    "specification",
    "no specification",
    (scene) => fromMisdescribed(scene, (entry) => delete entry["specification"]),
  ],
  [
    "checkpoint",
    "alpha",
    "a bad specification",
    (scene) =>
      fromMisdescribed(scene, (entry) =>
        Object.assign(entry["specification"] as object, { neuron: { type: "lif", alpha: 2 } }),
      ),
  ],
  [
    "checkpoint",
    "layers.1",
    "the specification of another network",
    (scene) =>
      fromMisdescribed(scene, (entry) =>
        Object.assign(entry["specification"] as object, {
          layers: [specification.layers[0], { type: "dense", units: 7 }],
        }),
      ),
  ],
  [
    "checkpoint",
    "samples",
    "more samples than any batch has",
    (scene) => fromMisdescribed(scene, (entry) => Object.assign(entry, { samples: 2 ** 40 })),
  ],
  [
    "checkpoint",
    "synapticTrace",
    "state of another number of samples",
    (scene) => fromMisdescribed(scene, (entry) => Object.assign(entry, { samples: 3 })),
  ],
  [
    "checkpoint",
    "specification.layers",
    "a checkpoint of other layers to restore from",
    ({ binding: own }) => {
      const text = JSON.stringify({ ...specification, layers: [{ type: "dense", units: 4 }] });
      const [mine, other] = [new own.Network(JSON.stringify(specification), 1), new own.Network(text, 1)];
      try {
        mine.restore(other.checkpoint("{}"));
      } finally {
        mine.dispose();
        other.dispose();
      }
    },
  ],
];

const files: readonly Row[] = [
  [
    "io",
    "absent.safetensors",
    "a checkpoint that is not there",
    ({ folder: own }) => Network.load(join(own, "absent.safetensors")),
  ],
  ["io", "", "a folder as a checkpoint", ({ folder: own }) => Network.load(own)],
  [
    "checkpoint",
    "safetensors",
    "a truncated checkpoint file",
    async ({ folder: own, checkpoint }) => {
      await writeFile(join(own, "half.safetensors"), checkpoint.subarray(0, checkpoint.length / 2));
      return Network.load(join(own, "half.safetensors"));
    },
  ],
  [
    "io",
    "nowhere",
    "a folder that is not there to save to",
    ({ network, folder: own }) => network.save(join(own, "nowhere", "model.safetensors")),
  ],
  [
    "io",
    "taken",
    "a folder in the place of the file to save",
    async ({ network, folder: own }) => {
      await mkdir(join(own, "taken"), { recursive: true });
      await writeFile(join(own, "taken", "file"), "");
      return network.save(join(own, "taken"));
    },
  ],
  // Where even the superuser may not write: a folder that is a file.
  [
    "io",
    "file.txt",
    "a file in the place of the folder to save to",
    async ({ network, folder: own }) => {
      await writeFile(join(own, "file.txt"), "");
      return network.save(join(own, "file.txt", "model.safetensors"));
    },
  ],
  ["io", "Train", "a data set that is not there", ({ folder: own }) => datasets.nmnist(join(own, "absent"))],
  [
    "format",
    "Train",
    "a data set without recordings",
    async ({ folder: own }) => {
      for (const split of ["Train", "Test"]) await mkdir(join(own, "empty", split), { recursive: true });
      return datasets.nmnist(join(own, "empty"));
    },
  ],
  ["format", "00001.bin", "a truncated recording", ({ folder: own }) => readRecording(own, [1, 2, 3, 4, 5, 6, 7])],
  [
    "range",
    "00001.bin",
    "a recording with an event beside the sensor",
    ({ folder: own }) => readRecording(own, [34, 2, 0, 0, 5]),
  ],
  [
    "time-order",
    "00001.bin",
    "a recording that goes back in time",
    ({ folder: own }) => readRecording(own, [1, 2, 0, 0, 5, 1, 2, 0, 0, 4]),
  ],
  ["config", "data", "an unknown data set", () => datasets.open("cifar")],
];

/** Reads a recording of these bytes through a data set. */
async function readRecording(own: string, bytes: readonly number[]): Promise<unknown> {
  const root = await mkdtemp(join(own, "nmnist-"));
  for (const split of ["Train", "Test"]) {
    await mkdir(join(root, split, "0"), { recursive: true });
    await writeFile(join(root, split, "0", "00001.bin"), Uint8Array.from(bytes));
  }
  return (await datasets.nmnist(root)).train.sample(0);
}

/** Two recordings that fit the network. */
const recordings: Dataset = {
  name: "recordings",
  classes: ["a", "b", "c"],
  length: 2,
  sensor: { width: 6, height: 6 },
  duration: 6000,
  sample: (index) => ({ events: events(), label: index }),
};

const trainings: readonly Row[] = [
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

const streams: readonly Row[] = [
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

/** Work long enough to be caught in it. */
const long = (network: Network) =>
  network.learn({
    input: { counts: new Uint8Array(samples * 3000 * inputs).fill(1), samples, steps: 3000 },
    target: batch.target,
  });

/** Calls a network while it works, then aborts the work and hands on what the call threw. */
async function during(network: Network, call: () => unknown): Promise<void> {
  const controller = new AbortController();
  const input = { counts: new Uint8Array(samples * 20_000 * inputs), samples, steps: 20_000 };
  const work = network.learn({ input, target: batch.target }, { signal: controller.signal });
  try {
    await call();
  } finally {
    controller.abort();
    await expect(work).rejects.toMatchObject({ code: "aborted" });
  }
}

const occupied: readonly Row[] = [
  ["busy", "run", "a batch while another runs", ({ network }) => during(network, () => network.run(batch))],
  [
    "busy",
    "setTensor",
    "a tensor set while a batch runs",
    ({ network }) => during(network, () => network.setTensor("layers.0.bias", new Float32Array(3))),
  ],
  ["busy", "reset", "a reset while a batch runs", ({ network }) => during(network, () => network.reset())],
  ["busy", "setEpoch", "an epoch while a batch runs", ({ network }) => during(network, () => network.setEpoch(1))],
  [
    "busy",
    "toBytes",
    "a checkpoint in the middle of a batch",
    ({ network }) => during(network, () => network.toBytes()),
  ],
  [
    "busy",
    "stream",
    "a piece of a stream while a batch runs",
    ({ network }) => {
      const stream = network.stream();
      return during(network, () => stream.push(events()));
    },
  ],
  [
    "aborted",
    "learn",
    "a batch that was aborted before it began",
    ({ network }) => network.learn(batch, { signal: AbortSignal.abort() }),
  ],
  [
    "aborted",
    "learn",
    "a batch that is aborted",
    ({ network }) => {
      const controller = new AbortController();
      setImmediate(() => controller.abort());
      const input = { counts: new Uint8Array(samples * 20_000 * inputs), samples, steps: 20_000 };
      return network.learn({ input, target: batch.target }, { signal: controller.signal });
    },
  ],
];

const groups: Readonly<Record<string, readonly Row[]>> = {
  specifications,
  choices,
  batches,
  tensors,
  checkpoints,
  files,
  trainings,
  streams,
  occupied,
};

/** Runs a call and gives what it throws, or what its promise rejects with. */
async function thrown(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe.each(Object.entries(groups))("of the bad %s", (_, rows) => {
  it.each(rows)("`%s` (%s) is the answer to %s, and nothing changed", async (code, message, _what, call) => {
    using network = await build();
    using twin = await build();
    // One row overwrites these weights, which ends what the layer carries for them: so all start without it.
    for (const one of [network, twin]) one.setTensor("layers.0.weight", one.tensor("layers.0.weight").data);
    const own = await mkdtemp(join(folder, "scene-"));
    const checkpoint = network.toBytes();
    const [bits, description] = [digest(network), network.describe()];
    const error = await thrown(() => call({ network, binding, checkpoint: checkpoint.slice(), folder: own }));
    expect(error).toBeInstanceOf(DecolleError);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(network.toBytes()).toEqual(checkpoint);
    expect(digest(network)).toBe(bits);
    expect(network.describe()).toEqual(description);
    // And it goes on as a network would to which nothing happened.
    for (const good of [network, twin]) await good.learn(batch, { keepState: true });
    expect(digest(network)).toBe(digest(twin));
  });
});

describe("a file that could not be replaced", () => {
  it("is as before, and nothing is left beside it", async () => {
    using network = await build();
    const own = await mkdtemp(join(folder, "kept-"));
    const path = join(own, "model.safetensors");
    await network.save(path);
    const before = await readFile(path);
    const work = during(network, () => network.save(path));
    await expect(work).rejects.toMatchObject({ code: "busy" });
    expect(await readFile(path)).toEqual(before);
    expect(await readdir(own)).toEqual(["model.safetensors"]);
  });
});

describe("a disposed network", () => {
  const calls: ReadonlyArray<[string, (network: Network) => unknown]> = [
    ["learn", (network) => network.learn(batch)],
    ["run", (network) => network.run(batch)],
    ["fit", (network) => network.fit(recordings, { epochs: 1 })],
    ["evaluate", (network) => network.evaluate(recordings)],
    ["stream", (network) => network.stream()],
    ["describe", (network) => network.describe()],
    ["tensors", (network) => network.tensors()],
    ["tensor", (network) => network.tensor(weight)],
    ["setTensor", (network) => network.setTensor(weight, new Float32Array())],
    ["reset", (network) => network.reset()],
    ["setEpoch", (network) => network.setEpoch(1)],
    ["toBytes", (network) => network.toBytes()],
    ["save", (network) => network.save(join(folder, "disposed.safetensors"))],
  ];

  it.each(calls)("answers `disposed` to %s", async (name, call) => {
    const network = await build();
    network.dispose();
    network.dispose();
    expect(network.disposed).toBe(true);
    const error = await thrown(() => call(network));
    expect(error).toBeInstanceOf(DecolleError);
    const named = name === "save" ? "toBytes" : name;
    expect(error).toMatchObject({ code: "disposed", message: expect.stringContaining(named) });
    expect(await readdir(folder)).not.toContain("disposed.safetensors");
  });

  it("ends the work that was under way with `disposed`", async () => {
    const network = await build();
    const work = thrown(() => long(network));
    network.dispose();
    expect(await work).toMatchObject({ code: "disposed" });
  });

  it("ends a stream whose state other work took away", async () => {
    using network = await build();
    const stream = network.stream();
    await stream.push(events());
    await network.run(batch);
    expect(await thrown(() => stream.push(events(({ t }) => t.fill(9000))))).toMatchObject({
      code: "disposed",
      message: expect.stringContaining("stream"),
    });
  });
});

it("at least sixty bad calls are tried", () => {
  expect(Object.values(groups).flat().length).toBeGreaterThanOrEqual(60);
});
