/** Networks out of graphs. */
import type { BackendChoice } from "../../backend/select.js";
import { unfit } from "../../errors.js";
import type { Network } from "../../network/network.js";
import type { NetworkSpecification } from "../../network/specification.js";
import { type Decay, type Lif, lif } from "../../neuron/lif.js";
import type { Neuron } from "../../neuron/neuron.js";
import { finiteNumber } from "../../numbers.js";
import type { NeuronGraph } from "../../plasticity/neuron.js";
import type { LayerSpecification } from "../../synapse/layer.js";
import { isObject } from "../../values/brands.js";
import { found } from "../../values/found.js";
import { type Fields, readOptions } from "../../values/options.js";
import type { NirGraph, Place } from "./graph.js";
import { type GraphLayer, layersOf } from "./layers.js";
import { type Synapses, synapsesOf } from "./linear.js";
import { type NirNeuron, type NirReset, nirNeuron, nirNeuronOf } from "./neuron.js";
import { pooledLayer } from "./pool.js";
import { Stored } from "./stored.js";

/** How a graph, which is in continuous time, becomes a network in time steps, and what it does not say. */
export interface NirOptions {
  /**
   * Length of a time step in whole microseconds, at most the least time constant of the graph; by default that of the network
   * that `toNir` wrote, 1000 for other graphs.
   */
  readonly timeStep?: number;
  /**
   * What becomes of a potential that spikes: NIR has it that it is set to `v_reset` (`value`, default), but graphs of simulators
   * that take the threshold from it do not say so (`subtract`).
   */
  readonly reset?: NirReset;
  /**
   * What else is specified: readout, cost, optimiser, seed. By default what `toNir` stored in the metadata; for other graphs a
   * readout of as many units as the graph has outputs. With a `readout` here, readouts are drawn anew.
   */
  readonly network?: Partial<Omit<NetworkSpecification, "input" | "layers" | "neuron" | "timeStep">>;
  /**
   * Whether readouts, settings and the exact numbers of neurons are taken from the metadata where `toNir` stored them (`use`,
   * default), or left alone (`ignore`), as for a graph that has been changed since so that they do not fit.
   */
  readonly metadata?: "use" | "ignore";
}

const optionFields: Fields<NirOptions> = { timeStep: "number", reset: "value", network: "value", metadata: "value" };

const volume = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1);

/** A layer as it is built. */
interface Built {
  readonly synapses: Synapses;
  readonly neuron: NeuronGraph | Neuron;
  readonly recurrent: Float64Array | undefined;
  /** Decay factors of their own for inputs or neurons, by the names of tensors. */
  readonly decays: ReadonlyArray<readonly [name: string, values: Float64Array]>;
}

/** A layer with its pooling. */
interface BuiltLayer extends Built {
  readonly layer: LayerSpecification;
  /** Shape of its units, after pooling. */
  readonly shape: readonly number[];
}

/**
 * Builds the network of a graph.
 *
 * @param create - Makes a network.
 * @param graph - The graph.
 * @param options - Time step, reset, what else is specified.
 * @param choice - Backend and threads.
 * @returns The network.
 * @throws {@link DecolleError} As `exchange.fromNir`.
 */
export async function networkFromGraph<Made extends Network>(
  create: (specification: NetworkSpecification, choice?: BackendChoice) => Promise<Made>,
  graph: NirGraph,
  options: NirOptions = {},
  choice: BackendChoice = {},
): Promise<Made> {
  const given = readOptions(options, optionFields, "fromNir");
  const { reset = "value", network: more = {}, metadata = "use" } = given;
  if (reset !== "value" && reset !== "subtract") throw unfit("config", "reset", "value or subtract", `${reset}`);
  if (metadata !== "use" && metadata !== "ignore") throw unfit("config", "metadata", "use or ignore", `${metadata}`);
  if (!isObject(more)) throw unfit("config", "network", "settings of a network", found(more));
  const { input, layers } = layersOf(graph);
  const stored = metadata === "use" ? Stored.of(graph, layers.length) : undefined;
  const timeStep = given.timeStep ?? stored?.timeStep ?? 1000;
  const seconds = finiteNumber(timeStep, 1, "timeStep") * 1e-6;
  let shape = input;
  const built = layers.map((layer, index) => {
    const one = builtLayer(layer, shape, seconds, reset, stored?.neuron(index));
    shape = one.shape;
    return one;
  });
  const [channels = 1, height, width] = input;
  const specification: NetworkSpecification = {
    readout: { units: volume(shape) },
    ...stored?.network,
    ...more,
    timeStep,
    input:
      height === undefined
        ? { units: channels }
        : width === undefined
          ? { channels, length: height }
          : { channels, height, width },
    layers: built.map(({ layer, neuron, recurrent }, index) => ({
      ...stored?.layer(index),
      ...layer,
      ...(recurrent !== undefined && { recurrent: true }),
      ...((neuron !== stored?.neuron(index) || !stored.sharesNeuron(index)) && { neuron }),
    })) as NetworkSpecification["layers"],
  };
  const network = await create(specification, choice);
  try {
    for (const [index, { synapses, recurrent, decays }] of built.entries()) {
      await network.setTensor(`layers.${index}.weight`, Float32Array.from(synapses.weight));
      await network.setTensor(`layers.${index}.bias`, Float32Array.from(synapses.bias));
      if (recurrent !== undefined) {
        await network.setTensor(`layers.${index}.recurrentWeight`, Float32Array.from(recurrent));
      }
      for (const [name, values] of decays) {
        await network.setTensor(`layers.${index}.${name}`, Float32Array.from(values));
      }
      if (stored !== undefined && more.readout === undefined) await setReadouts(network, stored, index);
    }
    return network;
  } catch (error) {
    network.dispose();
    throw error;
  }
}

/** Gives a layer the readout that was stored. */
async function setReadouts(network: Network, stored: Stored, index: number): Promise<void> {
  for (const [name, { shape, data }] of stored.readouts(index)) {
    const { shape: wanted } = await network.tensor(name);
    if (`${shape}` !== `${wanted}`) throw unfit("format", `metadata.${name}`, `shape [${wanted}]`, `[${shape}]`);
    const wrong = data.findIndex((value) => !Number.isFinite(Math.fround(value)));
    if (wrong >= 0) throw unfit("format", `metadata.${name}[${wrong}]`, "a finite number", `${data[wrong]}`);
    await network.setTensor(name, Float32Array.from(data));
  }
}

/** What is done to the weights of a layer. */
interface Gains {
  /** What the weights and biases of each neuron are multiplied by. */
  readonly gain: Float64Array;
  /** What is then added to the bias of each neuron. */
  readonly offset: Float64Array;
}

type AnyNeuron = Neuron | NeuronGraph;

function builtLayer(
  layer: GraphLayer,
  from: readonly number[],
  seconds: number,
  reset: NirReset,
  stored: AnyNeuron | undefined,
): BuiltLayer {
  const built = neuronLayer(layer, from, seconds, reset, stored);
  const { layer: own, shape } = built.synapses;
  return { ...built, ...(layer.pool === undefined ? { layer: own, shape } : pooledLayer(layer.pool, own, shape)) };
}

function neuronLayer(
  layer: GraphLayer,
  from: readonly number[],
  seconds: number,
  reset: NirReset,
  stored: AnyNeuron | undefined,
): Built {
  const { neurons, below, back } = layer;
  const field = neurons.type === "Threshold" ? "threshold" : "v_threshold";
  const units = neurons.tensor(field).data.length;
  if (neurons.type === "Threshold") return thresholdLayer(layer, from, seconds, units, stored);
  const synapses = synapsesOf(below, from, neurons, units);
  const { neuron, gains } =
    likeStored(neurons, units, seconds, reset, stored) ?? neuronOf(neurons, units, seconds, reset, 1);
  const own = recurrentOf(neurons, back, units, synapses);
  return { neuron, decays: [], ...scaled(neurons, { ...synapses, bias: own.bias }, own.weight, gains) };
}

/** Weights and biases with the gains of the neurons they lead to. */
function scaled(node: Place, synapses: Synapses, own: Float64Array | undefined, { gain, offset }: Gains) {
  const { weight, bias } = synapses;
  const neurons = gain.length / bias.length;
  const of = (all: Float64Array, channel: number) => {
    const [first = 0, ...others] = all.subarray(channel * neurons, (channel + 1) * neurons);
    if (others.some((value) => value !== first)) {
      throw node.fault("r", "one number for all neurons of a channel, and one v_leak and v_threshold", "several");
    }
    return first;
  };
  const row = weight.length / bias.length;
  const inputs = own === undefined ? 0 : own.length / bias.length;
  const gains = Float64Array.from(bias, (_, channel) => of(gain, channel));
  const by = (length: number) => (value: number, place: number) =>
    value * (gains[Math.floor(place / length)] as number);
  return {
    synapses: {
      ...synapses,
      weight: weight.map(by(row)),
      bias: bias.map((value, channel) => value * (gains[channel] as number) + of(offset, channel)),
    },
    recurrent: own?.map(by(inputs)),
  };
}

/** Weights of the way back to the neurons themselves, and the bias with what that way adds to it. */
function recurrentOf(node: Place, back: GraphLayer["back"], units: number, { layer, bias }: Synapses) {
  const [chain, second] = back;
  if (chain === undefined) return { weight: undefined, bias };
  if (second !== undefined) throw node.fault("edges", "one way back to itself", `${back.length}`);
  if (layer.type !== "dense") throw node.fault("edges", "no way back to itself in a convolution", "one");
  const own = synapsesOf(chain, [units], node, units);
  if (own.layer.type !== "dense")
    throw node.fault("edges", "Affine or Linear on the way back to itself", own.layer.type);
  return { weight: own.weight, bias: bias.map((value, unit) => value + (own.bias[unit] as number)) };
}

/** Δt/τ, the part of the way that a state goes in a step; one for all neurons. */
function rate(node: Place, field: string, units: number, seconds: number): number {
  return partOf(node, field, node.one(field, units), seconds);
}

function partOf(node: Place, field: string, tau: number, seconds: number): number {
  const part = seconds / tau;
  // Files hold time constants in float32.
  if (part > 0 && part <= 1 + 1e-6) return Math.min(1, part);
  throw node.fault(field, `seconds, at least the time step of ${seconds}`, `${tau}`);
}

/** How far numbers of a graph may be from those that were stored with it and still be the same, relative to these. */
const rounding = 1e-6;

const isNear = (value: number, stored: number) => Math.abs(value - stored) <= rounding * Math.max(1, Math.abs(stored));

interface Neurons {
  readonly neuron: NeuronGraph;
  readonly gains: Gains;
}

/** The stored neuron, where it is that of the graph but for rounding and the unit of its potential; else undefined. */
function likeStored(
  node: Place,
  units: number,
  seconds: number,
  reset: NirReset,
  stored: AnyNeuron | undefined,
): Neurons | undefined {
  const like = stored?.type === "neuron" ? nirNeuronOf(stored) : undefined;
  if (like === undefined || like.type !== node.type) return undefined;
  const [threshold = 0] = node.each("v_threshold", units);
  const unit = like.threshold > 0 && threshold > 0 ? threshold / like.threshold : 1;
  const { constants, gains } = constantsOf(node, units, seconds, reset, unit);
  const names = ["membrane", "synapse", "threshold", "resetTo", "gain"] as const;
  const isSame = constants.reset === like.reset && names.every((name) => isNear(constants[name], like[name]));
  return isSame ? { neuron: stored as NeuronGraph, gains } : undefined;
}

function neuronOf(node: Place, units: number, seconds: number, reset: NirReset, unit: number): Neurons {
  const { constants, gains } = constantsOf(node, units, seconds, reset, unit);
  return { neuron: nirNeuron(constants), gains };
}

/** The neuron of a node, its potential in a unit, and what of it is in the weights. */
function constantsOf(
  node: Place,
  units: number,
  seconds: number,
  reset: NirReset,
  one: number,
): { constants: NirNeuron; gains: Gains } {
  const type = node.type as NirNeuron["type"];
  const thresholds = node.each("v_threshold", units);
  const resets = node.each("v_reset", units, 0);
  // Where thresholds differ, everything is measured by them.
  const same = thresholds.every((value) => value === thresholds[0]);
  const unit = thresholds.map((value) => (same ? one : value));
  const low = unit.findIndex((value) => !(value > 0));
  if (low >= 0) throw node.fault("v_threshold", "one for all neurons, or all above 0", `${unit[low]}`);
  const resetsTo = resets.map((value, place) => value / (unit[place] as number));
  const other = reset === "value" ? resetsTo.find((value) => value !== resetsTo[0]) : undefined;
  if (other !== undefined)
    throw node.fault("v_reset", "one for all neurons, by their thresholds", `${resetsTo[0]} and ${other}`);
  const step = type === "IF" ? 1 : rate(node, type === "LIF" ? "tau" : "tau_mem", units, seconds);
  const synaptic = type === "CubaLIF" ? rate(node, "tau_syn", units, seconds) : 1;
  const r = node.each("r", units);
  const w = type === "CubaLIF" ? node.each("w_in", units, 1) : new Float64Array(units).fill(1);
  const leaks = type === "IF" ? new Float64Array(units) : node.each("v_leak", units, 0);
  const isCuba = type === "CubaLIF";
  if (isCuba && (!same || leaks.some((value) => value !== leaks[0])) && leaks.some((value) => value !== 0)) {
    throw node.fault("v_leak", "0, or one for all neurons with one threshold", "others");
  }
  return {
    constants: {
      type,
      membrane: type === "IF" ? 1 : 1 - step,
      synapse: isCuba ? 1 - synaptic : 0,
      threshold: same ? (thresholds[0] ?? 1) / one : 1,
      reset,
      resetTo: reset === "value" ? (resetsTo[0] ?? 0) : 0,
      gain: isCuba ? (step * (leaks[0] ?? 0)) / (unit[0] ?? 1) : 0,
    },
    gains: {
      gain: r.map((value, place) => (step * synaptic * value * (w[place] as number)) / (unit[place] as number)),
      offset: leaks.map((value, place) => (isCuba ? 0 : (step * value) / (unit[place] as number))),
    },
  };
}

/** Decay factors of each input or neuron. */
type Each = Float64Array;

/** A layer of the built-in neuron: two leaks before the weights, a threshold, and a leak of its spikes that goes back to it. */
function thresholdLayer(
  { neurons, below, back }: GraphLayer,
  from: readonly number[],
  seconds: number,
  units: number,
  stored: AnyNeuron | undefined,
): Built {
  const traces = tracesOf(neurons, below, seconds, volume(from));
  const synapses = synapsesOf(traces.others, from, neurons, units);
  const thresholds = neurons.each("threshold", units);
  let gammas: Each = new Float64Array(units);
  let rho: number | undefined;
  let own: ReturnType<typeof tracesOf> | undefined;
  let weight: Float64Array | undefined;
  for (const chain of back) {
    const [first, second] = chain;
    if (rho === undefined && chain.length === 2 && first?.type === "LI" && second?.type === "Scale") {
      gammas = leaksOf(first, seconds, units);
      rho = -second.one("scale", units);
      continue;
    }
    const one = tracesOf(neurons, chain, seconds, units);
    if (own !== undefined || one.delayed !== traces.delayed) {
      throw neurons.fault(
        "edges",
        "one way back with the delay of the way from below, and one of LI and Scale",
        "another",
      );
    }
    own = one;
    weight = recurrentOf(neurons, [own.others], units, synapses).weight;
  }
  const positions = units / synapses.bias.length;
  const bias = synapses.bias.map((value, channel) => value - (thresholds[channel * positions] as number));
  if (thresholds.some((value, place) => value !== thresholds[Math.floor(place / positions) * positions])) {
    throw neurons.fault("threshold", "one number for all neurons of a channel", "several");
  }
  const like = stored?.type === "lif" ? stored : undefined;
  const decays: Array<readonly [string, Each]> = [];
  const decayOf = (name: "alpha" | "beta" | "gamma", values: Each): Decay => {
    const [decay, isDrawn] = nearest(values, like?.[name]);
    if (isDrawn) decays.push([name, values]);
    return decay;
  };
  const behind = (below: Each, own: Each | undefined) => (own === undefined ? below : joined(below, own));
  const alpha = decayOf("alpha", behind(traces.alpha, own?.alpha));
  const beta = decayOf("beta", behind(traces.beta, own?.beta));
  const gamma = decayOf("gamma", gammas);
  const strength = typeof like?.rho === "number" && isNear(rho ?? 0, like.rho) ? like.rho : (rho ?? 0);
  const trace = traces.delayed ? "previous" : "current";
  const read = { alpha, beta, gamma, rho: strength, trace } as const;
  const isSame =
    like !== undefined && (Object.keys(read) as Array<keyof typeof read>).every((name) => read[name] === like[name]);
  const neuron =
    isSame && hasForm(like)
      ? like
      : lif({ ...read, ...(like?.surrogate !== undefined && { surrogate: like.surrogate }) });
  return { synapses: { ...synapses, bias }, neuron, recurrent: weight, decays };
}

/** Whether a neuron is of the form that graphs say. */
function hasForm({ traceGain = "unit", refractory = "normalized", spikeAtThreshold = false }: Lif): boolean {
  return traceGain === "unit" && refractory === "normalized" && !spikeAtThreshold;
}

/** The decay that a graph has, and whether each has its own: the stored one where the graph's is the same up to rounding. */
function nearest(values: Each, stored: Decay | undefined): [decay: Decay, isDrawn: boolean] {
  const [low, high] = values.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [1, 0]);
  if (typeof stored === "number") return isNear(low, stored) && isNear(high, stored) ? [stored, false] : own();
  const isRange = isObject(stored) && isNear(Math.min(low, stored.low), stored.low) && high <= stored.high + rounding;
  return isRange ? [stored as Decay, true] : own();

  function own(): [Decay, boolean] {
    return low === high ? [low, false] : [{ low, high }, true];
  }
}

function joined(one: Each, other: Each): Each {
  const both = new Float64Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

/** The two leaks on a way, the delay of a step, and the other nodes. */
function tracesOf(node: Place, chain: readonly Place[], seconds: number, inputs: number) {
  const [synapse, membrane, third] = chain.filter(({ type }) => type === "LI");
  const delays = chain.filter(({ type }) => type === "Delay");
  if (synapse === undefined || membrane === undefined || third !== undefined) {
    throw node.fault(
      "edges",
      "two LI on the way to a Threshold",
      `${chain.filter(({ type }) => type === "LI").length}`,
    );
  }
  for (const delay of delays) {
    const { data } = delay.tensor("delay");
    const other = data.find((value) => !(Math.abs(value - seconds) <= 1e-6 * seconds));
    if (other !== undefined) throw delay.fault("delay", `one of a time step, ${seconds}`, `${other}`);
    if (delays.length > 1) throw delay.fault("edges", "one Delay on a way", `${delays.length}`);
  }
  const others = chain.filter(({ type }) => type !== "LI" && type !== "Delay");
  const [beta, alpha] = [leaksOf(synapse, seconds, inputs), leaksOf(membrane, seconds, inputs)];
  return { alpha, beta, delayed: delays.length === 1, others };
}

/** What leaky integrators of unit gain keep in a step, 1 − Δt/τ each. */
function leaksOf(node: Place, seconds: number, units: number): Each {
  const [r, leak] = [node.one("r", units, 1), node.one("v_leak", units, 0)];
  if (r !== 1) throw node.fault("r", "1", `${r}`);
  if (leak !== 0) throw node.fault("v_leak", "0", `${leak}`);
  return node.each("tau", units).map((tau) => 1 - partOf(node, "tau", tau, seconds));
}
