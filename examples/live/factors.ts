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
  /** E, what of the local error comes back to the neuron through the readout, where dropout lets it pass. */
  readonly error: number;
  /** σ′(U). */
  readonly surrogate: number;
  /** P, the trace of the input that the weight meets there. */
  readonly trace: number;
}

/** What the factors below are written for, as far as a network's first layer is that. */
function familiar({ specification }: Network) {
  const [layer] = specification.layers;
  const [neuron, cost] = [layer?.neuron ?? specification.neuron, layer?.cost ?? specification.cost];
  if (layer?.type !== "conv2d" || (layer.pool ?? 1) !== 1 || (layer.groups ?? 1) !== 1) return null;
  if (neuron?.type !== "lif" || !("surrogate" in neuron) || cost?.type !== "smoothL1") return null;
  const { surrogate } = neuron;
  const { stride, padding } = layer;
  if (surrogate?.type !== "fastSigmoid" || typeof stride !== "number" || typeof padding !== "number") return null;
  return { slope: surrogate.slope ?? 10, stride, padding };
}

/**
 * Reads the factors of a synapse; a kernel has many neurons, so those of the one that learns most from it.
 *
 * @param network - After a batch.
 * @param synapse - Which weight of its first layer.
 * @param target - The class of the batch's first clip.
 * @returns The factors; null where the first layer is not a convolution without pooling and groups, of built-in neurons with
 *   fast sigmoids, under smooth L1.
 */
export async function factorsOf(network: Network, synapse: Synapse, target: number): Promise<Factors | null> {
  const known = familiar(network);
  if (known === null) return null;
  const { slope, stride, padding } = known;
  const names = ["weight", "potential", "membraneTrace", "readout"].map((name, place) =>
    place === 0 ? `layers.0.${name}` : `state.layers.0.${name}`,
  );
  const tensors = await Promise.all([...names, "readouts.0.feedback"].map(async (name) => network.tensor(name)));
  const [weight, potential, trace, readout, feedback] = tensors;
  if (!weight || !potential || !trace || !readout || !feedback) throw new Error("the network has no state yet");
  const passed = 1 / (1 - (network.specification.readout.dropout ?? 0));
  const [samples = 1, classes = 1] = readout.shape;
  const [, channels = 1, rows = 1, columns = 1] = potential.shape;
  const [, , height = 1, width = 1] = trace.shape;
  const [, inputs = 1, kernelRows = 1, kernelColumns = 1] = weight.shape;
  const errors = Array.from(
    { length: classes },
    (_, unit) => (clamp((readout.data[unit] ?? 0) - (unit === target ? 1 : 0)) / (classes * samples)) * passed,
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
      surrogate: 1 / (slope * Math.abs(potentialThere) + 1) ** 2,
      trace: inside ? (trace.data[(synapse.polarity * height + y) * width + x] ?? 0) : 0,
    };
  };
  const product = ({ error, surrogate, trace }: Factors) => Math.abs(error * surrogate * trace);
  return Array.from({ length: plane }, (_, place) => at(Math.floor(place / columns), place % columns)).reduce(
    (most, one) => (product(one) > product(most) ? one : most),
  );
}

const clamp = (value: number) => Math.min(1, Math.max(-1, value));
