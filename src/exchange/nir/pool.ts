/** Pooling behind the neurons of a graph, as that of a layer. */
import type { Pooling } from "../../synapse/conv2d.js";
import type { LayerSpecification } from "../../synapse/layer.js";
import type { GraphPool } from "./layers.js";

/** A layer with its pooling, and the shape of what it sends on. */
export interface Pooled {
  /** The layer. */
  readonly layer: LayerSpecification;
  /** Shape of its units. */
  readonly shape: readonly number[];
}

/**
 * Puts pooling behind a layer.
 *
 * @param pool - The windows.
 * @param layer - The layer.
 * @param shape - Shape of its neurons.
 * @returns The layer with its pooling.
 * @throws {@link DecolleError} `unsupported` or `format` with the node and field of what no layer can be.
 */
export function pooledLayer(pool: GraphPool, layer: LayerSpecification, shape: readonly number[]): Pooled {
  const { node, exit, potential } = pool;
  if (layer.type === "dense") throw node.fault("type", "pooling behind a convolution", "behind a dense layer");
  const [channels = 0, ...sides] = shape;
  const axes = layer.type === "conv2d" ? 2 : 1;
  if ((node.type === "Conv1d") !== (axes === 1)) throw node.fault("type", `windows of ${axes} axes`, node.type);
  const { kernel, mean } = axes === 2 ? plane(pool) : line(pool, channels);
  const large = kernel.findIndex((side, axis) => side < 1 || side > (sides[axis] as number));
  if (large >= 0) throw node.fault("kernel_size", `1 to ${sides[large]}`, `${kernel[large]}`);
  const out = [channels, ...kernel.map((side, axis) => Math.floor((sides[axis] as number) / side))];
  const units = out.reduce((product, side) => product * side, 1);
  const thresholds = exit.each("threshold", units);
  if (potential === undefined) {
    // A window spikes where one of its neurons does, whatever its threshold is below what that one adds.
    const one = mean ? 1 / kernel.reduce((product, side) => product * side, 1) : 1;
    const wrong = thresholds.find((value) => !(value >= 0 && value < one));
    if (wrong !== undefined) throw exit.fault("threshold", `from 0 to below ${one}, which one spike adds`, `${wrong}`);
  } else {
    const scale = potential.one("scale", potential.tensor("scale").data.length);
    if (scale !== 1) throw potential.fault("scale", "1 where potentials are pooled", `${scale}`);
    const wrong = thresholds.find((value) => value !== 0);
    if (wrong !== undefined) throw exit.fault("threshold", "0 behind pooled potentials", `${wrong}`);
  }
  const pooling: Pooling = potential === undefined ? "max" : mean ? "average" : "sum";
  const [rows = 1, columns = 1] = kernel;
  const windows = layer.type === "conv2d" ? { ...layer, pool: [rows, columns] as const } : { ...layer, pool: rows };
  return { layer: { ...windows, pooling }, shape: out };
}

interface Windows {
  readonly kernel: readonly number[];
  /** Whether the mean is taken, not the sum. */
  readonly mean: boolean;
}

function plane({ node }: GraphPool): Windows {
  const [kernel, stride] = [node.whole("kernel_size", 2), node.whole("stride", 2)];
  if (`${stride}` !== `${kernel}`) throw node.fault("stride", `windows side by side, ${kernel}`, `${stride}`);
  if (node.whole("padding", 2, 0).some((side) => side !== 0)) throw node.fault("padding", "0", "another");
  return { kernel, mean: node.type === "AvgPool2d" };
}

/** Windows along a line: a convolution of each channel by itself with equal weights. */
function line({ node }: GraphPool, channels: number): Windows {
  const { shape, data } = node.tensor("weight");
  const [filters, inputs, side = 0] = shape;
  const [groups] = node.whole("groups", 1, 1);
  if (shape.length !== 3 || filters !== channels || inputs !== channels || groups !== 1) {
    throw node.fault("weight", `windows of ${channels} channels`, `[${shape}] in ${groups} groups`);
  }
  const [stride] = node.whole("stride", 1);
  if (stride !== side) throw node.fault("stride", `windows side by side, ${side}`, `${stride}`);
  const padding = node.text("padding") ?? `${node.whole("padding", 1, 0)}`;
  if (padding !== "0" && padding !== "valid") throw node.fault("padding", "0", padding);
  if (node.whole("dilation", 1, 1)[0] !== 1) throw node.fault("dilation", "1", "another");
  const bias = node.each("bias", channels, 0).find((value) => value !== 0);
  if (bias !== undefined) throw node.fault("bias", "0 in windows", `${bias}`);
  // From each channel to itself alone.
  const isOwn = (place: number) => Math.floor(place / side) % (channels + 1) === 0;
  const other = data.find((value, place) => value !== (isOwn(place) ? data[0] : 0));
  const [first = 0] = data;
  const mean = first === Math.fround(1 / side);
  if (other !== undefined || !(mean || first === 1)) {
    throw node.fault("weight", `1 or 1/${side} from each channel to itself`, `${other ?? first}`);
  }
  return { kernel: [side], mean: mean && side !== 1 };
}
