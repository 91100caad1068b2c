/**
 * Networks out of checkpoints of the authors' code (decolle-public). Those hold the state of its model, which is
 *
 * | name | what it is |
 * |---|---|
 * | `LIF_layers.N.base_layer.weight`, `.bias` | weights and biases of layer N, as here |
 * | `LIF_layers.N.tau_m`, `.tau_s` | 1/(1−α) and 1/(1−β) |
 * | `readout_layers.N.weight`, `.bias` | the fixed readout of layer N |
 *
 * and nothing of γ, ρ, the surrogate, paddings, pooling or dropout: these are the caller's to say.
 */
import type { BackendChoice } from "../../backend/select.js";
import { unfit } from "../../errors.js";
import type { Network } from "../../network/network.js";
import type { NetworkSpecification } from "../../network/specification.js";
import type { Neuron } from "../../neuron/neuron.js";
import { isObject } from "../../values/brands.js";
import { found } from "../../values/found.js";
import { StateDict } from "./tensors.js";

/** Makes a network from its specification. */
export type Create<Made extends Network> = (
  specification: NetworkSpecification,
  choice?: BackendChoice,
) => Promise<Made>;

/**
 * Builds a network with the weights, readouts and decay factors of a checkpoint.
 *
 * @param create - Makes the network.
 * @param bytes - The checkpoint.
 * @param specification - The network: layers, readout, and what checkpoints do not hold.
 * @param choice - Backend and threads.
 * @returns The network.
 * @throws {@link DecolleError} As `exchange.fromPyTorch`.
 */
export async function networkFromPyTorch<Made extends Network>(
  create: Create<Made>,
  bytes: Uint8Array,
  specification: NetworkSpecification,
  choice: BackendChoice = {},
): Promise<Made> {
  const state = new State(new StateDict(bytes));
  if (!isObject(specification) || !Array.isArray(specification.layers)) {
    throw unfit("config", "specification", "a network's specification", found(specification));
  }
  const { length } = specification.layers;
  if (state.layers !== length) {
    throw unfit("checkpoint", "LIF_layers", `${length} layers, as specified`, `${state.layers}`);
  }
  const network = await create(withDecays(specification, state), choice);
  try {
    await fill(network, state);
    return network;
  } catch (error) {
    network.dispose();
    throw error;
  }
}

/** The tensors of a file, and which of them have been asked for. */
class State {
  readonly #file: StateDict;
  readonly #names: ReadonlyMap<string, string>;
  readonly #left: Set<string>;
  /** How many layers there are. */
  readonly layers: number;

  constructor(file: StateDict) {
    this.#file = file;
    // Models that were trained on several devices have a name before all others.
    this.#names = new Map(file.names.map((name) => [name.replace(/^module\./, ""), name]));
    this.#left = new Set(this.#names.keys());
    this.layers = file.names.filter((name) => /^(module\.)?LIF_layers\.\d+\.base_layer\.weight$/.test(name)).length;
  }

  tensor(name: string): Float32Array | undefined {
    return this.shaped(name)?.data;
  }

  shaped(name: string) {
    this.#left.delete(name);
    return this.#file.tensor(this.#names.get(name) ?? name);
  }

  /** A name that nothing has asked for. */
  get left(): string | undefined {
    return this.#left.values().next().value;
  }
}

/** The specification with the decay factors of the file. */
function withDecays(specification: NetworkSpecification, state: State): NetworkSpecification {
  const layers = specification.layers.map((layer, index) => {
    const decays = { alpha: decay(state, index, "tau_m"), beta: decay(state, index, "tau_s") };
    const neuron = layer.neuron ?? specification.neuron ?? ({ type: "lif" } satisfies Neuron);
    if (decays.alpha === undefined && decays.beta === undefined) return layer;
    if (neuron.type !== "lif") {
      throw unfit("config", `layers[${index}].neuron`, "lif, since the checkpoint has α and β", neuron.type);
    }
    const alpha = nearest(neuron.alpha, decays.alpha);
    const beta = nearest(neuron.beta, decays.beta);
    return {
      ...layer,
      neuron: { ...neuron, ...(alpha !== undefined && { alpha }), ...(beta !== undefined && { beta }) },
    };
  });
  return { ...specification, layers };
}

/** How far a decay factor may be from what is specified and still be the same: files hold 1/(1−α) in float32. */
const rounding = 1e-6;

/** What is specified, where the file holds the same up to rounding; else what the file holds. */
function nearest<Given>(given: Given, read: number | undefined): Given | number | undefined {
  if (read === undefined) return given;
  return typeof given === "number" && Math.abs(given - read) <= rounding ? given : read;
}

function decay(state: State, layer: number, name: string): number | undefined {
  const path = `LIF_layers.${layer}.${name}`;
  const data = state.tensor(path);
  if (data === undefined) return undefined;
  const [first = 0] = data;
  if (data.some((value) => value !== first)) {
    throw unfit("unsupported", path, "one time constant for the layer", `${data.length} that differ`);
  }
  if (!(first >= 1 && Number.isFinite(first)))
    throw unfit("checkpoint", path, "a time constant of at least 1", `${first}`);
  return 1 - 1 / first;
}

/** Weights, biases, readouts. */
async function fill(network: Network, state: State): Promise<void> {
  for (let layer = 0; layer < state.layers; layer++) {
    for (const [name, theirs, optional] of [
      [`layers.${layer}.weight`, `LIF_layers.${layer}.base_layer.weight`, false],
      [`layers.${layer}.bias`, `LIF_layers.${layer}.base_layer.bias`, true],
      [`readouts.${layer}.weight`, `readout_layers.${layer}.weight`, false],
      [`readouts.${layer}.bias`, `readout_layers.${layer}.bias`, true],
    ] as const) {
      const read = state.shaped(theirs);
      const { shape, data } = await network.tensor(name);
      if (read === undefined && !optional) throw unfit("checkpoint", theirs, "it", "nothing");
      if (read !== undefined && `${read.shape}` !== `${shape}`) {
        throw unfit("checkpoint", theirs, `shape [${shape}], as specified`, `[${read.shape}]`);
      }
      await network.setTensor(name, read?.data ?? new Float32Array(data.length));
    }
  }
  const { left } = state;
  if (left !== undefined)
    throw unfit("unsupported", left, "weights, readouts, tau_m and tau_s of decolle-public", "it");
}
