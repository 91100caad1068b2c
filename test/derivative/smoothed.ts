/**
 * The smoothed network, in float64: a layer whose threshold is replaced by the integral σ of its surrogate, as a function
 * of the layer's own weights and biases alone.
 *
 *     L̃(W, b) = cost(Y + G·(σ(Û(W, b)) − σ(Û(W₀, b₀)))) + regulariser(Û(W, b)),   U(W, b) = U₀ + (W − W₀)·P + (b − b₀)
 *
 * Û is U after pooling, where the winners of the windows are held. At W₀, b₀ the readout is that of the real, spiking layer; the
 * plasticity rule says that its gradient is ∂L̃/∂W there (Kaiser, Mostafa and Neftci 2020, eqs. 5–8).
 */
import type { Cost, Network, Regularizer, Surrogate, Tensor } from "../../src/index.js";

/** A connection as geometry: which input reaches which neuron through which weight. */
export interface Geometry {
  /** Channels, rows, columns that come in; a dense layer has its inputs as channels. */
  readonly input: readonly [number, number, number];
  /** Channels, rows, columns of its neurons. */
  readonly neurons: readonly [number, number, number];
  /** Rows and columns of the kernels, of padding, and from one patch to the next; 1, 0 and 1 in a dense layer. */
  readonly kernel: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly stride: readonly [number, number];
  /** Groups of channels. */
  readonly groups: number;
  /** Rows and columns of the pooling windows. */
  readonly pool: readonly [number, number];
  /** What stands for the potentials of a window. */
  readonly pooling: "max" | "sum" | "average";
}

/** What the cost and σ of a layer are made of. */
export interface Objective {
  readonly surrogate: Surrogate;
  readonly cost: Cost;
  readonly regularizer: Regularizer | null;
  readonly samples: number;
  /** Targets `[samples, readout units]`. */
  readonly target: Float32Array;
}

/** σ, whose derivative is the surrogate; σ(0) is of no account. */
export function smoothedThreshold(surrogate: Surrogate, u: number): number {
  switch (surrogate.type) {
    case "boxcar": {
      const width = surrogate.width ?? 0.5;
      return Math.min(Math.max(u, -width), width);
    }
    case "fastSigmoid":
      return u / ((surrogate.slope ?? 10) * Math.abs(u) + 1);
    case "sigmoid":
      return logistic((surrogate.slope ?? 1) * u);
  }
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** The cost of readouts `[samples, units]`. */
export function costOf(cost: Cost, readout: readonly number[], target: ArrayLike<number>, samples: number): number {
  const units = readout.length / samples;
  const distances = readout.map((y, place) => y - (target[place] ?? Number.NaN));
  switch (cost.type) {
    case "smoothL1":
      return mean(distances.map((d) => (Math.abs(d) < 1 ? (d * d) / 2 : Math.abs(d) - 0.5)));
    case "meanSquared":
      return mean(distances.map((d) => d * d));
    case "crossEntropy": {
      let sum = 0;
      for (let sample = 0; sample < samples; sample++) {
        const own = readout.slice(sample * units, (sample + 1) * units);
        const total = Math.log(own.reduce((all, y) => all + Math.exp(y), 0));
        own.forEach((y, unit) => {
          sum -= (target[sample * units + unit] ?? Number.NaN) * (y - total);
        });
      }
      return sum / samples;
    }
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** λ₁·mean[U + 0.01]₊ + λ₂·[mean(0.1 − act(U))]₊. */
export function regularization(regularizer: Regularizer, potentials: readonly number[]): number {
  const { upper, lower, lowerActivity = "sigmoid" } = regularizer;
  const activity = potentials.map((u) => (lowerActivity === "sigmoid" ? logistic(u) : u));
  return upper * mean(potentials.map((u) => Math.max(0, u + 0.01))) + lower * Math.max(0, 0.1 - mean(activity));
}

/** A layer of a network after a step, frozen but for its weights and biases. */
export class SmoothedLayer {
  readonly #geometry: Geometry;
  readonly #objective: Objective;
  readonly #trace: Tensor;
  readonly #potential: Tensor;
  readonly #readout: Tensor;
  readonly #readoutWeight: Tensor;
  /** The neurons that each unit takes the potentials of, sample by sample: of the greatest of a window, one. */
  readonly #windows: ReadonlyArray<readonly number[]>;
  /** What a unit's potential is of their sum. */
  readonly #gain: number;
  readonly #before: readonly number[];

  /**
   * Freezes a layer.
   *
   * @param network - The network, after the step.
   * @param layer - Index of the layer.
   * @param geometry - Its connection.
   * @param objective - Its cost and surrogate.
   * @returns The layer.
   */
  static async of(network: Network, layer: number, geometry: Geometry, objective: Objective): Promise<SmoothedLayer> {
    const state = (name: string) => network.tensor(`state.layers.${layer}.${name}`);
    return new SmoothedLayer(geometry, objective, {
      trace: await state("membraneTrace"),
      potential: await state("potential"),
      readout: await state("readout"),
      readoutWeight: await network.tensor(`readouts.${layer}.weight`),
    });
  }

  private constructor(
    geometry: Geometry,
    objective: Objective,
    held: Readonly<Record<"trace" | "potential" | "readout" | "readoutWeight", Tensor>>,
  ) {
    this.#geometry = geometry;
    this.#objective = objective;
    this.#trace = held.trace;
    this.#potential = held.potential;
    this.#readout = held.readout;
    this.#readoutWeight = held.readoutWeight;
    this.#gain = geometry.pooling === "average" ? 1 / (geometry.pool[0] * geometry.pool[1]) : 1;
    this.#windows = this.#findWindows();
    this.#before = this.#windows.map((neurons) => this.#pooled(neurons, this.#potential.data));
  }

  /**
   * The layer's cost after a change of one parameter.
   *
   * @param change - What the parameter's change by `by` adds to each potential: from {@link SmoothedLayer.weight} or
   *   {@link SmoothedLayer.bias}.
   * @param by - The change.
   * @returns L̃.
   */
  cost(change: Float64Array, by: number): number {
    const { surrogate, cost, regularizer, samples, target } = this.#objective;
    const after = this.#windows.map((neurons, unit) => (this.#before[unit] ?? 0) + by * this.#pooled(neurons, change));
    const spikes = after.map(
      (u, unit) => smoothedThreshold(surrogate, u) - smoothedThreshold(surrogate, this.#before[unit] ?? 0),
    );
    const { data: weights, shape } = this.#readoutWeight;
    const [classes = 0, units = 0] = shape;
    const readout = Array.from(this.#readout.data, (y, place) => {
      const [sample, unit] = [Math.floor(place / classes), place % classes];
      let sum = y;
      for (let i = 0; i < units; i++) sum += (weights[unit * units + i] ?? 0) * (spikes[sample * units + i] ?? 0);
      return sum;
    });
    const penalty = regularizer === null ? 0 : regularization(regularizer, after);
    return costOf(cost, readout, target, samples) + penalty;
  }

  /** How many potentials of units come within `distance` of a place where L̃ has a kink. */
  kinks(distance: number): number {
    const { surrogate, regularizer } = this.#objective;
    const places = surrogate.type === "boxcar" ? [surrogate.width ?? 0.5, -(surrogate.width ?? 0.5)] : [];
    if (regularizer !== null) places.push(-0.01);
    return this.#before.filter((u) => places.some((place) => Math.abs(u - place) <= distance)).length;
  }

  /**
   * ∂U/∂W of the weight at a place of the tensor `[out, in]` or `[out, in of the group, kernel row, kernel column]`, for every
   * neuron.
   */
  weight(place: number): Float64Array {
    const { input, neurons, kernel, padding, stride, groups } = this.#geometry;
    const [pixels, depth] = [kernel[0] * kernel[1], input[0] / groups];
    const shift = place % pixels;
    const output = Math.floor(place / (pixels * depth));
    const group = Math.floor(output / (neurons[0] / groups));
    const source = group * depth + (Math.floor(place / pixels) % depth);
    return this.#derivative(output, (sample, row, column) => {
      const y = row * stride[0] + Math.floor(shift / kernel[1]) - padding[0];
      const x = column * stride[1] + (shift % kernel[1]) - padding[1];
      if (y < 0 || x < 0 || y >= input[1] || x >= input[2]) return 0;
      return this.#trace.data[((sample * input[0] + source) * input[1] + y) * input[2] + x] ?? Number.NaN;
    });
  }

  /** ∂U/∂b of the bias of an output channel, for every neuron. */
  bias(output: number): Float64Array {
    return this.#derivative(output, () => 1);
  }

  #derivative(output: number, at: (sample: number, row: number, column: number) => number): Float64Array {
    const [channels, rows, columns] = this.#geometry.neurons;
    const change = new Float64Array(this.#potential.data.length);
    for (let sample = 0; sample < this.#objective.samples; sample++) {
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          change[((sample * channels + output) * rows + row) * columns + column] = at(sample, row, column);
        }
      }
    }
    return change;
  }

  #pooled(neurons: readonly number[], values: ArrayLike<number>): number {
    return this.#gain * neurons.reduce((sum, neuron) => sum + (values[neuron] ?? Number.NaN), 0);
  }

  #findWindows(): number[][] {
    const { neurons, pool, pooling } = this.#geometry;
    const [channels, rows, columns] = neurons;
    const [pooledRows, pooledColumns] = [Math.floor(rows / pool[0]), Math.floor(columns / pool[1])];
    const windows: number[][] = [];
    for (let plane = 0; plane < this.#objective.samples * channels; plane++) {
      for (let cell = 0; cell < pooledRows * pooledColumns; cell++) {
        const [row, column] = [Math.floor(cell / pooledColumns) * pool[0], (cell % pooledColumns) * pool[1]];
        const window = Array.from({ length: pool[0] * pool[1] }, (_, place) => {
          const [y, x] = [row + Math.floor(place / pool[1]), column + (place % pool[1])];
          return (plane * rows + y) * columns + x;
        });
        // The first in row-major order wins among equals.
        const greater = (here: number, winner: number) =>
          (this.#potential.data[here] ?? 0) > (this.#potential.data[winner] ?? 0);
        const winner = window.reduce((winner, here) => (greater(here, winner) ? here : winner));
        windows.push(pooling === "max" ? [winner] : window);
      }
    }
    return windows;
  }
}
