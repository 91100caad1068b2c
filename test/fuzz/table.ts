/** Every function of the public API with good arguments, made anew each time. */
import * as decolle from "../../src/index.js";

const { Network, conv2d, dense, lif, sgd } = decolle;

/** What one try may use. */
export interface Stage {
  /** The build that runs, on one thread. */
  readonly choice: decolle.BackendChoice;
  /** A network of the stage's own. */
  readonly network: decolle.Network;
  /** A checkpoint of it. */
  readonly checkpoint: Uint8Array;
  /** A folder that is not there. */
  readonly folder: string;
}

/** A function: what it is called with, and how. */
export interface Call {
  /** Good arguments. */
  readonly given: (stage: Stage) => unknown[];
  /** Calls it. */
  readonly call: (given: never[], stage: Stage) => unknown;
}

const specification = () => ({
  input: { channels: 2, height: 6, width: 6 },
  timeStep: 1000,
  layers: [conv2d({ channels: 2, kernel: 3, padding: 1, pool: 2 }), dense({ units: 4, propagation: "dense" })],
  readout: { units: 3, scale: 0.5, bias: true, dropout: 0.1, dropoutInEvaluation: false, feedback: "alignment" },
  neuron: lif({ alpha: 0.9, beta: { low: 0.8, high: 0.9 }, surrogate: { type: "boxcar", width: 0.5 } }),
  cost: { type: "smoothL1" },
  regularizer: { upper: 0.1, lower: 0.1, lowerActivity: "sigmoid" },
  optimizer: sgd({ learningRate: 0.1, momentum: 0.5, drop: { every: 1, factor: 2 } }),
  initialization: { type: "uniform", dense: 0.5 },
  propagation: "auto",
  errorTrigger: null,
  seed: 3,
});

/** Builds a network that has something to lose. */
export async function build(choice: decolle.BackendChoice): Promise<decolle.Network> {
  const network = await Network.create(specification() as decolle.NetworkSpecification, choice);
  const [batch] = learned() as unknown as [decolle.LearnBatch];
  await network.learn(batch, { updateEvery: 3, flushGradient: false });
  return network;
}

const events = (): decolle.EventColumns => ({
  x: Uint16Array.of(0, 1, 2, 3, 4, 5),
  y: Uint16Array.of(5, 4, 3, 2, 1, 0),
  p: Uint8Array.of(0, 1, 0, 1, 0, 1),
  t: Float64Array.of(0, 1000, 2000, 3000, 4000, 5000),
});
const readings = () => ({ format: "nmnist" as const, order: "sort" as const, sortWithin: 9, partial: true });
const writings = () => ({ format: "nmnist" as const, sensor: { width: 34, height: 34 }, events: 6 });
const sensor = () => ({ width: 6, height: 6 });
const transform = () => ({ crop: { left: 0, top: 0, width: 6, height: 6 }, downsample: 1 });
const spikes = () => ({
  offsets: Uint32Array.of(0, 1, 2, 3),
  indices: Uint32Array.of(4, 5, 71),
  counts: Float32Array.of(1, 2, 1),
});
const learned = () => [
  { input: { spikes: [spikes(), spikes()] }, target: { classes: [0, 2] } },
  {
    burnIn: 0,
    keepState: false,
    updateEvery: 1,
    flushGradient: true,
    record: { layers: [1], samples: [0], spikes: true, readouts: true, gradients: true },
    recordPotential: true,
  },
];
const recorded = () => ({ shape: [2, 1, 3], data: Float32Array.of(0, 1, 0, 1, 1, 0) });
const looked = () => ({ sample: 0, units: [0, 2], timeStep: 1000, width: 100, height: 100 });
const dataset = () => ({
  name: "own",
  classes: ["a", "b", "c"],
  length: 2,
  sensor: sensor(),
  duration: 6000,
  recordings: [0, 1].map((label) => ({ events: events(), label })),
});
/** Whether it can be looked at without a trap. */
const isPlainObject = (value: unknown): boolean => {
  try {
    return Object.getPrototypeOf(value) === Object.prototype;
  } catch {
    return false;
  }
};
/** Recordings travel as data, so that they are spoilt as well. */
const asDataset = (given: unknown): decolle.Dataset => {
  if (!isPlainObject(given)) return given as decolle.Dataset;
  if (typeof given !== "object" || given === null || !Object.hasOwn(given, "recordings"))
    return given as decolle.Dataset;
  const { recordings, ...rest } = given as ReturnType<typeof dataset>;
  return {
    ...rest,
    sample: async (index: number) =>
      (recordings as Partial<typeof recordings> | null)?.[index] as decolle.LabelledRecording,
  };
};
const neuron = () => ({
  name: "own",
  constants: { tau: decolle.ms(20), gain: 2 },
  traces: { trace: 0 },
  state: { potential: 0 },
  symbols: { potential: "u" },
  spikeAtThreshold: false,
  surrogate: { type: "fastSigmoid", slope: 10 },
  remainder: "stop",
});
/** Functions stay, since those of the user's may throw what they like. */
const asNeuron = (given: unknown) => {
  const functions = {
    trace: (_: unknown, { event }: decolle.TraceContext) => ({ trace: event }),
    step: (_: unknown, { input }: decolle.StepContext<Record<string, number>>) => ({ potential: input }),
    membrane: (_: unknown, bias: decolle.Expression<"neuron">) => bias,
  };
  try {
    return typeof given === "object" && given !== null ? { ...given, ...functions } : given;
  } catch {
    return given;
  }
};

/** Calls a function with its arguments as they are. */
const plain = (made: (stage: Stage) => unknown[], called: (...given: never[]) => unknown): Call => ({
  given: made,
  call: (given) => called(...given),
});
/** A method of the network. */
const method = (made: () => unknown[], called: (network: decolle.Network, ...given: never[]) => unknown): Call => ({
  given: made,
  call: (given, { network }) => called(network, ...given),
});
/** What is called while a cost is traced, with one of its symbols first. */
const traced = (own: unknown, ...rest: unknown[]): Call => ({
  given: () => structuredClone(rest),
  call: (given) =>
    decolle.cost(({ readout }) => {
      return (own as (...given: unknown[]) => never)(
        ...(given.length === 0 ? [readout] : given.map((one: unknown) => (one === "readout" ? readout : one))),
      );
    }),
});
const choose = ({ choice }: Stage) => ({ ...choice });

/** All of them, by the name of the export or of the method. */
export const calls: Readonly<Record<string, Call>> = {
  "Network.create": plain(
    (stage) => [specification(), choose(stage)],
    (own, choice) => Network.create(own, choice),
  ),
  "Network.fromBytes": plain(
    (stage) => [stage.checkpoint.slice(), choose(stage)],
    (bytes, choice) => Network.fromBytes(bytes, choice),
  ),
  "Network.load": plain(
    (stage) => [stage.folder, choose(stage)],
    (path, choice) => Network.load(path, choice),
  ),
  "network.save": method(
    () => ["/nowhere/at/all"],
    (network, path) => network.save(path),
  ),
  "network.learn": method(learned, (network, batch, options) => network.learn(batch, options)),
  "network.learn, trains": method(
    () => [
      {
        input: {
          trains: [
            { t: Float64Array.of(0, 1500), unit: Uint32Array.of(3, 4) },
            { t: new Float64Array(), unit: new Uint32Array() },
          ],
          steps: 2,
        },
        target: { classes: [0, 2] },
      },
    ],
    (network, batch) => network.learn(batch),
  ),
  "network.learn, counts": method(
    () => [
      { input: { counts: new Uint8Array(72), samples: 1, steps: 1 }, target: { values: [0, 1, 0], perStep: false } },
      {},
    ],
    (network, batch, options) => network.learn(batch, options),
  ),
  "network.run": method(
    () => [{ input: { events: [events()], steps: 6, sensor: sensor(), transform: transform() } }, { burnIn: 1 }],
    (network, batch, options) => network.run(batch, options),
  ),
  "network.fit": method(
    () => [
      dataset(),
      {
        epochs: 1,
        batchSize: 1,
        steps: 6,
        testSteps: 5,
        burnIn: 1,
        updateEvery: 2,
        seed: 4,
        transform: transform(),
        initialization: { type: "lsuv", samples: 2, tolerance: 0.5, iterations: 2 },
        resume: false,
      },
    ],
    (network, given, options) => network.fit(asDataset(given), options),
  ),
  "network.evaluate": method(
    () => [dataset(), { batchSize: 2, steps: 6, burnIn: 1, transform: transform() }],
    (network, given, options) => network.evaluate(asDataset(given), options),
  ),
  "network.predict": method(
    () => [
      [events(), { events: events() }].slice(0, 1),
      { batchSize: 1, steps: 6, burnIn: 1, sensor: sensor(), classes: ["a", "b", "c"] },
    ],
    (network, recordings, options) => network.predict(recordings, options),
  ),
  "network.setLearningRate": method(
    () => [0.5],
    (network, rate) => network.setLearningRate(rate),
  ),
  "network.stream": method(
    () => [{ sensor: sensor(), transform: transform(), start: 0, burnIn: 0, updateEvery: 2 }],
    (network, options) => network.stream(options),
  ),
  "stream.push": method(
    () => [events(), { target: 1, until: 6000 }],
    (network, piece, options) => network.stream().push(piece, options),
  ),
  "network.describe": method(
    () => [],
    (network) => network.describe(),
  ),
  "network.tensors": method(
    () => [],
    (network) => network.tensors(),
  ),
  "network.tensor": method(
    () => ["layers.0.bias"],
    (network, name) => network.tensor(name),
  ),
  "network.setTensor": method(
    () => ["layers.1.bias", new Float32Array(4)],
    (network, name, data) => network.setTensor(name, data),
  ),
  "network.rule": method(
    () => [1],
    (network, layer) => network.rule(layer),
  ),
  "network.checkRule": method(
    () => [1, { samples: 1, inputs: 2, neurons: 2, classes: 2, steps: 2, seed: 1 }],
    (network, layer, options) => network.checkRule(layer, options),
  ),
  "network.reset": method(
    () => [],
    (network) => network.reset(),
  ),
  "network.setEpoch": method(
    () => [1],
    (network, epoch) => network.setEpoch(epoch),
  ),
  "network.toBytes": {
    given: () => ["text", "more"],
    call: ([text = "" as never, more = "" as never], { network }) => {
      const before = { ...network.metadata };
      try {
        network.metadata["key"] = text;
        network.metadata["other"] = more;
        // It reads them at once, and answers later.
        return network.toBytes();
      } finally {
        for (const name of Object.keys(network.metadata)) delete network.metadata[name];
        Object.assign(network.metadata, before);
      }
    },
  },
  rule: plain(
    (stage) => [
      lif({ alpha: 0.9 }),
      [{ type: "smoothL1" }],
      {
        ...choose(stage),
        timeStep: 1000,
        regularizer: { upper: 1, lower: 1 },
        errorTrigger: { threshold: 1 },
        dropout: true,
        recurrent: false,
      },
    ],
    decolle.rule,
  ),
  checkRule: plain(
    (stage) => [
      decolle.ottt(),
      { type: "smoothL1" },
      { ...choose(stage), samples: 1, inputs: 2, neurons: 2, classes: 2, steps: 2, seed: 1, timeStep: 1000 },
    ],
    decolle.checkRule,
  ),
  neuron: plain(
    () => [neuron()],
    (given) => decolle.neuron(asNeuron(given) as never),
  ),
  cost: plain(
    () => ["own"],
    (name) => decolle.cost(({ readout }) => decolle.mean(readout), name),
  ),
  modulation: plain(() => [({ error }: decolle.ModulationContext) => error], decolle.modulation),
  select: traced(decolle.select, "readout", 1, 0),
  sum: traced(decolle.sum, "readout"),
  mean: traced(decolle.mean, "readout"),
  sampleMean: traced(decolle.sampleMean, "readout"),
  logSumExp: traced(decolle.logSumExp, "readout"),
  softmax: traced(decolle.softmax, "readout"),
  weighted: traced(decolle.weighted, "readout"),
  stopGradient: traced(decolle.stopGradient, "readout"),
  follow: traced(decolle.follow, "readout"),
  smoothL1Of: traced(decolle.smoothL1Of, "readout", "readout"),
  meanSquaredOf: traced(decolle.meanSquaredOf, "readout", "readout"),
  crossEntropyOf: traced(decolle.crossEntropyOf, "readout", "readout"),
  meanRate: traced(decolle.meanRate, "readout", { low: 0.1, high: 0.2 }),
  decayOf: plain(() => [1], decolle.decayOf),
  gainOf: plain(() => [1], decolle.gainOf),
  leak: traced(decolle.leak, "readout", 1),
  ms: plain(() => [20], decolle.ms),
  decay: plain(() => [0.9], decolle.decay),
  perNeuron: plain(() => [1], decolle.perNeuron),
  learned: plain(() => [1], decolle.learned),
  adaptive: plain(() => [{ membrane: 20, strength: 0.2 }], decolle.adaptive),
  decolle2018: plain(() => [{ alpha: 0.9 }], decolle.decolle2018),
  decolle2020: plain(() => [{ alpha: 0.9 }], decolle.decolle2020),
  eprop: plain(() => [{ threshold: 0.5 }], decolle.eprop),
  ottt: plain(() => [{ lambda: 0.5 }], decolle.ottt),
  sltt: plain(() => [{ lambda: 0.5 }], decolle.sltt),
  tess: plain(() => [{ gamma: 0.5 }], decolle.tess),
  squareWaves: plain(() => [2, 3, 50, 512], decolle.squareWaves),
  errorTriggered: plain(() => [1], decolle.errorTriggered),
  errorEventRate: plain(() => [[1, 2], 1], decolle.errorEventRate),
  ErrorTriggerController: plain(
    () => [{ threshold: 1, rate: 1, gain: 1, least: 0.1 }, 1],
    (control, rate) => new decolle.ErrorTriggerController(control).update(rate),
  ),
  Reservoir: plain(
    () => [{ bytes: 2048, timeStep: 1000, seed: 1 }, events(), 1],
    (options, recording, target) => {
      const reservoir = new decolle.Reservoir(options);
      reservoir.add(recording, target);
      return reservoir.draw();
    },
  ),
  "Reservoir.fromBytes": plain(
    () => [new decolle.Reservoir({ bytes: 2048 }).toBytes()],
    (bytes) => decolle.Reservoir.fromBytes(bytes),
  ),
  feedbackAlignment: {
    given: () => ["network", 4],
    call: ([own, seed], { network }) => decolle.feedbackAlignment((own === "network" ? network : own) as never, seed),
  },
  signConcordant: {
    given: () => ["network"],
    call: ([own], { network }) => decolle.signConcordant((own === "network" ? network : own) as never),
  },
  "datasets.synthetic": plain(
    (stage) => [{ ...choose(stage), seed: 1, width: 8, height: 8, duration: 2000, train: 1, test: 1 }],
    async (options) => (await decolle.datasets.synthetic(options)).train.sample(0),
  ),
  "datasets.fromArrays": plain(
    () => [[{ events: events(), label: 0 }], { name: "own", classes: ["a"], sensor: sensor(), duration: 6000 }],
    decolle.datasets.fromArrays,
  ),
  "datasets.fromArrays, trains": plain(
    () => [[{ events: { t: [0, 2], unit: [3, 4] }, label: 0 }], { name: "own", classes: ["a"], sensor: { units: 5 } }],
    (recordings, description) => decolle.datasets.fromArrays(recordings as decolle.OwnTrain[], description),
  ),
  "datasets.fromIterable": plain(
    () => [
      [{ events: events(), label: 0 }],
      { name: "own", classes: ["a"], sensor: sensor(), duration: 6000, limit: 2 },
    ],
    decolle.datasets.fromIterable,
  ),
  "datasets.folder": plain(
    (stage) => [stage.folder, { ...choose(stage), sensor: sensor(), duration: 6000, extension: ".bin" }],
    decolle.datasets.folder,
  ),
  "datasets.subset": plain(
    () => [dataset(), [1], "part"],
    (given, indices, name) => decolle.datasets.subset(asDataset(given), indices, name),
  ),
  "datasets.split": plain(
    (stage) => [dataset(), { train: 0.5, test: 0.5 }, { ...choose(stage), seed: 1, stratify: false }],
    (given, parts, options) => decolle.datasets.split(asDataset(given), parts, options),
  ),
  "datasets.transform": plain(
    (stage) => [
      dataset(),
      [
        { type: "denoise", filterTime: 3000 },
        { type: "timeSkew", coefficient: [0.5, 2], offset: 10 },
      ],
      { ...choose(stage), seed: 1 },
    ],
    async (given, list, options) => (await decolle.datasets.transform(asDataset(given), list, options)).sample(0),
  ),
  "events.transform": plain(
    (stage) => [
      { events: events(), sensor: sensor() },
      [
        { type: "centerCrop", width: 5, height: 4 },
        { type: "spatialJitter", varX: 1, varY: 2, sigmaXy: 0.5, outliers: "clip" },
      ],
      { ...choose(stage), seed: 1, epoch: 2, index: 3 },
    ],
    decolle.events.transform,
  ),
  "events.slice": plain(
    (stage) => [events(), { type: "byTime", window: 2000, overlap: 100, includeIncomplete: true }, choose(stage)],
    decolle.events.slice,
  ),
  "events.slice, labels": plain(
    (stage) => [events(), { type: "byLabel", labels: [{ label: "a", start: 0, end: 3000 }] }, choose(stage)],
    decolle.events.slice,
  ),
  "events.toSpikes": plain(
    (stage) => [
      { events: events(), sensor: sensor() },
      { ...choose(stage), timeStep: 1000, steps: 5, start: 0, transform: transform() },
    ],
    decolle.events.toSpikes,
  ),
  "datasets.open": plain((stage) => [{ kind: "synthetic" }, choose(stage)], decolle.datasets.open),
  "datasets.mnist": plain(
    (stage) => [stage.folder, { ...choose(stage), seed: 1, steps: 5, rate: 0.5 }],
    decolle.datasets.mnist,
  ),
  "datasets.mnistSaccades": plain(
    (stage) => [stage.folder, { ...choose(stage), seed: 1, duration: 9000 }],
    decolle.datasets.mnistSaccades,
  ),
  readHdf5: plain(({ folder }) => [folder], decolle.readHdf5),
  ...Object.fromEntries(
    (
      [
        "dvsgesture",
        "ncaltech101",
        "pokerdvs",
        "cifar10dvs",
        "asldvs",
        "slanimals",
        "shd",
        "ssc",
        "toniccache",
      ] as const
    ).map((name) => [
      `datasets.${name}`,
      plain(
        (stage) => [stage.folder, {}],
        (path, options) => decolle.datasets[name](path as string, options as never),
      ),
    ]),
  ),
  "datasets.nmnist": plain((stage) => [stage.folder, { ...choose(stage), decode: "lazy" }], decolle.datasets.nmnist),
  "events.read": plain(
    (stage) => [Uint8Array.of(1, 2, 0, 0, 9), { ...choose(stage), ...readings() }],
    async (source, options) => {
      const times: number[] = [];
      for await (const { t } of decolle.events.read(source, options)) times.push(...t);
      return times;
    },
  ),
  "events.load": plain(
    (stage) => [Uint8Array.of(1, 2, 0, 0, 9), { ...choose(stage), ...readings() }],
    decolle.events.load,
  ),
  "events.encode": plain((stage) => [events(), { ...choose(stage), ...writings() }], decolle.events.encode),
  "events.write": plain(
    (stage) => [[events()], { ...choose(stage), ...writings() }],
    async (blocks, options) => {
      const lengths: number[] = [];
      for await (const { length } of decolle.events.write(blocks, options)) lengths.push(length);
      return lengths;
    },
  ),
  "events.fromMicrophone": plain(
    (stage) => [
      { sampleRate: 8000, length: 400, numberOfChannels: 1, getChannelData: () => new Float32Array(400).fill(0.5) },
      { ...choose(stage), channels: 3, lowest: 100, highest: 3000, gain: 50, refractory: 1000 },
    ],
    async (sound, options) => {
      const times: number[] = [];
      for await (const { t } of await decolle.events.fromMicrophone(sound, options)) times.push(...t);
      return times;
    },
  ),
  "events.save": plain(
    (stage) => [`${stage.folder}/none/a.bin`, events(), { ...choose(stage), ...writings() }],
    decolle.events.save,
  ),
  syntheticStream: plain(
    (stage) => [1000, { ...choose(stage), seed: 1, width: 8, height: 8, duration: 2000 }],
    async (piece, options) => (await decolle.syntheticStream(piece, options).next()).value,
  ),
  poissonRegressionTask: plain(
    (stage) => [{ seed: 1, steps: 3, inputs: 4 }, choose(stage)],
    decolle.poissonRegressionTask,
  ),
  parseDatasetSpec: plain(() => ["nmnist:x"], decolle.parseDatasetSpec),
  preset: plain(() => ["synthetic"], decolle.preset),
  figure: plain(
    () => [
      [
        {
          title: "a",
          x: "b",
          y: "c",
          series: [{ name: "d", points: [[0, 1]], color: 1, dashed: true }],
          yRange: [0, 1],
        },
      ],
      { width: 100, height: 100 },
    ],
    decolle.figure,
  ),
  rasterFigure: plain(() => [recorded(), { ...looked(), title: "a", y: "b", called: "c" }], decolle.rasterFigure),
  traceFigure: plain(
    () => [recorded(), { ...looked(), title: "a", y: "b", names: ["c", "d"], called: "e", level: 0 }],
    decolle.traceFigure,
  ),
  kernelFigure: plain(
    () => [
      { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
      { input: [3, 1, 1], most: 2, channels: 1, title: "a", width: 100 },
    ],
    decolle.kernelFigure,
  ),
  dense: plain(() => [{ units: 3 }], dense),
  conv1d: plain(() => [{ channels: 3, kernel: 3 }], decolle.conv1d),
  conv2d: plain(() => [{ channels: 3, kernel: 3 }], conv2d),
  lif: plain(() => [{ alpha: 0.5 }], lif),
  boxcar: plain(() => [{ width: 1 }], decolle.boxcar),
  fastSigmoid: plain(() => [{ slope: 1 }], decolle.fastSigmoid),
  sigmoidDerivative: plain(() => [{ slope: 1 }], decolle.sigmoidDerivative),
  sgd: plain(() => [{ learningRate: 1 }], sgd),
  adam: plain(() => [{ learningRate: 1 }], decolle.adam),
  adaMax: plain(() => [{ learningRate: 1 }], decolle.adaMax),
  adaGrad: plain(() => [{ learningRate: 1 }], decolle.adaGrad),
  averaged: plain(() => [{ learningRate: 1 }], decolle.averaged),
  uniform: plain(() => [{ dense: 1 }], decolle.uniform),
  lsuv: plain(() => [{ samples: 1 }], decolle.lsuv),
  smoothL1: plain(() => [], decolle.smoothL1),
  meanSquared: plain(() => [], decolle.meanSquared),
  crossEntropy: plain(() => [], decolle.crossEntropy),
  probeBackends: plain(() => [], decolle.probeBackends),
};

/** What ends for sure only by rejecting: their errors never come at once. */
export const asynchronous: ReadonlySet<string> = new Set(
  Object.keys(calls)
    .filter((name) =>
      /create|^Network\.fromBytes|load|readHdf5|save|learn,|learn$|run$|fit$|evaluate$|push$|^rule|^checkRule|predict$|^datasets\.(?!fromArrays|subset)|feedbackAl|signConcordant|^network\.(describe|tensors|tensor|setTensor|rule|checkRule|reset|setEpoch|setLearningRate|toBytes)$|^events|Task$|probe|Stream$/.test(
        name,
      ),
    )
    .filter((name) => name !== "learned"),
);
