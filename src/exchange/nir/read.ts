/** Networks out of graphs. */
import type { BackendChoice } from "../../backend/select.js";
import { unfit } from "../../errors.js";
import type { Network } from "../../network/network.js";
import type { NetworkSpecification } from "../../network/specification.js";
import { lif } from "../../neuron/lif.js";
import type { Neuron } from "../../neuron/neuron.js";
import { finiteNumber } from "../../numbers.js";
import type { NeuronGraph } from "../../plasticity/neuron.js";
import { type Fields, readOptions } from "../../values/options.js";
import type { NirGraph, Place } from "./graph.js";
import { type GraphLayer, layersOf } from "./layers.js";
import { type Synapses, synapsesOf } from "./linear.js";
import { type NirNeuron, type NirReset, nirNeuron } from "./neuron.js";

/** How a graph, which is in continuous time, becomes a network in time steps, and what it does not say. */
export interface NirOptions {
  /** Length of a time step in whole microseconds, at most the least time constant of the graph; 1000 by default. */
  readonly timeStep?: number;
  /**
   * What becomes of a potential that spikes: NIR has it that it is set to `v_reset` (`value`, default), but graphs of simulators
   * that take the threshold from it do not say so (`subtract`).
   */
  readonly reset?: NirReset;
  /** What else is specified: readout, cost, optimiser, seed. By default a readout of as many units as the graph has outputs. */
  readonly network?: Partial<Omit<NetworkSpecification, "input" | "layers" | "neuron" | "timeStep">>;
}

const optionFields: Fields<NirOptions> = { timeStep: "number", reset: "value", network: "value" };

/** A layer as it is built. */
interface Built {
  readonly synapses: Synapses;
  readonly neuron: NeuronGraph | Neuron;
  readonly recurrent: Float64Array | undefined;
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
  const { timeStep = 1000, reset = "value", network: more = {} } = readOptions(options, optionFields, "fromNir");
  if (reset !== "value" && reset !== "subtract") throw unfit("config", "reset", "value or subtract", `${reset}`);
  const seconds = finiteNumber(timeStep, 1, "timeStep") * 1e-6;
  const { input, layers } = layersOf(graph);
  let shape = input;
  const built = layers.map((layer) => {
    const one = builtLayer(layer, shape, seconds, reset);
    shape = one.synapses.shape;
    return one;
  });
  const [channels = 1, height, width] = input;
  const specification: NetworkSpecification = {
    readout: { units: shape.reduce((product, side) => product * side, 1) },
    ...more,
    timeStep,
    input:
      height === undefined
        ? { units: channels }
        : width === undefined
          ? { channels, length: height }
          : { channels, height, width },
    layers: built.map(({ synapses, neuron, recurrent }) => ({
      ...synapses.layer,
      ...(recurrent !== undefined && { recurrent: true }),
      neuron,
    })) as NetworkSpecification["layers"],
  };
  const network = await create(specification, choice);
  try {
    for (const [index, { synapses, recurrent }] of built.entries()) {
      await network.setTensor(`layers.${index}.weight`, Float32Array.from(synapses.weight));
      await network.setTensor(`layers.${index}.bias`, Float32Array.from(synapses.bias));
      if (recurrent !== undefined) {
        await network.setTensor(`layers.${index}.recurrentWeight`, Float32Array.from(recurrent));
      }
    }
    return network;
  } catch (error) {
    network.dispose();
    throw error;
  }
}

/** What is done to the weights of a layer. */
interface Gains {
  /** What the weights and biases of each neuron are multiplied by. */
  readonly gain: Float64Array;
  /** What is then added to the bias of each neuron. */
  readonly offset: Float64Array;
}

function builtLayer(layer: GraphLayer, from: readonly number[], seconds: number, reset: NirReset): Built {
  const { neurons, below, back } = layer;
  const field = neurons.type === "Threshold" ? "threshold" : "v_threshold";
  const units = neurons.tensor(field).data.length;
  if (neurons.type === "Threshold") return thresholdLayer(layer, from, seconds, units);
  const synapses = synapsesOf(below, from, neurons, units);
  const { neuron, gains } = neuronOf(neurons, units, seconds, reset);
  const own = recurrentOf(neurons, back, units, synapses);
  return { neuron: nirNeuron(neuron), ...scaled(neurons, { ...synapses, bias: own.bias }, own.weight, gains) };
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
  const tau = node.one(field, units);
  const part = seconds / tau;
  // Files hold time constants in float32.
  if (part > 0 && part <= 1 + 1e-6) return Math.min(1, part);
  throw node.fault(field, `seconds, at least the time step of ${seconds}`, `${tau}`);
}

/** The neuron of a node, and what of it is in the weights. */
function neuronOf(node: Place, units: number, seconds: number, reset: NirReset): { neuron: NirNeuron; gains: Gains } {
  const type = node.type as NirNeuron["type"];
  const thresholds = node.each("v_threshold", units);
  const resets = node.each("v_reset", units, 0);
  // Where thresholds differ, everything is measured by them.
  const same = thresholds.every((value) => value === thresholds[0]);
  const unit = thresholds.map((value) => (same ? 1 : value));
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
    neuron: {
      type,
      membrane: type === "IF" ? 1 : 1 - step,
      synapse: isCuba ? 1 - synaptic : 0,
      threshold: same ? (thresholds[0] ?? 1) : 1,
      reset,
      resetTo: reset === "value" ? (resetsTo[0] ?? 0) : 0,
      gain: isCuba ? step * (leaks[0] ?? 0) : 0,
    },
    gains: {
      gain: r.map((value, place) => (step * synaptic * value * (w[place] as number)) / (unit[place] as number)),
      offset: leaks.map((value, place) => (isCuba ? 0 : (step * value) / (unit[place] as number))),
    },
  };
}

/** A layer of the built-in neuron: two leaks before the weights, a threshold, and a leak of its spikes that goes back to it. */
function thresholdLayer(
  { neurons, below, back }: GraphLayer,
  from: readonly number[],
  seconds: number,
  units: number,
): Built {
  const traces = tracesOf(neurons, below, seconds);
  const synapses = synapsesOf(traces.others, from, neurons, units);
  const thresholds = neurons.each("threshold", units);
  let [gamma, rho] = [0, 0];
  let weight: Float64Array | undefined;
  for (const chain of back) {
    const [first, second] = chain;
    if (chain.length === 2 && first?.type === "LI" && second?.type === "Scale") {
      gamma = 1 - leakOf(first, seconds);
      rho = -second.one("scale", units);
      continue;
    }
    const own = tracesOf(neurons, chain, seconds);
    if (
      weight !== undefined ||
      `${[own.alpha, own.beta, own.delayed]}` !== `${[traces.alpha, traces.beta, traces.delayed]}`
    ) {
      throw neurons.fault(
        "edges",
        "one way back with the leaks of the way from below, and one of LI and Scale",
        "another",
      );
    }
    weight = recurrentOf(neurons, [own.others], units, synapses).weight;
  }
  const positions = units / synapses.bias.length;
  const bias = synapses.bias.map((value, channel) => value - (thresholds[channel * positions] as number));
  if (thresholds.some((value, place) => value !== thresholds[Math.floor(place / positions) * positions])) {
    throw neurons.fault("threshold", "one number for all neurons of a channel", "several");
  }
  const { alpha, beta, delayed } = traces;
  const neuron = lif({ alpha, beta, gamma, rho, trace: delayed ? "previous" : "current" });
  return { synapses: { ...synapses, bias }, neuron, recurrent: weight };
}

/** The two leaks on a way, the delay of a step, and the other nodes. */
function tracesOf(node: Place, chain: readonly Place[], seconds: number) {
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
    const other = data.find((value) => Math.abs(value - seconds) > 1e-6 * seconds);
    if (other !== undefined || delays.length > 1)
      throw delay.fault("delay", `one of a time step, ${seconds}`, `${other}`);
  }
  const others = chain.filter(({ type }) => type !== "LI" && type !== "Delay");
  const [beta, alpha] = [1 - leakOf(synapse, seconds), 1 - leakOf(membrane, seconds)];
  return { alpha, beta, delayed: delays.length === 1, others };
}

/** Δt/τ of a leaky integrator of unit gain. */
function leakOf(node: Place, seconds: number): number {
  const units = node.tensor("tau").data.length;
  const [r, leak] = [node.one("r", units, 1), node.one("v_leak", units, 0)];
  if (r !== 1) throw node.fault("r", "1", `${r}`);
  if (leak !== 0) throw node.fault("v_leak", "0", `${leak}`);
  return rate(node, "tau", units, seconds);
}
