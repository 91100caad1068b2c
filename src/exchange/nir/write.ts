/** Graphs out of networks. */
import { unfit } from "../../errors.js";
import type { Network } from "../../network/network.js";
import type { LayerDescription } from "../../network/specification.js";
import type { Decay } from "../../neuron/lif.js";
import type { Neuron } from "../../neuron/neuron.js";
import type { NeuronGraph } from "../../plasticity/neuron.js";
import type { Pooling } from "../../synapse/conv2d.js";
import type { LayerSpecification } from "../../synapse/layer.js";
import type { NirField, NirGraph, NirNode, NirNumbers } from "./graph.js";
import { type NirNeuron, nirNeuronOf } from "./neuron.js";

/** A graph in the making: nodes are put behind one another. */
class Builder {
  readonly nodes = new Map<string, NirNode>();
  readonly edges: Array<[string, string]> = [];

  /** Puts nodes one behind the other, from a node that is there on, and gives the name of the last. */
  chain(
    from: string,
    nodes: ReadonlyArray<readonly [name: string, type: string, fields: Record<string, NirField>]>,
  ): string {
    let before = from;
    for (const [name, type, fields] of nodes) {
      this.nodes.set(name, { type, fields: new Map(Object.entries(fields)) });
      this.edges.push([before, name]);
      before = name;
    }
    return before;
  }
}

const scalar = (value: number): NirField => ({ shape: [], data: Float64Array.of(value) });
const list = (values: readonly number[]): NirField => ({ shape: [values.length], data: Float64Array.from(values) });
const volume = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1);
const filled = (shape: readonly number[], value: number): NirField => ({
  shape,
  data: new Float64Array(volume(shape)).fill(value),
});

/** A layer with all that its nodes are made of. */
interface Source {
  readonly index: number;
  readonly layer: LayerSpecification;
  readonly about: LayerDescription;
  /** A time step in seconds. */
  readonly seconds: number;
  readonly field: (name: string) => Promise<NirNumbers>;
}

/**
 * The graph of a network.
 *
 * @param network - The network.
 * @returns The graph; its metadata holds the specification in JSON, as `decolle`, and the readouts.
 * @throws {@link DecolleError} As `exchange.toNir`.
 */
export async function graphOf(network: Network): Promise<NirGraph> {
  const { specification, layers } = await network.describe();
  const builder = new Builder();
  const [first] = layers;
  const inputs = Array.from(first?.inputShape ?? []);
  builder.nodes.set("input", { type: "Input", fields: new Map([["shape", list(inputs)]]) });
  const field = async (name: string): Promise<NirNumbers> => {
    const { shape, data } = await network.tensor(name);
    return { shape, data: Float64Array.from(data) };
  };
  const metadata = new Map<string, NirField>([["decolle", JSON.stringify(specification)]]);
  const names = new Set(await network.tensors());
  let [last, shape] = ["input", inputs as readonly number[]];
  for (const [index, layer] of specification.layers.entries()) {
    const about = layers[index] as LayerDescription;
    const source = { index, layer, about, seconds: specification.timeStep * 1e-6, field };
    const flat = layer.type === "dense" && shape.length > 1;
    if (flat) last = builder.chain(last, [[`layer${index}_flatten`, "Flatten", flattening(shape)]]);
    const inner = flat ? [volume(shape)] : shape;
    // A network's specification has all defaults filled in.
    const neuron = (layer.neuron ?? specification.neuron) as Neuron | NeuronGraph;
    const own = neuron.type === "lif" ? undefined : nirNeuronOf(neuron);
    if (own !== undefined) last = await ownLayer(builder, last, source, own);
    else last = await thresholdLayer(builder, last, source, inner, await integratorsOf(neuron, source));
    shape = about.pooledShape;
    for (const part of ["weight", "bias", "feedback"]) {
      const name = `readouts.${index}.${part}`;
      if (names.has(name)) metadata.set(name, await field(name));
    }
  }
  builder.chain(last, [["output", "Output", { shape: list(shape as number[]) }]]);
  return { nodes: builder.nodes, edges: builder.edges, metadata };
}

function flattening(shape: readonly number[]): Record<string, NirField> {
  return { start_dim: scalar(0), end_dim: scalar(-1), input_type: list(shape as number[]) };
}

/** How the units of a layer are pooled. */
interface Windows {
  readonly sides: readonly number[];
  readonly pooling: Pooling;
}

/** The pooling of a layer; undefined where its windows are of one neuron. */
function windowsOf(layer: LayerSpecification): Windows | undefined {
  if (layer.type === "dense") return undefined;
  const given = [layer.pool ?? 1].flat();
  const sides = layer.type === "conv1d" || given.length === 2 ? given : [...given, ...given];
  return sides.every((side) => side === 1) ? undefined : { sides, pooling: layer.pooling ?? "max" };
}

/**
 * Windows and the threshold behind them. Of the greatest potential the spike is that of any neuron of the window, so that spikes are
 * added up and one is enough; else potentials are. NIR has no pooling along a line, which is a convolution of each channel by itself.
 */
function pooled(builder: Builder, from: string, { index, about }: Source, { sides, pooling }: Windows): string {
  const name = `layer${index}_pool`;
  const [channels = 0] = about.shape;
  const plane = (): Record<string, NirField> => ({
    kernel_size: list(sides),
    stride: list(sides),
    padding: list([0, 0]),
  });
  const line = (): Record<string, NirField> => ({
    weight: ownChannels(channels, volume(sides), pooling === "average" ? 1 / volume(sides) : 1, index),
    bias: filled([channels], 0),
    stride: list(sides),
    padding: list([0]),
    dilation: list([1]),
    groups: scalar(1),
    input_shape: scalar(about.shape[1] ?? 0),
  });
  const window =
    sides.length === 1
      ? ([name, "Conv1d", line()] as const)
      : ([name, pooling === "average" ? "AvgPool2d" : "SumPool2d", plane()] as const);
  const threshold = filled(about.pooledShape, pooling === "max" ? 0.5 : 0);
  return builder.chain(from, [window, [`layer${index}_pooled`, "Threshold", { threshold }]]);
}

/** Most numbers of the weights that stand for windows along a line. */
const mostWeights = 2 ** 22;

/** Weights from each channel to itself: the package nir takes no convolution in groups. */
function ownChannels(channels: number, side: number, weight: number, index: number): NirField {
  const shape = [channels, channels, side];
  if (volume(shape) > mostWeights) {
    const most = Math.floor(Math.sqrt(mostWeights / side));
    throw unfit(
      "unsupported",
      `layers[${index}].pool`,
      `at most ${most} channels behind pooling along a line`,
      `${channels}`,
    );
  }
  const data = new Float64Array(volume(shape));
  for (let channel = 0; channel < channels; channel++) {
    data.fill(weight, channel * (channels + 1) * side, channel * (channels + 1) * side + side);
  }
  return { shape, data };
}

/** A decay factor: one, or one for each input or neuron. */
type Decays = number | Float64Array;

/** The built-in neuron as leaky integrators and a threshold. */
interface Integrators extends Record<"alpha" | "beta" | "gamma", Decays> {
  readonly rho: number;
  /** Whether P takes in the Q of the step before. */
  readonly isDelayed: boolean;
}

async function integratorsOf(neuron: Neuron | NeuronGraph, { index, field }: Source): Promise<Integrators> {
  const path = `layers[${index}].neuron`;
  if (neuron.type !== "lif") {
    throw unfit("unsupported", path, "lif, or a neuron of NIR: LIF, CubaLIF, IF", neuron.name);
  }
  const { alpha, beta, gamma, rho = 1, trace, refractory, traceGain, spikeAtThreshold } = neuron;
  const refuse = (field: string, expected: string, found: unknown) =>
    unfit("unsupported", `${path}.${field}`, expected, `${found}`);
  if (traceGain !== "unit") throw refuse("traceGain", "unit", traceGain);
  if (spikeAtThreshold === true) throw refuse("spikeAtThreshold", "false, as NIR has it", true);
  if (refractory !== "normalized") throw refuse("refractory", "normalized", refractory);
  // Where they were drawn, a tensor has them.
  const decays = async (name: string, value: Decay | undefined): Promise<Decays> =>
    typeof value === "number" ? value : (await field(`layers.${index}.${name}`)).data;
  return {
    alpha: await decays("alpha", alpha),
    beta: await decays("beta", beta),
    gamma: await decays("gamma", gamma),
    rho,
    isDelayed: trace !== "current",
  };
}

/** Weights as a node. */
async function weights(source: Source): Promise<readonly [string, string, Record<string, NirField>]> {
  const { index, layer, about, field } = source;
  const fields = { weight: await field(`layers.${index}.weight`), bias: await field(`layers.${index}.bias`) };
  const name = `layer${index}_weights`;
  if (layer.type === "dense") return [name, "Affine", fields];
  const axes = layer.type === "conv1d" ? 1 : 2;
  const pair = (value: number | readonly number[] | undefined, otherwise: number): NirField => {
    const given = [value ?? otherwise].flat();
    return list(given.length === axes ? given : Array<number>(axes).fill(given[0] ?? otherwise));
  };
  const shape = about.inputShape.slice(1);
  return [
    name,
    axes === 1 ? "Conv1d" : "Conv2d",
    {
      ...fields,
      stride: pair(layer.stride, 1),
      padding: pair(layer.padding, 0),
      dilation: pair(1, 1),
      groups: scalar(layer.groups ?? 1),
      input_shape: axes === 1 ? scalar(shape[0] ?? 0) : list(shape),
    },
  ];
}

/** Leaky integrators of unit gain that keep so much of their values in a step. */
function leaky(shape: readonly number[], decay: Decays, seconds: number): Record<string, NirField> {
  const tau =
    typeof decay === "number"
      ? filled(shape, seconds / (1 - decay))
      : { shape, data: decay.map((value) => seconds / (1 - value)) };
  return { tau, r: filled(shape, 1), v_leak: filled(shape, 0) };
}

/** The built-in neuron: leaky integrators before the weights, a threshold, and one that its spikes go through. */
async function thresholdLayer(
  builder: Builder,
  from: string,
  source: Source,
  inner: readonly number[],
  neuron: Integrators,
): Promise<string> {
  const { index, layer, about, seconds, field } = source;
  const { alpha, beta, gamma, rho, isDelayed } = neuron;
  const name = (part: string) => `layer${index}_${part}`;
  // The inputs from below come first, a layer's own spikes behind them.
  const below = volume(inner);
  const traces = (shape: readonly number[], prefix: string, first: number) => {
    const some = (decay: Decays) => (typeof decay === "number" ? decay : decay.slice(first, first + volume(shape)));
    return [
      ...(isDelayed ? [[name(`${prefix}delay`), "Delay", { delay: filled(shape, seconds) }] as const] : []),
      [name(`${prefix}synapse`), "LI", leaky(shape, some(beta), seconds)],
      [name(`${prefix}membrane`), "LI", leaky(shape, some(alpha), seconds)],
    ] as const;
  };
  const neurons = name("neurons");
  const { shape } = about;
  const windows = windowsOf(layer);
  // Potentials that go two ways have a node of their own, so that what arrives there, R included, arrives at both.
  const isShared = windows !== undefined && windows.pooling !== "max";
  const potential = isShared ? name("potential") : neurons;
  builder.chain(from, [
    ...traces(inner, "", 0),
    await weights(source),
    ...(isShared ? [[potential, "Scale", { scale: filled(shape, 1) }] as const] : []),
    [neurons, "Threshold", { threshold: filled(shape, 0) }],
  ]);
  const strength = builder.chain(neurons, [
    [name("refractory"), "LI", leaky(shape, gamma, seconds)],
    [name("strength"), "Scale", { scale: filled(shape, -rho) }],
  ]);
  builder.edges.push([strength, potential]);
  if (layer.type === "dense" && layer.recurrent) {
    const weight = await field(`layers.${index}.recurrentWeight`);
    const own = builder.chain(neurons, [...traces(shape, "own_", below), [name("own_weights"), "Linear", { weight }]]);
    builder.edges.push([own, neurons]);
  }
  return windows === undefined ? neurons : pooled(builder, isShared ? potential : neurons, source, windows);
}

/**
 * A neuron of NIR, in such units that weights stay what they are. Of a CubaLIF all gains are 1. r of a LIF has to be 1, since there
 * are simulators that take it for that, so its potential is measured in Δt/τ.
 */
async function ownLayer(builder: Builder, from: string, source: Source, neuron: NirNeuron): Promise<string> {
  const { index, layer, about, seconds, field } = source;
  const path = `layers[${index}].neuron`;
  const { type, membrane, synapse, threshold, reset, resetTo, gain } = neuron;
  if (reset === "subtract") {
    throw unfit(
      "unsupported",
      path,
      "a potential that is set to a value by a spike, as NIR has it",
      "a reset by subtraction",
    );
  }
  const windows = windowsOf(layer);
  if (windows !== undefined && windows.pooling !== "max") {
    const wanted = `max, since no ${type} of NIR gives its potential away`;
    throw unfit("unsupported", `layers[${index}].pooling`, wanted, windows.pooling);
  }
  const { shape } = about;
  const step = 1 - membrane;
  const unit = type === "LIF" ? step : 1;
  const common = { v_threshold: filled(shape, threshold * unit), v_reset: filled(shape, resetTo * unit) };
  const fields: Record<NirNeuron["type"], () => Record<string, NirField>> = {
    LIF: () => ({ tau: filled(shape, seconds / step), r: filled(shape, 1), v_leak: filled(shape, 0), ...common }),
    CubaLIF: () => ({
      tau_mem: filled(shape, seconds / step),
      tau_syn: filled(shape, seconds / (1 - synapse)),
      r: filled(shape, 1 / step),
      w_in: filled(shape, 1 / (1 - synapse)),
      v_leak: filled(shape, gain / step),
      ...common,
    }),
    IF: () => ({ r: filled(shape, 1), ...common }),
  };
  const neurons = `layer${index}_neurons`;
  builder.chain(from, [await weights(source), [neurons, type, fields[type]()]]);
  if (layer.type === "dense" && layer.recurrent) {
    const weight = await field(`layers.${index}.recurrentWeight`);
    const own = builder.chain(neurons, [[`layer${index}_own_weights`, "Linear", { weight }]]);
    builder.edges.push([own, neurons]);
  }
  return windows === undefined ? neurons : pooled(builder, neurons, source, windows);
}
