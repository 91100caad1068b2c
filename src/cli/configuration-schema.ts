/**
 * What a configuration file may hold, as schemas of valibot: for the check where one is read, and for the JSON schema that
 * editors complete by, which `build/typescript.mjs` makes of them.
 *
 * The network stands here in full for the editors alone. Where a file is read its network is taken as it is: the core checks it, and
 * says more of what is wrong than a schema can. A test holds the two together.
 */
import * as v from "valibot";
import { presets } from "../presets/index.js";
import { transform as storedTransform } from "../values/stored.js";

/** A schema with the sentence that editors show for it. */
function told<const Schema extends v.GenericSchema>(schema: Schema, text: string) {
  return v.pipe(schema, v.description(text));
}

/** A field that may be left out. */
function field<const Schema extends v.GenericSchema>(schema: Schema, text: string) {
  return v.exactOptional(told(schema, text));
}

const wholeFrom = (least: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(least));
const whole = (least: number, most: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(least), v.maxValue(most));
const from = (least: number, most: number) => v.pipe(v.number(), v.minValue(least), v.maxValue(most));
const above = (least: number, most: number) => v.pipe(v.number(), v.gtValue(least), v.maxValue(most));
const share = v.pipe(v.number(), v.minValue(0), v.ltValue(1));
/** Largest and smallest numbers of single precision. */
const largest = 3.4028234663852886e38;
const smallest = 1.1754943508222875e-38;

const surrogate = v.variant("type", [
  v.strictObject({ type: v.literal("boxcar"), width: field(above(0, 1e6), "Half width, ½ by default.") }),
  v.strictObject({ type: v.literal("fastSigmoid"), slope: field(above(0, 1e6), "Slope, 10 by default.") }),
  v.strictObject({ type: v.literal("sigmoid"), slope: field(above(0, 1e6), "Slope, 1 by default.") }),
]);

const decay = v.union([share, v.strictObject({ low: share, high: share })]);

const lif = v.strictObject({
  type: v.literal("lif"),
  alpha: field(decay, "Decay of the membrane trace P per step, or low and high to draw one for each; 0.97 by default."),
  beta: field(decay, "Decay of the synaptic trace Q per step; 0.92 by default."),
  gamma: field(decay, "Decay of the refractory trace R per step; 0.65 by default."),
  rho: field(from(0, 1e6), "Weight of refractoriness in the membrane potential, 1 by default."),
  surrogate: field(surrogate, "What stands in for the derivative of the threshold; the fast sigmoid by default."),
  trace: field(v.picklist(["previous", "current"]), "Whether P follows the Q of the step before or of the same step."),
  traceGain: field(v.picklist(["unit", "one", "reciprocal"]), "Gain of what enters a trace, unit by default."),
  refractory: field(
    v.picklist(["normalized", "additive", "decayed", "potential"]),
    "How R follows spikes, normalized by default.",
  ),
  spikeAtThreshold: field(v.boolean(), "Whether a potential of exactly 0 spikes; false by default."),
});

/** A neuron of the user's own, as `neuron()` makes it: its graph is checked in full where the network is made. */
const ownNeuron = v.looseObject({ type: v.literal("neuron"), name: v.string() });

/** A cost of the user's own, as `cost()` makes it. */
const ownCost = v.looseObject({ type: v.literal("cost"), name: v.string() });

const neuron = v.union([lif, ownNeuron]);

const cost = v.union([
  v.strictObject({ type: v.literal("smoothL1") }),
  v.strictObject({ type: v.literal("meanSquared") }),
  v.strictObject({ type: v.literal("crossEntropy") }),
  ownCost,
]);

const regularizer = v.nullable(
  v.strictObject({
    upper: field(from(0, largest), "Weight of the term against high activity, 0 by default."),
    lower: field(from(0, largest), "Weight of the term against low activity, 0 by default."),
    lowerActivity: field(v.picklist(["sigmoid", "potential"]), "What is held above 0.1 on average."),
    budget: field(
      v.nullable(
        v.strictObject({
          density: told(above(0, 1), "Spikes a neuron and step."),
          gain: field(v.pipe(v.number(), v.gtValue(0), v.ltValue(1)), "How fast the weight follows, 0.01 by default."),
        }),
      ),
      "Moves the weight of the term against high activity by the spikes that there are; null for none.",
    ),
  }),
);

const propagation = v.picklist(["auto", "events", "dense", "frequency"]);

const overrides = {
  neuron: field(neuron, "Neuron of this layer, if not the network's."),
  cost: field(cost, "Local cost of this layer, if not the network's."),
  regularizer: field(regularizer, "Regulariser of this layer, if not the network's; null for none."),
  readoutScale: field(from(0, 1e6), "Scale of the weights of this layer's readout, if not the network's."),
  propagation: field(propagation, "How spikes propagate through this layer, if not as in the network."),
};

/** The fields that convolutions along a line and over a plane share. */
function convolution<const Extent extends v.GenericSchema>(extent: (least: number) => Extent) {
  return {
    channels: told(whole(1, 65_536), "Output channels."),
    kernel: told(extent(1), "Size of the kernels."),
    padding: field(extent(0), "Zeros on each side of the input, 0 by default."),
    stride: field(extent(1), "From one patch of the input to the next, 1 by default."),
    groups: field(whole(1, 65_536), "Groups that channels fall into, 1 by default."),
    pool: field(extent(1), "Size of the pooling windows, 1 (no pooling) by default."),
    pooling: field(
      v.picklist(["max", "sum", "average"]),
      "What stands for the potentials of a window, max by default.",
    ),
    ...overrides,
  };
}

const along = (least: number) => whole(least, 255);
const overPlane = (least: number) => v.union([along(least), v.strictTuple([along(least), along(least)])]);

const layer = v.variant("type", [
  v.strictObject({
    type: v.literal("dense"),
    units: told(whole(1, 2 ** 20), "Neurons."),
    recurrent: field(v.boolean(), "Whether its own spikes of the step before are inputs, too; false by default."),
    ...overrides,
  }),
  v.strictObject({ type: v.literal("conv1d"), ...convolution(along) }),
  v.strictObject({ type: v.literal("conv2d"), ...convolution(overPlane) }),
]);

const learning = {
  learningRate: told(v.pipe(v.number(), v.minValue(0), v.ltValue(1e6)), "Learning rate η."),
  drop: field(
    v.nullable(
      v.strictObject({
        every: told(whole(1, 2 ** 32 - 1), "Epochs between drops."),
        factor: told(v.pipe(v.number(), v.minValue(1), v.ltValue(1e6)), "What the rate is divided by."),
      }),
    ),
    "Drops of the learning rate; null (default) for none.",
  ),
};
const epsilon = field(
  v.pipe(v.number(), v.minValue(smallest), v.ltValue(1)),
  "Keeps from dividing by 0; 1e-8 by default.",
);
const window = field(v.nullable(whole(1, 2 ** 32 - 1)), "Updates that the average reaches back over; null by default.");

const optimizer = v.variant("type", [
  v.strictObject({ type: v.literal("sgd"), ...learning, momentum: field(share, "Momentum, 0 by default.") }),
  v.strictObject({
    type: v.literal("adam"),
    ...learning,
    beta1: field(share, "Decay of the mean of the gradient, 0.9 by default."),
    beta2: field(share, "Decay of the mean of its square, 0.999 by default."),
    epsilon,
  }),
  v.strictObject({
    type: v.literal("adaMax"),
    ...learning,
    beta1: field(share, "Decay of the mean of the gradient, 0 by default."),
    beta2: field(share, "Decay of the greatest gradient, 0.95 by default."),
    epsilon,
  }),
  v.strictObject({
    type: v.literal("adaGrad"),
    ...learning,
    forgetting: field(share, "Share of the sum of squares that an update forgets, 0 by default."),
    epsilon,
    window,
  }),
  v.strictObject({
    type: v.literal("averaged"),
    ...learning,
    beta: field(share, "How near to the average gradients are taken, 0 by default."),
    window,
  }),
]);

const input = v.union([
  v.strictObject({
    channels: told(whole(1, 4096), "Channels, 2 for the polarities of an event camera."),
    height: told(whole(1, 8192), "Rows in pixels."),
    width: told(whole(1, 8192), "Columns in pixels."),
  }),
  v.strictObject({
    channels: told(whole(1, 4096), "Channels."),
    length: told(whole(1, 65_536), "Places along the line."),
  }),
  v.strictObject({ units: told(whole(1, 2 ** 24), "Inputs without a plane.") }),
]);

const readout = v.strictObject({
  units: told(whole(1, 65_536), "Classes, or dimensions of a regression."),
  scale: field(from(0, 1e6), "Scale of the weights, 0.5 by default."),
  bias: field(v.boolean(), "Whether there is a fixed bias; true by default."),
  dropout: field(share, "Probability that a spike is dropped on its way to the readout, 0 by default."),
  dropoutInEvaluation: field(v.boolean(), "Whether dropout stays on where nothing is learned; false by default."),
  feedback: field(
    v.picklist(["readout", "alignment"]),
    "Whether errors come back through the readout's weights (default) or through others, fixed.",
  ),
});

const initialization = v.strictObject({
  type: v.literal("uniform"),
  dense: field(from(0, 1e6), "Gain of dense layers, 0.05 by default."),
  conv: field(from(0, 1e6), "Gain of convolutions, 1 by default."),
  bias: field(from(0, 1e6), "Gain of the biases, 1 by default."),
});

const errorTrigger = v.nullable(
  v.strictObject({
    threshold: told(above(0, largest), "The error that counts as one event."),
    control: field(
      v.nullable(
        v.strictObject({
          rate: told(from(0, largest), "Events a neuron and step that there should be."),
          gain: field(above(0, largest), "How far the threshold moves for an event too many."),
          least: field(above(0, largest), "Least threshold, 1e-16 by default."),
        }),
      ),
      "Moves the threshold by the events that there are; null for none.",
    ),
  }),
);

/** A network: every field that its specification has, each of which a file may leave to the preset. */
export const networkSchema = v.strictObject({
  input: field(input, "What comes in: channels, height and width, or channels and length, or units."),
  timeStep: field(whole(1, 1e9), "Microseconds of a time step, 1000 by default."),
  layers: field(v.pipe(v.array(layer), v.minLength(1), v.maxLength(1000)), "Layers, from the input on."),
  readout: field(readout, "The fixed random readout behind every layer."),
  neuron: field(neuron, "Neuron of all layers that do not name their own."),
  cost: field(cost, "Local cost of all layers that do not name their own."),
  regularizer: field(regularizer, "Regulariser of all layers that do not name their own; null for none."),
  optimizer: field(optimizer, "Optimiser of all layers."),
  initialization: field(initialization, "How weights start."),
  propagation: field(
    propagation,
    "How spikes propagate through layers that do not say so themselves; auto by default.",
  ),
  errorTrigger: field(errorTrigger, "Learning only where the error is large; null (always) by default."),
  seed: field(wholeFrom(0), "Seed of everything random, 1 by default."),
});

const training = v.strictObject({
  epochs: field(wholeFrom(1), "Epochs; in a regression, presentations."),
  batchSize: field(wholeFrom(1), "Recordings per batch."),
  steps: field(wholeFrom(1), "Time steps per recording in training."),
  testSteps: field(wholeFrom(1), "Time steps per recording in evaluation."),
  burnIn: field(wholeFrom(0), "Steps at the start of each recording that neither learn nor vote."),
  updateEvery: field(wholeFrom(1), "Learning steps whose gradients are summed into one update."),
});

/** The fields of a configuration file whose network is checked by a schema. */
function fileOf<const Network extends v.GenericSchema>(network: Network) {
  return v.strictObject({
    $schema: field(v.string(), "Where this schema lies, for editors."),
    preset: field(v.picklist(Object.keys(presets)), "The preset that all else is laid over."),
    network: field(network, "Fields of the network, in place of the preset's."),
    training: field(training, "How it is trained, field by field in place of the preset's."),
    transform: field(storedTransform, "Cropping and downsampling of events, in place of the preset's as a whole."),
    initialization: field(v.picklist(["plain", "lsuv"]), "How weights start: as drawn, or scaled by LSUV."),
  });
}

/** A configuration file, its network no more than an object. */
export const fileSchema = fileOf(v.looseObject({}));

/** A configuration file in full, for editors. */
export const editorSchema = v.pipe(
  fileOf(networkSchema),
  v.title("Configuration of decolle"),
  v.description("What a network is made of and how it is trained, laid over a preset: --config FILE of decolle."),
);
