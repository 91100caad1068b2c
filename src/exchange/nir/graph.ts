/** Graphs of the Neuromorphic Intermediate Representation as data, and the questions that are asked of their nodes. */
import { type DecolleError, unfit } from "../../errors.js";

/** Numbers with their axes, none for a single one; last axis fastest. */
export interface NirNumbers {
  /** Lengths of the axes, slowest first. */
  readonly shape: readonly number[];
  /** The numbers. */
  readonly data: Float64Array;
}

/** A field of a node: numbers, or text. */
export type NirField = NirNumbers | string;

/** A node of a graph: neurons, weights, or a graph within. */
export interface NirNode {
  /** What it is: `Affine`, `LIF`, `Input`, … */
  readonly type: string;
  /** Its fields by name: `weight`, `tau`, … */
  readonly fields: ReadonlyMap<string, NirField>;
  /** The graph that it holds; of nodes of type `NIRGraph` alone. */
  readonly graph?: NirGraph;
}

/** A graph: nodes, and edges along which spikes and currents go. What arrives at a node along several edges is added up. */
export interface NirGraph {
  /** Nodes by name. */
  readonly nodes: ReadonlyMap<string, NirNode>;
  /** From which node to which. */
  readonly edges: ReadonlyArray<readonly [from: string, to: string]>;
  /** What its writer stored beside it. */
  readonly metadata: ReadonlyMap<string, NirField>;
}

/** A node of a graph that has been made flat, with its name. */
export class Place {
  /** Its name, after those of the graphs that it is in. */
  readonly name: string;
  /** What it is. */
  readonly type: string;
  readonly #fields: ReadonlyMap<string, NirField>;

  /**
   * Makes one.
   *
   * @param name - Its name.
   * @param node - The node.
   */
  constructor(name: string, node: NirNode) {
    this.name = name;
    this.type = node.type;
    this.#fields = node.fields;
  }

  /**
   * An error of this node.
   *
   * @param field - The field.
   * @param expected - What was expected there.
   * @param found - What was found.
   * @param code - What kind of fault it is.
   * @returns The error.
   */
  fault(field: string, expected: string, found: string, code: "unsupported" | "format" = "unsupported"): DecolleError {
    return unfit(code, `nodes.${this.name}.${field}`, expected, found);
  }

  /**
   * Numbers of a field.
   *
   * @param field - Its name.
   * @returns Them; undefined where there is no such field.
   */
  optional(field: string): NirNumbers | undefined {
    const value = this.#fields.get(field);
    if (typeof value === "string") throw this.fault(field, "numbers", `"${value.slice(0, 40)}"`);
    return value;
  }

  /**
   * Numbers of a field that has to be there.
   *
   * @param field - Its name.
   * @returns Them.
   */
  tensor(field: string): NirNumbers {
    const value = this.optional(field);
    if (value === undefined) throw this.fault(field, "it", "nothing", "format");
    return value;
  }

  /**
   * Text of a field.
   *
   * @param field - Its name.
   * @returns It; undefined where the field holds none.
   */
  text(field: string): string | undefined {
    const value = this.#fields.get(field);
    return typeof value === "string" ? value : undefined;
  }

  /**
   * Whole numbers, at least 0, one for each axis.
   *
   * @param field - Its name.
   * @param axes - How many axes; a single number counts for all.
   * @param otherwise - What it is where there is no such field.
   * @returns Them.
   */
  whole(field: string, axes: number, otherwise?: number): number[] {
    const data = otherwise === undefined ? this.tensor(field).data : (this.optional(field)?.data ?? [otherwise]);
    const all = data.length === 1 ? Array<number>(axes).fill(data[0] as number) : Array.from(data);
    if (all.length === axes && all.every((value) => Number.isInteger(value) && value >= 0)) return all;
    throw this.fault(
      field,
      `${axes} whole numbers, at least 0`,
      Array.from(data.slice(0, 8)).join(", ") || "none",
      "format",
    );
  }

  /**
   * Numbers of a field, one for each neuron.
   *
   * @param field - Its name.
   * @param count - How many neurons.
   * @param otherwise - What they are where there is no such field.
   * @returns Them; one number in the file counts for all.
   */
  each(field: string, count: number, otherwise?: number): Float64Array {
    const data = otherwise === undefined ? this.tensor(field).data : (this.optional(field)?.data ?? [otherwise]);
    if (data.length !== count && data.length !== 1)
      throw this.fault(field, `${count} numbers`, `${data.length}`, "format");
    const wrong = data.find((value) => !Number.isFinite(value));
    if (wrong !== undefined) throw this.fault(field, "finite numbers", `${wrong}`, "format");
    return data.length === 1 ? new Float64Array(count).fill(data[0] as number) : Float64Array.from(data);
  }

  /**
   * A number that is the same for all neurons.
   *
   * @param field - Its name.
   * @param count - How many neurons.
   * @param otherwise - What it is where there is no such field.
   * @returns The number.
   */
  one(field: string, count: number, otherwise?: number): number {
    const all = this.each(field, count, otherwise);
    const [first = 0] = all;
    const other = all.find((value) => value !== first);
    if (other === undefined) return first;
    throw this.fault(field, "one number for all neurons of the layer", `${first} and ${other}`);
  }
}

/** A graph without graphs within. */
export interface FlatGraph {
  /** Nodes by name. */
  readonly nodes: ReadonlyMap<string, Place>;
  /** Which nodes lead to a node. */
  readonly into: ReadonlyMap<string, readonly string[]>;
}

/**
 * Makes a graph flat: a graph within gives its nodes, named `outer.inner`, and the edges through its inputs and outputs.
 *
 * @param graph - The graph.
 * @returns Its nodes, each edge between nodes that are there.
 * @throws {@link DecolleError} `format` with the edge that leads from or to no node.
 */
export function flatten(graph: NirGraph): FlatGraph {
  const nodes = new Map<string, Place>();
  const edges: Array<readonly [string, string]> = [];
  const [entries, exits] = [new Map<string, string>(), new Map<string, string>()];
  place(graph, "", nodes, edges, entries, exits);
  const into = new Map<string, string[]>(Array.from(nodes.keys(), (name) => [name, []]));
  for (const [from, to] of new Map(edges.map((edge) => [edge.join("\0"), edge])).values()) {
    const [source, target] = [exits.get(from) ?? from, entries.get(to) ?? to];
    for (const end of [source, target]) {
      if (!nodes.has(end)) throw unfit("format", `edges.${from} → ${to}`, "two nodes of the graph", `no ${end}`);
    }
    into.get(target)?.push(source);
  }
  return { nodes, into };
}

function place(
  graph: NirGraph,
  prefix: string,
  nodes: Map<string, Place>,
  edges: Array<readonly [string, string]>,
  entries: Map<string, string>,
  exits: Map<string, string>,
): void {
  for (const [from, to] of graph.edges) edges.push([`${prefix}${from}`, `${prefix}${to}`]);
  for (const [own, node] of graph.nodes) {
    const name = `${prefix}${own}`;
    if (node.graph === undefined) nodes.set(name, new Place(name, node));
    else {
      const end = (type: string) => only(node.graph as NirGraph, type, name);
      entries.set(name, `${name}.${end("Input")}`);
      exits.set(name, `${name}.${end("Output")}`);
      place(node.graph, `${name}.`, nodes, edges, entries, exits);
    }
  }
}

/** The one node of a type that a graph has. */
function only(graph: NirGraph, type: string, name: string): string {
  const all = Array.from(graph.nodes).filter(([, node]) => node.type === type);
  const [first] = all;
  if (first !== undefined && all.length === 1) return first[0];
  throw unfit("unsupported", `nodes.${name}`, `one ${type}`, `${all.length}`);
}
