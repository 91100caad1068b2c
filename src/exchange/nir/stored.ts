/** What `toNir` puts into the metadata of a graph since NIR has no nodes for it: the specification and the readouts. */
import { unfit } from "../../errors.js";
import type { NetworkSpecification } from "../../network/specification.js";
import type { Neuron } from "../../neuron/neuron.js";
import type { NeuronGraph } from "../../plasticity/neuron.js";
import type { LayerOverrides } from "../../synapse/overrides.js";
import { isObject } from "../../values/brands.js";
import type { NirField, NirGraph, NirNumbers } from "./graph.js";

/** Settings of a network that say nothing of what is in a graph, and the neuron of layers that have the stored one. */
const settings = [
  "readout",
  "neuron",
  "cost",
  "regularizer",
  "optimizer",
  "initialization",
  "propagation",
  "errorTrigger",
  "seed",
] as const;

/** Settings of a layer that say nothing of what is in a graph. */
const overrides = ["cost", "regularizer", "readoutScale", "propagation"] as const;

/** The tensors of a readout. */
const parts = ["weight", "bias", "feedback"] as const;

type Fields = Readonly<Record<PropertyKey, unknown>>;

const path = "metadata.decolle";

/** The metadata of a graph that `toNir` wrote. None of it is checked here but its form: `Network.create` checks settings. */
export class Stored {
  readonly #specification: Fields;
  readonly #layers: readonly Fields[];
  readonly #metadata: ReadonlyMap<string, NirField>;

  private constructor(specification: Fields, layers: readonly Fields[], metadata: ReadonlyMap<string, NirField>) {
    this.#specification = specification;
    this.#layers = layers;
    this.#metadata = metadata;
  }

  /**
   * Reads the metadata.
   *
   * @param graph - The graph.
   * @param layers - How many layers it has.
   * @returns What `toNir` stored; undefined where another tool wrote the graph.
   * @throws {@link DecolleError} `format` where it is no specification, or one of another number of layers.
   */
  static of({ metadata }: NirGraph, layers: number): Stored | undefined {
    const text = metadata.get("decolle");
    if (text === undefined) return undefined;
    const specification = typeof text === "string" ? parsed(text) : undefined;
    if (!isObject(specification) || !Array.isArray(specification["layers"])) {
      throw unfit("format", path, "a specification in JSON", "something else");
    }
    const all: readonly unknown[] = specification["layers"];
    if (all.length !== layers) throw unfit("format", `${path}.layers`, `${layers}, as the graph has`, `${all.length}`);
    const wrong = all.findIndex((layer) => !isObject(layer));
    if (wrong >= 0) throw unfit("format", `${path}.layers[${wrong}]`, "a layer", "something else");
    return new Stored(specification, all as readonly Fields[], metadata);
  }

  /** Length of a time step in microseconds; undefined where it is no number. */
  get timeStep(): number | undefined {
    const value = this.#specification["timeStep"];
    return typeof value === "number" ? value : undefined;
  }

  /** What the graph does not say of the network. */
  get network(): Partial<NetworkSpecification> {
    return some(this.#specification, settings) as Partial<NetworkSpecification>;
  }

  /**
   * What the graph does not say of a layer.
   *
   * @param index - The layer.
   * @returns Its settings.
   */
  layer(index: number): LayerOverrides {
    return some(this.#layers[index] ?? {}, overrides) as LayerOverrides;
  }

  /**
   * The neuron of a layer.
   *
   * @param index - The layer.
   * @returns It, none of its fields checked but its type; undefined where there is none.
   */
  neuron(index: number): Neuron | NeuronGraph | undefined {
    const neuron = this.#layers[index]?.["neuron"] ?? this.#specification["neuron"];
    return isObject(neuron) && typeof neuron["type"] === "string" ? (neuron as unknown as Neuron) : undefined;
  }

  /**
   * Whether a layer has the neuron of the network.
   *
   * @param index - The layer.
   * @returns Whether it names none of its own.
   */
  sharesNeuron(index: number): boolean {
    return this.#layers[index]?.["neuron"] === undefined;
  }

  /**
   * The readout of a layer.
   *
   * @param index - The layer.
   * @returns Its tensors by their names in a network.
   * @throws {@link DecolleError} `format` where one is text.
   */
  readouts(index: number): Array<readonly [name: string, values: NirNumbers]> {
    return parts.flatMap((part) => {
      const name = `readouts.${index}.${part}`;
      const values = this.#metadata.get(name);
      if (typeof values === "string") throw unfit("format", `metadata.${name}`, "numbers", "text");
      return values === undefined ? [] : [[name, values] as const];
    });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw unfit("format", path, "a specification in JSON", "text that is none", { cause: error });
  }
}

function some(of: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(names.filter((name) => Object.hasOwn(of, name)).map((name) => [name, of[name]]));
}
