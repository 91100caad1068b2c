/** What a network cannot be created from. */
import { Network, type NetworkSpecification } from "../../src/index.js";
import { type Row, untyped } from "./scene.js";
import { specification } from "./victim.js";

/** Creates a network of the good specification with some fields replaced. */
const create = (change: object) => Network.create({ ...specification, ...change } as NetworkSpecification);

/** Creates a network of one layer. */
const layer = (change: object) => create({ layers: [{ type: "dense", units: 4, ...change }] });

/** Creates a network with another neuron. */
const neuron = (change: object) => create({ neuron: { type: "lif", ...change } });

/** An object in an object in an object. */
function nested(levels: number): object {
  let inner: object = {};
  for (let level = 0; level < levels; level++) inner = { inner };
  return inner;
}

/** Creates a network of one convolution over 2 channels of 6 × 7 pixels, or along a line of 7. */
const convolution = (change: object, type = "conv2d") =>
  create({
    input: type === "conv1d" ? { channels: 2, length: 7 } : { channels: 2, height: 6, width: 7 },
    layers: [{ type, channels: 4, kernel: 3, ...change }],
  });

/** Rows of kernels, strides, padding and groups. */
function kernels(): Row[] {
  const rows: [code: Row[0], says: string, change: object, type?: string][] = [
    ["range", "layers[0].stride: expected 1 to 255, found 0", { stride: 0 }],
    ["range", "layers[0].stride: expected 1 to 255, found 256", { stride: 256 }],
    ["range", "layers[0].stride[1]: expected 1 to 255, found 0", { stride: [1, 0] }],
    ["range", "layers[0].stride[0]: expected 1 to 255, found 900", { stride: [900, 1] }],
    ["range", "layers[0].stride: expected a whole number from 0, found 1.5", { stride: 1.5 }],
    ["range", "layers[0].stride[1]: expected a whole number from 0, found -1", { stride: [1, -1] }],
    ["range", "layers[0].kernel[0]: expected 1 to 255, found 0", { kernel: [0, 3] }],
    ["range", "layers[0].kernel: expected 1 to 255, found 0", { kernel: [0, 0] }],
    ["range", "layers[0].padding[1]: expected 0 to 255, found 256", { padding: [0, 256] }],
    ["range", "layers[0].kernel[1]: expected", { kernel: [1, 2 ** 40] }],
    ["config", "layers[0].kernel: expected a whole number from 0, or a list of two", { kernel: [3] }],
    ["config", "layers[0].kernel: expected a whole number from 0, or a list of two", { kernel: [3, 3, 3] }],
    ["config", 'layers[0].kernel[1]: expected a whole number from 0, found "3"', { kernel: [3, "3"] }],
    ["config", "vertical and horizontal, found null", { padding: null }],
    ["shape", "layers[0].kernel: expected at most the padded input of 6×7, found [7,3]", { kernel: [7, 3] }],
    [
      "shape",
      "layers[0].kernel: expected at most the padded input of 6×9, found [3,10]",
      { kernel: [3, 10], padding: [0, 1] },
    ],
    ["range", "layers[0].groups: expected 1 to 65536, found 0", { groups: 0 }],
    ["range", "layers[0].groups: expected 1 to 65536, found 65537", { groups: 65_537 }],
    ["config", "layers[0].groups: expected a whole number from 0, found an array", { groups: [1, 1] }],
    ["range", "layers[0].groups: expected a smaller whole number, found ", { groups: 1e30 }],
    ["shape", "layers[0].groups: expected a divisor of the 2 input channels, found 4", { groups: 4 }],
    ["shape", "layers[0].groups: expected a divisor of the 5 output channels, found 2", { groups: 2, channels: 5 }],
    ["config", "layers[0].dilation: unknown field `dilation`", { dilation: 2 }],
    ["config", "layers[0].kernel: expected a whole number from 0, found an array", { kernel: [1, 3] }, "conv1d"],
    ["range", "layers[0].stride: expected 1 to 255, found 0", { stride: 0 }, "conv1d"],
    [
      "shape",
      "layers[0].kernel: expected at most the padded input of 9, found 10",
      { kernel: 10, padding: 1 },
      "conv1d",
    ],
    ["shape", "layers[0].pool: expected at most the output plane of 5, found 6", { pool: 6 }, "conv1d"],
  ];
  const of = ([code, says, change, type]: (typeof rows)[number]): Row => {
    return [code, says, `${type ?? "conv2d"} of ${JSON.stringify(change)}`, () => convolution(change, type)];
  };
  return [
    ...rows.map(of),
    [
      "shape",
      "layers[0]: expected inputs along a line, found a plane of 6×7; use conv2d",
      "conv1d over a plane",
      () =>
        create({ input: { channels: 2, height: 6, width: 7 }, layers: [{ type: "conv1d", channels: 2, kernel: 3 }] }),
    ],
  ];
}

export const specifications: readonly Row[] = [
  ["config", "an object that describes a network", "a specification that is null", () => Network.create(untyped(null))],
  ["config", "specification", "a specification that is a list", () => Network.create(untyped([]))],
  ["config", "layer", "no layers field", () => create({ layers: undefined })],
  ["config", "colour", "an unknown field", () => create({ colour: "red" })],
  ["config", "layers[0]", "an unknown field of a layer", () => layer({ unit: 3 })],
  ["config", "conv3d", "an unknown type of layer", () => create({ layers: [{ type: "conv3d" }] })],
  ["config", "units", "a layer without its size", () => create({ layers: [{ type: "dense" }] })],
  ["config", "neuron", "an unknown field of a neuron", () => neuron({ delta: 1 })],
  ["config", "layers[0].units", "a size that is a text", () => layer({ units: "4" })],
  ["range", "layers[0].units", "a size with a fraction", () => layer({ units: 4.5 })],
  ["range", "layers[0].units", "a size below zero", () => layer({ units: -4 })],
  [
    "config",
    "channels, height and width, or channels and length, or units",
    "an input without a size",
    () => create({ input: {} }),
  ],
  [
    "config",
    "channels and length, or units",
    "an input with a length and a width",
    () => create({ input: { channels: 1, length: 5, width: 5 } }),
  ],
  [
    "range",
    "input.length: expected 1 to 65536, found 65537",
    "too long a line",
    () => create({ input: { channels: 1, length: 65_537 } }),
  ],
  [
    "config",
    "input.depth: unknown field `depth`",
    "an input with a size too many",
    () => create({ input: { units: 3, depth: 1 } }),
  ],
  [
    "range",
    "input.width",
    "an input too wide for 32 bits",
    () => create({ input: { channels: 1, height: 1, width: 2 ** 33 } }),
  ],
  [
    "range",
    "layers[0]: expected at most 67108863 inputs, found 4294967296",
    "inputs that 32 bits hold only without a layer's own spikes",
    () =>
      create({
        input: { channels: 4095, height: 1024, width: 1024 },
        layers: [{ type: "dense", units: 2 ** 20, recurrent: true }],
      }),
  ],
  ["range", "input.units", "an input too wide for float64", () => create({ input: { units: 1e300 } })],
  ["range", "layers[0].units", "a size too large for 32 bits", () => layer({ units: 2 ** 40 })],
  ["config", "readout: expected an object, found 7", "a readout that is a number", () => create({ readout: 7 })],
  ["config", "layers: expected an array, found an object", "layers that are an object", () => create({ layers: {} })],
  ["config", "expected a whole number from 0, found an array", "a size that is a list", () => layer({ units: [4] })],
  ["config", "seed: expected plain data, found the bigint 1", "a bigint", () => create({ seed: 1n })],
  [
    "config",
    "did you mean `learningRate`?",
    "an option of another style",
    () => create({ optimizer: { type: "sgd", learning_rate: 1 } }),
  ],
  [
    "range",
    "objects and arrays within one another",
    "a specification 5,000 levels deep",
    () => create({ cost: nested(5000) }),
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
    "optimizer.forgetting",
    "squares that are all forgotten",
    () => create({ optimizer: { type: "adaGrad", learningRate: 1, forgetting: 1 } }),
  ],
  [
    "range",
    "optimizer.beta",
    "averaged descent at the average itself",
    () => create({ optimizer: { type: "averaged", learningRate: 1, beta: 1 } }),
  ],
  [
    "range",
    "optimizer.window",
    "an average over nothing",
    () => create({ optimizer: { type: "averaged", learningRate: 1, window: 0 } }),
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
  [
    "range",
    "layers[0].regularizer.upper",
    "a budget over a price of 0, which no factor moves",
    () => layer({ regularizer: { upper: 0, lower: 0, budget: { density: 0.1 } } }),
  ],
  [
    "range",
    "regularizer.budget.density",
    "a budget of no spikes",
    () => create({ regularizer: { upper: 1, lower: 0, budget: { density: 0 } } }),
  ],
  [
    "range",
    "regularizer.budget.density",
    "a budget of more spikes than there can be",
    () => create({ regularizer: { upper: 1, lower: 0, budget: { density: 1.1 } } }),
  ],
  [
    "range",
    "regularizer.budget.gain",
    "a price that never moves",
    () => create({ regularizer: { upper: 1, lower: 0, budget: { density: 0.1, gain: 0 } } }),
  ],
  [
    "range",
    "regularizer.budget.gain",
    "a price that silence brings down to nothing",
    () => create({ regularizer: { upper: 1, lower: 0, budget: { density: 0.1, gain: 1 } } }),
  ],
  [
    "config",
    "regularizer.budget.density",
    "a budget of how many spikes it does not say",
    () => create({ regularizer: { upper: 1, lower: 0, budget: { gain: 0.1 } } }),
  ],
  [
    "config",
    "regularizer.budget.rate",
    "a budget by another name",
    () => create({ regularizer: { upper: 1, lower: 0, budget: { density: 0.1, rate: 0.1 } } }),
  ],
  ["range", "seed", "a seed that no number holds exactly", () => create({ seed: 2 ** 53 })],
  [
    "shape",
    "layers[0].kernel",
    "a kernel larger than its input",
    () => create({ layers: [{ type: "conv2d", channels: 2, kernel: 9 }] }),
  ],
  ...kernels(),
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

export const choices: readonly Row[] = [
  ["config", "backend", "an unknown backend", () => Network.create(specification, { backend: untyped("gpu") })],
  ["range", "threads", "no threads", () => Network.create(specification, { threads: 0 })],
  ["range", "threads", "half a thread", () => Network.create(specification, { threads: 1.5 })],
  [
    "config",
    "thread: unknown option of a backend; did you mean threads?",
    "an unknown option",
    () => Network.create(specification, untyped({ thread: 2 })),
  ],
  [
    "config",
    "options: expected an object",
    "a choice that is null",
    () => Network.create(specification, untyped(null)),
  ],
  ["config", "threads", "threads as a text", () => Network.create(specification, { threads: untyped("2") })],
];
