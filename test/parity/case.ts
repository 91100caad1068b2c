/** A network set up as a golden case: its specification, and the case's parameters in it. */
import { type LayerSpecification, Network, type NetworkSpecification, type Propagation } from "../../src/index.js";
import { type GoldenCase, type GoldenLayer, type GoldenTensor, goldenCases, readGolden } from "../goldens/golden.js";

/** A golden case with its tensors. */
export interface Case {
  readonly name: string;
  readonly setting: GoldenCase;
  readonly tensors: ReadonlyMap<string, GoldenTensor>;
}

/**
 * Reads a case.
 *
 * @param name - Its name in the manifest.
 * @returns The case.
 */
export function readCase(name: string): Case {
  const setting = goldenCases[name];
  if (setting === undefined) throw new Error(`there is no golden case ${name}`);
  return { name, setting, tensors: readGolden(name) };
}

/**
 * A tensor of a case.
 *
 * @param golden - The case.
 * @param name - The tensor's name.
 * @returns The tensor.
 */
export function golden({ name: of, tensors }: Case, name: string): GoldenTensor {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new Error(`${of} holds no ${name}`);
  return tensor;
}

/**
 * One step of a tensor that has time as its first axis.
 *
 * @param tensor - The tensor.
 * @param step - The step.
 * @param steps - Number of steps that the tensor covers.
 * @returns The values of that step; undefined where the file does not keep it.
 */
export function atStep(tensor: GoldenTensor, step: number, steps: number): Float32Array | Uint8Array | undefined {
  const { shape, data, every } = tensor;
  const back = steps - 1 - step;
  if (back % every !== 0) return undefined;
  const kept = shape[0] ?? 0;
  const row = data.length / kept;
  const place = kept - 1 - back / every;
  return data.subarray(place * row, (place + 1) * row);
}

/** Whether weights change in the case. */
export function learns({ setting }: Case): boolean {
  return setting.optimiser.name !== "none";
}

function optimizer({ optimiser }: GoldenCase): NonNullable<NetworkSpecification["optimizer"]> {
  switch (optimiser.name) {
    case "adamax": {
      const [beta1, beta2] = optimiser.betas;
      return { type: "adaMax", learningRate: optimiser.lr, beta1, beta2, epsilon: optimiser.eps };
    }
    case "sgd":
      return { type: "sgd", learningRate: optimiser.lr };
    case "none":
      return { type: "sgd", learningRate: 1 };
  }
}

/**
 * The specification of a case.
 *
 * @param golden - The case.
 * @returns What `Network.create` takes.
 */
export function specification({ setting, name }: Case): NetworkSpecification {
  const [first] = setting.layers;
  return {
    input: input(first?.in_shape ?? []),
    layers: setting.layers.map((layer, index) => {
      const { alpha, beta, gamma, rho } = layer;
      const boxcar = setting.surrogate.startsWith("boxcar");
      const lambda = setting.regulariser?.per_layer[index];
      const own = {
        neuron: { type: "lif", alpha, beta, gamma, rho, surrogate: { type: boxcar ? "boxcar" : "fastSigmoid" } },
        // The authors write one λ and 0.003 λ.
        ...(lambda !== undefined && { regularizer: { upper: lambda, lower: 3e-3 * lambda } }),
      } as const;
      return { ...synapses(layer), ...own };
    }),
    readout: {
      units: first?.readout.outputs ?? 0,
      feedback: setting.feedback === null ? "readout" : "alignment",
    },
    cost: { type: "smoothL1" },
    optimizer: optimizer(setting),
    errorTrigger: setting.error_trigger === null ? null : { threshold: threshold(name, setting.error_trigger.theta) },
    seed: 1,
  };
}

function input([channels = 0, rows, columns]: readonly number[]): NetworkSpecification["input"] {
  if (rows === undefined) return { units: channels };
  return columns === undefined ? { channels, length: rows } : { channels, height: rows, width: columns };
}

function synapses(layer: GoldenLayer): LayerSpecification {
  if (layer.kind === "dense") {
    return { type: "dense", units: layer.out_features ?? 0, recurrent: layer.recurrent ?? false };
  }
  const {
    conv_out_shape: [channels = 0] = [],
    kernel = [],
    padding = 0,
    stride = 1,
    groups = 1,
    pool = 1,
    pooling = "max",
  } = layer;
  const axes = (lengths: number | readonly number[]): [number, number] => {
    const [vertical = 0, horizontal = vertical] = typeof lengths === "number" ? [lengths] : lengths;
    return [vertical, horizontal];
  };
  const [rows, along, step] = [axes(kernel), axes(padding), axes(stride)];
  return layer.kind === "conv1d"
    ? { type: "conv1d", channels, kernel: rows[0], padding: along[0], stride: step[0], groups }
    : { type: "conv2d", channels, kernel: rows, padding: along, stride: step, groups, pool, pooling };
}

function threshold(name: string, theta: readonly number[]): number {
  const [first = 0] = theta;
  if (theta.some((other) => other !== first)) throw new Error(`${name}: thresholds differ from layer to layer`);
  return first;
}

/**
 * Builds the network of a case, with its parameters.
 *
 * @param golden - The case.
 * @param propagation - How spikes propagate.
 * @returns The network; the caller disposes it.
 */
export async function build(golden: Case, propagation: Propagation = "auto"): Promise<Network> {
  const network = await Network.create({ ...specification(golden), propagation });
  for (const layer of golden.setting.layers.keys()) {
    for (const [own, theirs] of [
      [`layers.${layer}.weight`, "weight"],
      [`layers.${layer}.bias`, "bias"],
      [`layers.${layer}.recurrentWeight`, "recurrent_weight"],
      [`readouts.${layer}.weight`, "readout_weight"],
      [`readouts.${layer}.bias`, "readout_bias"],
      [`readouts.${layer}.feedback`, "feedback_weight"],
    ] as const) {
      const tensor = golden.tensors.get(`layer${layer}.${theirs}`);
      if (tensor !== undefined) await network.setTensor(own, Float32Array.from(tensor.data));
    }
  }
  return network;
}
