/** The three factors of the rule for one synapse: error, surrogate and presynaptic trace, read from a network's state. */
import type { Network } from "decolle";

/** A weight of the first layer: channel, polarity, row and column of its kernel. */
export interface Synapse {
  readonly channel: number;
  readonly polarity: number;
  readonly row: number;
  readonly column: number;
}

/** What the rule multiplies, for the first clip of the last batch, at its last step. */
export interface Factors {
  readonly synapse: Synapse;
  /** The weight. */
  readonly weight: number;
  /** The neuron of the channel at which the product is largest. */
  readonly neuron: { readonly row: number; readonly column: number };
  /** E, what of the local error comes back to the neuron through the readout. */
  readonly error: number;
  /** σ′(U). */
  readonly surrogate: number;
  /** P, the trace of the input that the weight meets there. */
  readonly trace: number;
}

/**
 * Reads the factors of a synapse; a kernel has many neurons, so those of the one that learns most from it.
 *
 * @param network - After a batch.
 * @param synapse - Which weight of its first layer, a convolution with fast sigmoids and smooth L1.
 * @param target - The class of the batch's first clip.
 * @returns The factors.
 */
export async function factorsOf(network: Network, synapse: Synapse, target: number): Promise<Factors> {
  const read = async (name: string) => await network.tensor(name);
  const [weight, potential, trace, readout, feedback] = await Promise.all(
    ["layers.0.weight", "state.layers.0.potential", "state.layers.0.membraneTrace", "state.layers.0.readout"]
      .concat("readouts.0.feedback")
      .map(read),
  );
  if (!weight || !potential || !trace || !readout || !feedback) throw new Error("the network has no state yet");
  const [layer] = network.specification.layers;
  const { stride = 1, padding = 0 } = (layer ?? {}) as { stride?: number; padding?: number };
  const [samples = 1, classes = 1] = readout.shape;
  const [, channels = 1, rows = 1, columns = 1] = potential.shape;
  const [, , height = 1, width = 1] = trace.shape;
  const [, inputs = 1, kernelRows = 1, kernelColumns = 1] = weight.shape;
  const errors = Array.from(
    { length: classes },
    (_, unit) => clamp((readout.data[unit] ?? 0) - (unit === target ? 1 : 0)) / (classes * samples),
  );
  const plane = rows * columns;
  const at = (row: number, column: number): Factors => {
    const neuron = synapse.channel * plane + row * columns + column;
    const y = row * stride - padding + synapse.row;
    const x = column * stride - padding + synapse.column;
    const inside = y >= 0 && x >= 0 && y < height && x < width;
    const potentialThere = potential.data[neuron] ?? 0;
    return {
      synapse,
      weight:
        weight.data[
          ((synapse.channel * inputs + synapse.polarity) * kernelRows + synapse.row) * kernelColumns + synapse.column
        ] ?? 0,
      neuron: { row, column },
      error: errors.reduce(
        (sum, error, unit) => sum + error * (feedback.data[unit * channels * plane + neuron] ?? 0),
        0,
      ),
      surrogate: 1 / (10 * Math.abs(potentialThere) + 1) ** 2,
      trace: inside ? (trace.data[(synapse.polarity * height + y) * width + x] ?? 0) : 0,
    };
  };
  const product = ({ error, surrogate, trace }: Factors) => Math.abs(error * surrogate * trace);
  return Array.from({ length: plane }, (_, place) => at(Math.floor(place / columns), place % columns)).reduce(
    (most, one) => (product(one) > product(most) ? one : most),
  );
}

const clamp = (value: number) => Math.min(1, Math.max(-1, value));
