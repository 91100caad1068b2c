/** What lies between two layers of neurons of a graph: pooling, flattening and weights, as one set of weights. */
import { allocate } from "../../memory.js";
import type { LayerSpecification } from "../../synapse/layer.js";
import type { Place } from "./graph.js";

/** The synapses of a layer, out of the nodes of a graph. */
export interface Synapses {
  /** The layer, without its neuron. */
  readonly layer: LayerSpecification;
  /** Shape of its neurons. */
  readonly shape: readonly number[];
  /** Weights in the order of a network's tensor. */
  readonly weight: Float64Array;
  /** One for each neuron, or, of a convolution, for each channel. */
  readonly bias: Float64Array;
}

/** A pooling window on the way to weights. */
interface Pool {
  readonly kernel: readonly number[];
  readonly weight: number;
}

const volume = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1);

/**
 * The synapses that a chain of nodes makes.
 *
 * @param chain - Nodes from the layer below on, that of the neurons left out.
 * @param from - Shape of the layer below.
 * @param target - The neurons.
 * @param units - How many there are.
 * @returns The synapses.
 * @throws {@link DecolleError} `unsupported` or `format` with the node and the field that a layer cannot be.
 */
export function synapsesOf(chain: readonly Place[], from: readonly number[], target: Place, units: number): Synapses {
  let [shape, plane] = [from, from];
  let pool: Pool | undefined;
  let made: Synapses | undefined;
  for (const node of chain) {
    if (made !== undefined) throw node.fault("type", "neurons behind weights", node.type);
    switch (node.type) {
      case "Flatten":
        shape = [volume(shape)];
        break;
      case "SumPool2d":
      case "AvgPool2d":
        [pool, shape] = pooled(node, shape, pool);
        break;
      case "Affine":
      case "Linear":
        made = dense(node, shape, pool, plane);
        break;
      case "Conv1d":
      case "Conv2d":
        made = convolution(node, shape, pool);
        break;
      default:
        throw node.fault(
          "type",
          "Affine, Linear, Conv1d, Conv2d, Flatten, SumPool2d or AvgPool2d between neurons",
          node.type,
        );
    }
    if (pool === undefined) plane = shape;
  }
  made ??= identity(target, volume(shape));
  if (volume(made.shape) !== units)
    throw target.fault("v_threshold", `${volume(made.shape)} neurons`, `${units}`, "format");
  return made;
}

function pooled(node: Place, shape: readonly number[], before: Pool | undefined): [Pool, number[]] {
  const [kernel, stride, padding] = [
    node.whole("kernel_size", 2),
    node.whole("stride", 2),
    node.whole("padding", 2, 0),
  ];
  const [channels = 0, ...sides] = shape;
  if (before !== undefined || sides.length !== 2)
    throw node.fault("type", "one pooling of a plane of channels", node.type);
  if (`${stride}` !== `${kernel}`) throw node.fault("stride", `windows side by side, ${kernel}`, `${stride}`);
  if (padding.some((side) => side !== 0)) throw node.fault("padding", "0", `${padding}`);
  const left = sides.findIndex((side, axis) => (kernel[axis] ?? 0) < 1 || side % (kernel[axis] ?? 1) !== 0);
  if (left >= 0) throw node.fault("kernel_size", `a divisor of ${sides[left]}`, `${kernel[left]}`);
  const weight = node.type === "SumPool2d" ? 1 : 1 / volume(kernel);
  return [{ kernel, weight }, [channels, ...sides.map((side, axis) => side / (kernel[axis] as number))]];
}

/** Weights of a dense layer, those of pooled inputs spread over the windows. */
function dense(node: Place, shape: readonly number[], pool: Pool | undefined, plane: readonly number[]): Synapses {
  const { shape: axes, data } = node.tensor("weight");
  const [units = 0, inputs = 0] = axes;
  if (axes.length !== 2) throw node.fault("weight", "two axes", `${axes.length}`, "format");
  if (inputs !== volume(shape)) throw node.fault("weight", `${volume(shape)} inputs`, `${inputs}`, "format");
  const bias = node.type === "Affine" ? node.each("bias", units) : new Float64Array(units);
  const layer = { type: "dense", units } as const;
  if (pool === undefined) return { layer, shape: [units], weight: data, bias };
  const [, height = 1, width = 1] = plane;
  const [rows = 1, columns = 1] = pool.kernel;
  const all = volume(plane);
  const weight = allocate(Float64Array, units * all, `nodes.${node.name}.weight`);
  for (let place = 0; place < weight.length; place++) {
    const [unit, input] = [Math.floor(place / all), place % all];
    const channel = Math.floor(input / (height * width));
    const [row, column] = [Math.floor(input / width) % height, input % width];
    const [y, x] = [Math.floor(row / rows), Math.floor(column / columns)];
    const window = (channel * (height / rows) + y) * (width / columns) + x;
    weight[place] = (data[unit * inputs + window] as number) * pool.weight;
  }
  return { layer, shape: [units], weight, bias };
}

/** A convolution; over pooled inputs it is one with larger kernels and strides. */
function convolution(node: Place, shape: readonly number[], pool: Pool | undefined): Synapses {
  const axes = node.type === "Conv2d" ? 2 : 1;
  const { shape: lengths, data } = node.tensor("weight");
  const [channels = 0, group = 0, ...kernel] = lengths;
  const [inputs = 0, ...sides] = shape;
  if (kernel.length !== axes) throw node.fault("weight", `${axes + 2} axes`, `${lengths.length}`, "format");
  if (sides.length !== axes)
    throw node.fault("type", `${axes} axes behind channels`, `a shape of [${shape}]`, "format");
  const [groups = 1] = node.whole("groups", 1, 1);
  if (group * groups !== inputs) throw node.fault("weight", `${inputs} channels`, `${group * groups}`, "format");
  const stride = node.whole("stride", axes, 1);
  if (node.whole("dilation", axes, 1).some((step) => step !== 1)) throw node.fault("dilation", "1", "another");
  const padding = paddingOf(node, axes, kernel, stride);
  const out = sides.map(
    (side, axis) =>
      Math.floor((side + 2 * (padding[axis] as number) - (kernel[axis] as number)) / (stride[axis] as number)) + 1,
  );
  const bias = node.each("bias", channels, 0);
  const window = pool?.kernel ?? Array<number>(axes).fill(1);
  const spread = (values: readonly number[]) => values.map((value, axis) => value * (window[axis] as number));
  const [rows, columns] = [spread(kernel), spread(stride)];
  const weight = pool === undefined ? data : widened(data, kernel, window, pool.weight, `nodes.${node.name}.weight`);
  const pair = (values: readonly number[]) => [values[0] ?? 0, values[1] ?? 0] as const;
  const layer: LayerSpecification =
    axes === 2
      ? { type: "conv2d", channels, kernel: pair(rows), padding: pair(spread(padding)), stride: pair(columns), groups }
      : { type: "conv1d", channels, kernel: rows[0] ?? 0, padding: padding[0] ?? 0, stride: columns[0] ?? 0, groups };
  return { layer, shape: [channels, ...out], weight, bias };
}

/** Each weight in place of a window of inputs, which were pooled. */
function widened(
  data: Float64Array,
  kernel: readonly number[],
  window: readonly number[],
  scale: number,
  path: string,
) {
  const [rows = 1, columns = 1] = kernel;
  const [high = 1, wide = 1] = window;
  const weight = allocate(Float64Array, data.length * high * wide, path);
  for (let place = 0; place < weight.length; place++) {
    const column = place % (columns * wide);
    const row = Math.floor(place / (columns * wide)) % (rows * high);
    const filter = Math.floor(place / (columns * wide * rows * high));
    weight[place] =
      (data[(filter * rows + Math.floor(row / high)) * columns + Math.floor(column / wide)] as number) * scale;
  }
  return weight;
}

function paddingOf(node: Place, axes: number, kernel: readonly number[], stride: readonly number[]): number[] {
  const name = node.text("padding");
  if (name === undefined) return node.whole("padding", axes, 0);
  if (name === "valid") return Array<number>(axes).fill(0);
  if (name === "same" && stride.every((step) => step === 1) && kernel.every((side) => side % 2 === 1)) {
    return kernel.map((side) => (side - 1) / 2);
  }
  throw node.fault("padding", "numbers, or same for odd kernels without strides, or valid", name);
}

/** Most neurons that spikes reach one by one, without weights between. */
const mostAlone = 4096;

function identity(target: Place, units: number): Synapses {
  if (units > mostAlone)
    throw target.fault("v_threshold", `at most ${mostAlone} neurons without weights before them`, `${units}`);
  const weight = new Float64Array(units * units);
  for (let unit = 0; unit < units; unit++) weight[unit * (units + 1)] = 1;
  return { layer: { type: "dense", units }, shape: [units], weight, bias: new Float64Array(units) };
}
