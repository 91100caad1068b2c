/** Graphs out of networks. */
import { unfit } from "../../errors.js";
import type { Network } from "../../network/network.js";
import type { LayerDescription } from "../../network/specification.js";
import type { Decay } from "../../neuron/lif.js";
import type { Neuron } from "../../neuron/neuron.js";
import type { NeuronGraph } from "../../plasticity/neuron.js";
import type { LayerSpecification } from "../../synapse/layer.js";
import type { NirField, NirGraph, NirNode } from "./graph.js";
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
  readonly field: (name: string) => Promise<NirField>;
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
  const field = async (name: string): Promise<NirField> => {
    const { shape, data } = await network.tensor(name);
    return { shape, data: Float64Array.from(data) };
  };
  const metadata = new Map<string, NirField>([["decolle", JSON.stringify(specification)]]);
  const names = new Set(await network.tensors());
  let [last, shape] = ["input", inputs as readonly number[]];
  for (const [index, layer] of specification.layers.entries()) {
    const about = layers[index] as LayerDescription;
    checkSynapses(layer, index);
    const source = { index, layer, about, seconds: specification.timeStep * 1e-6, field };
    const flat = layer.type === "dense" && shape.length > 1;
    if (flat) last = builder.chain(last, [[`layer${index}_flatten`, "Flatten", flattening(shape)]]);
    const inner = flat ? [volume(shape)] : shape;
    // A network's specification has all defaults filled in.
    const neuron = (layer.neuron ?? specification.neuron) as Neuron | NeuronGraph;
    const own = neuron.type === "lif" ? undefined : nirNeuronOf(neuron);
    if (own !== undefined) last = await ownLayer(builder, last, source, own);
    else last = await thresholdLayer(builder, last, source, inner, integratorsOf(neuron, index));
    shape = about.shape;
    for (const part of ["weight", "bias"]) {
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

function checkSynapses(layer: LayerSpecification, index: number): void {
  if (layer.type === "dense") return;
  const pool = [layer.pool ?? 1].flat();
  if (pool.every((side) => side === 1)) return;
  const found = `windows of ${pool}`;
  throw unfit("unsupported", `layers[${index}].pool`, "no pooling of potentials, which NIR has no node for", found);
}

/** The built-in neuron as leaky integrators and a threshold. */
interface Integrators extends Record<"alpha" | "beta" | "gamma" | "rho", number> {
  /** Whether P takes in the Q of the step before. */
  readonly isDelayed: boolean;
}

function integratorsOf(neuron: Neuron | NeuronGraph, index: number): Integrators {
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
  const number = (name: string, value: Decay | undefined) => {
    if (typeof value !== "number") throw refuse(name, "one number for the layer", "a range");
    return value;
  };
  const decays = { alpha: number("alpha", alpha), beta: number("beta", beta), gamma: number("gamma", gamma) };
  return { ...decays, rho, isDelayed: trace !== "current" };
}

/** A field, every number of it divided. */
function over(field: NirField, divisor: number): NirField {
  return typeof field === "string" ? field : { shape: field.shape, data: field.data.map((value) => value / divisor) };
}

/** Weights as a node, without the gain that is in them here. */
async function weights(source: Source, gain = 1): Promise<readonly [string, string, Record<string, NirField>]> {
  const { index, layer, about, field } = source;
  const fields = {
    weight: over(await field(`layers.${index}.weight`), gain),
    bias: over(await field(`layers.${index}.bias`), gain),
  };
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

/** A leaky integrator of unit gain that keeps so much of its value in a step. */
function leaky(shape: readonly number[], decay: number, seconds: number): Record<string, NirField> {
  return { tau: filled(shape, seconds / (1 - decay)), r: filled(shape, 1), v_leak: filled(shape, 0) };
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
  const traces = (shape: readonly number[], prefix: string) =>
    [
      ...(isDelayed ? [[name(`${prefix}delay`), "Delay", { delay: filled(shape, seconds) }] as const] : []),
      [name(`${prefix}synapse`), "LI", leaky(shape, beta, seconds)],
      [name(`${prefix}membrane`), "LI", leaky(shape, alpha, seconds)],
    ] as const;
  const neurons = name("neurons");
  const { shape } = about;
  builder.chain(from, [
    ...traces(inner, ""),
    await weights(source),
    [neurons, "Threshold", { threshold: filled(shape, 0) }],
  ]);
  const strength = builder.chain(neurons, [
    [name("refractory"), "LI", leaky(shape, gamma, seconds)],
    [name("strength"), "Scale", { scale: filled(shape, -rho) }],
  ]);
  builder.edges.push([strength, neurons]);
  if (layer.type === "dense" && layer.recurrent) {
    const weight = await field(`layers.${index}.recurrentWeight`);
    const own = builder.chain(neurons, [...traces(shape, "own_"), [name("own_weights"), "Linear", { weight }]]);
    builder.edges.push([own, neurons]);
  }
  return neurons;
}

/**
 * A neuron of NIR. Of a CubaLIF all gains are 1, so that weights stay what they are; r of a LIF has to be 1, since there are
 * simulators that take it for that.
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
  const { shape } = about;
  const step = 1 - membrane;
  const common = { v_threshold: filled(shape, threshold), v_reset: filled(shape, resetTo) };
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
  const within = type === "LIF" ? step : 1;
  builder.chain(from, [await weights(source, within), [neurons, type, fields[type]()]]);
  if (layer.type === "dense" && layer.recurrent) {
    const weight = over(await field(`layers.${index}.recurrentWeight`), within);
    const own = builder.chain(neurons, [[`layer${index}_own_weights`, "Linear", { weight }]]);
    builder.edges.push([own, neurons]);
  }
  return neurons;
}
