/** Neurons and costs that users might write, for the tests of this folder. */
import {
  adaptive,
  boxcar,
  type Constant,
  type CostDefinition,
  crossEntropyOf,
  decay,
  decolle2018,
  decolle2020,
  eprop,
  fastSigmoid,
  follow,
  gainOf,
  leak,
  learned,
  mean,
  meanRate,
  meanSquaredOf,
  ms,
  type NeuronGraph,
  neuron,
  ottt,
  perNeuron,
  select,
  sigmoidDerivative,
  sltt,
  smoothL1Of,
  stopGradient,
  sum,
  tess,
  weighted,
} from "../../src/index.js";

/** The built-in neuron as textbooks have it: current and potential, with its gains. */
export const textbookLif = neuron({
  name: "textbookLif",
  constants: { alpha: decay(0.9), beta: decay(0.8), gamma: decay(0.65), rho: 1 },
  state: { current: 0, potential: 0, refractory: 0 },
  step: (s, { input, spike }, c) => ({
    current: leak(s.current, c.beta).plus(input.times(gainOf(c.beta))),
    potential: leak(s.potential, c.alpha).plus(s.current.times(gainOf(c.alpha))),
    refractory: leak(s.refractory, c.gamma).plus(spike.times(gainOf(c.gamma))),
  }),
  membrane: (s, bias, c) => s.potential.plus(bias).minus(s.refractory.times(c.rho)),
  surrogate: fastSigmoid({ slope: 10 }),
});

/** A leaky integrate-and-fire neuron as textbooks write it: current and potential, no traces. */
export const textbook = neuron({
  name: "textbook",
  constants: { membrane: ms(20), synapse: ms(5) },
  state: { current: 0, potential: 0 },
  step: (s, { input }, c) => ({
    current: leak(s.current, c.synapse).plus(input),
    potential: leak(s.potential, c.membrane).plus(s.current),
  }),
  membrane: (s, bias) => s.potential.plus(bias).minus(0.2),
  surrogate: fastSigmoid({ slope: 3 }),
});

/** A neuron all of whose constants learn, with this threshold. */
export const learning = (threshold: Constant<"number", "layer"> | Constant<"number", "neuron">): NeuronGraph =>
  neuron({
    name: "learning",
    constants: {
      membrane: learned(decay(0.8)),
      synapse: learned(ms(3)),
      threshold,
      strength: learned(0.4),
    },
    state: { current: 0, potential: 0, refractory: 0 },
    step: (s, { input, spike }, c) => ({
      current: leak(s.current, c.synapse).plus(input),
      potential: leak(s.potential, c.membrane).plus(s.current.times(gainOf(c.membrane))),
      refractory: leak(s.refractory, c.membrane).plus(spike.times(c.strength)),
    }),
    membrane: (s, bias, c) => s.potential.plus(bias).minus(s.refractory).minus(c.threshold),
    surrogate: sigmoidDerivative({ slope: 2 }),
  });

/** Neurons by what sets them apart. */
export const neurons: Readonly<Record<string, NeuronGraph>> = {
  textbook,
  adaptive: adaptive(),
  decolle2018: decolle2018(),
  decolle2020: decolle2020(),
  eprop: eprop(),
  ottt: ottt(),
  sltt: sltt(),
  tess: tess(),
  "second-order current": neuron({
    name: "alphaSynapse",
    constants: { rise: decay(0.5), fall: decay(0.8), membrane: decay(0.9), strength: 0.4 },
    state: { rising: 0, falling: 0, potential: 0.1 },
    step: (s, { input, spike }, c) => ({
      rising: leak(s.rising, c.rise).plus(input),
      falling: leak(s.falling, c.fall).plus(s.rising.times(c.strength)),
      potential: leak(s.potential, c.membrane).plus(s.falling).minus(spike.times(0.5)),
    }),
    membrane: (s, bias) => s.potential.plus(bias),
    surrogate: sigmoidDerivative({ slope: 2 }),
  }),
  "saturating potential": neuron({
    name: "saturating",
    constants: { membrane: decay(0.8) },
    state: { potential: 0 },
    step: (s, { input }, c) => ({ potential: leak(s.potential, c.membrane).plus(input.times(gainOf(c.membrane))) }),
    // Linear dynamics, read out through a nonlinearity.
    membrane: (s, bias) => s.potential.tanh().times(0.8).plus(bias),
    surrogate: { primitive: (u) => u.times(2).sigmoid() },
  }),
  "reset to zero, exact": neuron({
    name: "resetting",
    constants: { membrane: decay(0.9) },
    state: { potential: 0 },
    step: (s, { input, spike }, c) => ({
      potential: leak(s.potential, c.membrane).times(spike.complement()).plus(input),
    }),
    membrane: (s, bias) => s.potential.plus(bias).minus(0.3),
    surrogate: sigmoidDerivative({ slope: 3 }),
    remainder: "eligibility",
  }),
  "reset to zero, stopped": neuron({
    name: "resettingStopped",
    constants: { membrane: decay(0.9) },
    state: { potential: 0 },
    step: (s, { input, spike }, c) => ({
      potential: leak(s.potential, c.membrane).times(spike.complement()).plus(input),
    }),
    membrane: (s, bias) => s.potential.plus(bias).minus(0.3),
    surrogate: sigmoidDerivative({ slope: 3 }),
    remainder: "stop",
  }),
  "time constants of its own": neuron({
    name: "heterogeneous",
    constants: { membrane: perNeuron(ms(10)), synapse: ms(4) },
    state: { current: 0, potential: 0 },
    step: (s, { input }, c) => ({
      current: leak(s.current, c.synapse).plus(input),
      potential: leak(s.potential, c.membrane).plus(s.current),
    }),
    membrane: (s, bias) => s.potential.plus(bias).minus(0.1),
    surrogate: boxcar({ width: 1 }),
    remainder: "eligibility",
  }),
  "refractoriness in the gradient": neuron({
    name: "followed",
    constants: { membrane: decay(0.85), refractory: decay(0.6), strength: 0.7 },
    state: { potential: 0, refractory: 0 },
    step: (s, { input, spike, membrane }, c) => ({
      potential: leak(s.potential, c.membrane).plus(input),
      refractory: leak(s.refractory, c.refractory)
        .plus(follow(spike).times(c.strength))
        .plus(follow(membrane).relu().times(0.1)),
    }),
    membrane: (s, bias) => s.potential.plus(bias).minus(s.refractory),
    surrogate: sigmoidDerivative({ slope: 2 }),
    remainder: "eligibility",
  }),
  "nonlinear membrane": neuron({
    name: "quadratic",
    constants: { membrane: decay(0.7) },
    state: { potential: 0 },
    step: (s, { input, spike }, c) => {
      const grown = leak(s.potential, c.membrane).plus(s.potential.square().times(0.05)).plus(input);
      return { potential: select(spike.greater(0.5), input, grown).clamp(-3, 3) };
    },
    membrane: (s, bias) => s.potential.plus(bias).minus(0.4),
    surrogate: sigmoidDerivative({ slope: 2 }),
    remainder: "eligibility",
  }),
  "lateral inhibition": neuron({
    name: "inhibited",
    constants: { membrane: decay(0.8), strength: 0.3 },
    state: { potential: 0, inhibition: 0 },
    step: (s, { input, spike }, c) => ({
      potential: leak(s.potential, c.membrane).plus(input),
      inhibition: leak(s.inhibition, c.membrane).plus(mean(spike).times(c.strength)),
    }),
    membrane: (s, bias) => s.potential.plus(bias).minus(s.inhibition),
    surrogate: sigmoidDerivative({ slope: 2 }),
  }),
  "learned constants": learning(learned(perNeuron(0.3))),
  "gain by activity": neuron({
    name: "modulated",
    constants: { membrane: decay(0.8) },
    traces: { slow: 0 },
    state: { drive: 0 },
    trace: (traces, { event }, c) => ({ slow: leak(traces.slow, c.membrane).plus(event.times(0.3)).tanh() }),
    step: (s, { traces, spike }, c) => ({
      drive: leak(s.drive, c.membrane).plus(weighted(traces.slow)).minus(spike.times(0.2)),
    }),
    membrane: (s, bias) => s.drive.times(stopGradient(s.drive).abs().plus(1).reciprocal()).plus(bias),
    surrogate: fastSigmoid({ slope: 2 }),
  }),
};

/** Neurons that tell the layer's own spikes from inputs from below, by how they do. */
export const recurrentNeurons: Readonly<Record<string, NeuronGraph>> = {
  "a synapse of its own for each kind": neuron({
    name: "synapses",
    constants: { membrane: decay(0.9), below: decay(0.5), own: decay(0.8), threshold: 0.3 },
    state: { below: 0, own: 0, potential: 0 },
    step: (s, { feedforward, recurrent, spike }, c) => ({
      below: leak(s.below, c.below).plus(feedforward),
      own: leak(s.own, c.own).plus(recurrent),
      potential: leak(s.potential, c.membrane).plus(s.below).plus(s.own).minus(spike.times(c.threshold)),
    }),
    membrane: (s, bias) => s.potential.plus(bias),
    surrogate: sigmoidDerivative({ slope: 2 }),
  }),
  "recurrent input that saturates": neuron({
    name: "saturates",
    constants: { membrane: decay(0.9), own: learned(decay(0.8)) },
    state: { own: 0, potential: 0 },
    step: (s, { feedforward, recurrent, spike }, c) => {
      const own = leak(s.own, c.own).plus(recurrent);
      return {
        own,
        potential: leak(s.potential, c.membrane).times(spike.complement()).plus(feedforward).plus(own.tanh()),
      };
    },
    membrane: (s, bias) => s.potential.plus(bias).minus(0.2),
    surrogate: fastSigmoid({ slope: 2 }),
    remainder: "eligibility",
  }),
  "one trace of two time constants": neuron({
    name: "traces",
    constants: { below: decay(0.6), own: decay(0.9) },
    traces: { p: 0, q: 0 },
    trace: (traces, { event, isRecurrent, recurrentEvent }, c) => ({
      p: select(isRecurrent, leak(traces.p, c.own), leak(traces.p, c.below)).plus(event),
      q: leak(traces.q, c.own).plus(recurrentEvent.times(0.5)),
    }),
    membrane: (_, bias, _c, { traces, feedforwardEvent }) =>
      weighted(traces.p)
        .plus(weighted(feedforwardEvent.minus(traces.q)).times(0.4))
        .plus(bias),
    surrogate: fastSigmoid({ slope: 3 }),
  }),
};

/** Costs by what sets them apart; they look at readout, potential and spikes, which every neuron has. */
export const costs: Readonly<Record<string, CostDefinition>> = {
  "smooth L1": ({ readout, target }) => smoothL1Of(readout, target),
  "squared error": ({ readout, target }) => meanSquaredOf(readout, target),
  "cross-entropy": ({ readout, target }) => crossEntropyOf(readout, target),
  "activity kept in bounds": ({ readout, target, membrane }) =>
    smoothL1Of(readout, target).plus(meanRate(membrane, { low: 0.7, high: 0.9 })),
  hinge: ({ readout, target }) => mean(readout.times(target.times(2).minus(1)).complement().relu().square()),
  "pseudo-Huber": ({ readout, target }) => mean(readout.minus(target).square().plus(1).sqrt().minus(1)),
  "sparse spikes": ({ readout, target, spike }) => meanSquaredOf(readout, target).plus(mean(spike).times(0.1)),
  "sum of squares of the potential": ({ membrane }) => sum(membrane.minus(0.2).square()).times(0.05),
  "log-cosh": ({ readout, target }) => {
    const distance = readout.minus(target);
    return mean(distance.exp().plus(distance.negative().exp()).times(0.5).log());
  },
  "a schedule over time": ({ readout, target, membrane, time }) =>
    crossEntropyOf(readout, target).times(time.over(10).negative().exp()).plus(mean(membrane.relu()).times(0.2)),
  "normalised readout": ({ readout, target }) => {
    const size = sum(readout.square()).plus(0.5).sqrt();
    return sum(readout.over(size).minus(target).square());
  },
  "greatest and least": ({ readout, target }) => mean(readout.max(target).minus(readout.min(target))),
};
