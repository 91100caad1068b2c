/**
 * TESS: Apolinario, Roy & Frenkel 2025, arXiv:2502.01837, doi:10.1109/IJCNN64981.2025.11227652. A weight learns from two
 * products of what belongs to the neuron and what belongs to the input, each times the learning signal m of the layer's own
 * readout:
 *
 *     q_j[t] = λ_pre q_j[t−1] + x_j[t]              h_i[t] = λ_post h_i[t−1] + Ψ(u_i[t−1])
 *     Δw_ij = −η m_i (α_pre Ψ(u_i[t]) q_j[t] + α_post h_i[t] x_j[t])
 *     m = Bᵀ (softmax(B s) − target)                Ψ(u) = 0.3 max(0, 1 − |u − θ|)
 *
 * The first product is causal, input before spike; the second non-causal, as in STDP. This is no gradient of the neuron's
 * dynamics, so the neuron says what the gradient is to see in place of its potential. m is what crossEntropy gives where
 * the readout is {@link squareWaves} without bias. A bias, which the paper's neuron does not have, shifts the threshold.
 */
import { unfit } from "../../errors.js";
import { finiteNumber, wholeNumber } from "../../numbers.js";
import { type Fields, readOptions } from "../../values/options.js";
import { decay, leak } from "../constants.js";
import type { Expression } from "../expression.js";
import { type NeuronGraph, neuron } from "../neuron.js";
import { stopGradient, weighted } from "../operations.js";

/** Constants of the neuron; defaults are those of the authors' runs on CIFAR10. */
export interface Tess {
  /** γ, decay of the potential per step; 0.5 by default. */
  readonly gamma?: number;
  /** Threshold; 0.6 by default. */
  readonly threshold?: number;
  /** λ_pre, printed λ: decay of the trace of an input per step; 0.5 by default. */
  readonly lambdaPre?: number;
  /** λ_post, printed κ: decay of the trace of a neuron per step; 0.2 by default. */
  readonly lambdaPost?: number;
  /** α_pre, printed α: weight of the causal product; 1 by default. */
  readonly alphaPre?: number;
  /** α_post, printed β: weight of the non-causal product, 1, 0 or −1 in the paper; 1 by default. */
  readonly alphaPost?: number;
}

const fields: Fields<Tess> = {
  gamma: "number",
  threshold: "number",
  lambdaPre: "number",
  lambdaPost: "number",
  alphaPre: "number",
  alphaPost: "number",
};

/** Ψ, the secondary activation: a triangle around the threshold. */
function activation(potential: Expression<"neuron">): Expression<"neuron"> {
  return potential.abs().complement().relu().times(0.3);
}

/** A value in whose place the gradient sees another. */
function seenAs(value: Expression<"neuron">, other: Expression<"neuron">): Expression<"neuron"> {
  return other.plus(stopGradient(value.minus(other)));
}

/**
 * The neuron of TESS: leaky, reset by subtraction. σ′ is 1, since Ψ is part of what the gradient sees. Before the first
 * step U is 0, so that h starts at Ψ(θ), where the paper starts at Ψ(0).
 *
 * @param options - Constants.
 * @returns The neuron.
 */
export function tess(options: Tess = {}): NeuronGraph {
  const {
    gamma = 0.5,
    threshold = 0.6,
    lambdaPre = 0.5,
    lambdaPost = 0.2,
    alphaPre = 1,
    alphaPost = 1,
  } = readOptions(options, fields, "tess");
  return neuron({
    name: "tess",
    constants: {
      gamma: decay(gamma),
      threshold,
      lambdaPre: decay(lambdaPre),
      lambdaPost: decay(lambdaPost),
      alphaPre,
      alphaPost,
    },
    traces: { causal: 0 },
    state: { potential: 0, noncausal: 0 },
    symbols: {
      gamma: "γ",
      threshold: "θ",
      lambdaPre: "λ",
      lambdaPost: "κ",
      alphaPre: "α",
      alphaPost: "β",
      causal: "q",
      potential: "u",
      noncausal: "h",
    },
    trace: (traces, { event }, c) => ({ causal: leak(traces.causal, c.lambdaPre).plus(event) }),
    step: (s, { input, spike, membrane }, c) => ({
      potential: leak(s.potential.minus(spike.times(c.threshold)), c.gamma).plus(stopGradient(input)),
      noncausal: leak(s.noncausal, c.lambdaPost).plus(activation(membrane)),
    }),
    membrane: (s, bias, c, { input, traces }) => {
      const above = s.potential.plus(bias).minus(c.threshold);
      const now = stopGradient(activation(above)).times(c.alphaPre);
      const causal = weighted(traces.causal).plus(bias).times(now);
      return seenAs(above, causal.plus(input.times(s.noncausal.times(c.alphaPost))));
    },
    surrogate: { primitive: (u) => u },
  });
}

/** Most weights of a readout. */
const mostWeights = 2 ** 28;

/**
 * The fixed basis B of TESS as weights of a readout: unit k is a square wave over the neurons, of a frequency of its own.
 * Frequencies are evenly spaced, as in the authors' code. For
 * `network.setTensor("readouts.0.weight", squareWaves(classes, neurons))`.
 *
 * @param classes - Readout units, at least 1.
 * @param neurons - Neurons of the layer, at least 1.
 * @param low - Frequency of the first unit in radians a neuron; 50 by default.
 * @param high - Frequency of the last unit in radians a neuron; 512 by default.
 * @returns ±1/neurons as `[class][neuron]`.
 * @throws {@link DecolleError} `range`, `config`, `not-finite`.
 */
export function squareWaves(classes: number, neurons: number, low = 50, high = 512): Float32Array {
  const [rows, columns] = [wholeNumber(classes, 1, "classes"), wholeNumber(neurons, 1, "neurons")];
  if (rows * columns > mostWeights) {
    throw unfit("range", "neurons", `at most ${mostWeights} weights`, `${rows} × ${columns}`);
  }
  finiteNumber(low, 0, "low");
  finiteNumber(high, low, "high");
  return Float32Array.from({ length: rows * columns }, (_, place) => {
    const row = Math.floor(place / columns);
    const frequency = rows === 1 ? low : low + ((high - low) * row) / (rows - 1);
    const turns = (frequency * (place % columns)) / (2 * Math.PI);
    return (turns - Math.floor(turns) < 0.5 ? 1 : -1) / columns;
  });
}
