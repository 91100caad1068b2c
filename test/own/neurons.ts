/** Neurons that a network runs, beside those of test/plasticity. */
import {
  boxcar,
  decay,
  fastSigmoid,
  gainOf,
  leak,
  lif,
  ms,
  type NeuronGraph,
  neuron,
  perNeuron,
  sigmoidDerivative,
  stopGradient,
  weighted as weightedOf,
} from "../../src/index.js";
import { textbookLif } from "../plasticity/neurons.js";

/** The built-in neuron in the paper's form: traces of inputs. */
export const paperLif = neuron({
  name: "paperLif",
  constants: { alpha: decay(0.9), beta: decay(0.8), gamma: decay(0.65), rho: 1 },
  traces: { q: 0, p: 0 },
  state: { r: 0 },
  trace: (traces, { event }, c) => ({
    q: leak(traces.q, c.beta).plus(event.times(gainOf(c.beta))),
    p: leak(traces.p, c.alpha).plus(traces.q.times(gainOf(c.alpha))),
  }),
  step: (s, { spike }, c) => ({ r: leak(s.r, c.gamma).plus(spike.times(gainOf(c.gamma))) }),
  membrane: (s, bias, c, { traces }) => weightedOf(traces.p).plus(bias).minus(s.r.times(c.rho)),
  surrogate: fastSigmoid({ slope: 10 }),
});

/** The same as it ships. */
export const builtInLif = lif({ alpha: 0.9, beta: 0.8, gamma: 0.65, surrogate: fastSigmoid({ slope: 10 }) });

/** The code of 2018 in the paper's form: new traces, reciprocal gains, refractoriness that decays at once. */
export const paperLif2018 = neuron({
  name: "paperLif2018",
  constants: { alpha: decay(0.9), beta: decay(0.8), gamma: decay(0.65), rho: 0.5 },
  traces: { q: 0, p: 0 },
  state: { r: 0 },
  trace: (traces, { event }, c) => {
    const q = leak(traces.q, c.beta).plus(event.times(gainOf(c.beta).reciprocal()));
    return { q, p: leak(traces.p, c.alpha).plus(q.times(gainOf(c.alpha).reciprocal())) };
  },
  step: (s, { spike }, c) => ({ r: leak(s.r.plus(spike), c.gamma) }),
  membrane: (s, bias, c, { traces }) => weightedOf(traces.p).plus(bias).minus(s.r.times(c.rho)),
  surrogate: boxcar({ width: 0.5 }),
  spikeAtThreshold: true,
});

/** The same as it ships. */
export const builtInLif2018 = lif({
  alpha: 0.9,
  beta: 0.8,
  gamma: 0.65,
  rho: 0.5,
  trace: "current",
  traceGain: "reciprocal",
  refractory: "decayed",
  surrogate: boxcar({ width: 0.5 }),
  spikeAtThreshold: true,
});

/** A potential that spikes lower at once, from which the weights are not moved out. */
export const softReset = neuron({
  name: "softReset",
  constants: { membrane: ms(20), threshold: 0.4 },
  state: { potential: 0.1 },
  step: (s, { input, spike }, c) => ({
    potential: leak(stopGradient(s.potential), c.membrane).plus(input).minus(spike.times(c.threshold)),
  }),
  membrane: (s, bias, c) => s.potential.plus(bias).minus(c.threshold),
  surrogate: boxcar({ width: 1 }),
});

/** Neurons by what sets them apart. */
export const layered: Readonly<Record<string, NeuronGraph>> = {
  textbookLif,
  softReset,
  "adaptive threshold, stopped": neuron({
    name: "adaptiveStopped",
    constants: { membrane: ms(20), synapse: ms(5), adaptation: ms(200), strength: 0.2 },
    state: { current: 0, potential: 0, threshold: 0.1 },
    step: (s, { input, spike }, c) => ({
      current: leak(s.current, c.synapse).plus(input),
      potential: leak(s.potential, c.membrane).plus(s.current),
      threshold: leak(s.threshold, c.adaptation).plus(spike.times(c.strength)),
    }),
    membrane: (s, bias) => s.potential.plus(bias).minus(s.threshold.times(s.threshold.plus(1))),
    surrogate: sigmoidDerivative({ slope: 2 }),
  }),
  "the new current, no bias": neuron({
    name: "unbiased",
    constants: { membrane: decay(0.9), synapse: decay(0.6) },
    traces: { current: 0, potential: 0 },
    state: { tired: 0 },
    trace: (traces, { event }, c) => {
      const current = leak(traces.current, c.synapse).plus(event);
      return { current, potential: leak(traces.potential, c.membrane).plus(current.times(gainOf(c.membrane))) };
    },
    step: (s, { spike, membrane }, c) => ({
      tired: leak(s.tired, c.membrane).plus(spike.times(membrane.abs().sqrt())),
    }),
    membrane: (s, _bias, _c, { traces }) => weightedOf(traces.potential).minus(s.tired).minus(0.1),
    surrogate: fastSigmoid({ slope: 3 }),
  }),
  "bias apart, exponential and logarithm": neuron({
    name: "apart",
    constants: { membrane: decay(0.85), offset: perNeuron(0.2) },
    state: { potential: 0 },
    step: (s, { input }, c) => ({ potential: leak(s.potential, c.membrane).plus(input) }),
    membrane: (s, bias, c) =>
      s.potential.clamp(-5, 5).exp().plus(1).log().minus(bias.abs()).plus(bias.sigmoid()).minus(c.offset).minus(0.8),
    surrogate: sigmoidDerivative({ slope: 2 }),
    spikeAtThreshold: true,
  }),
};
