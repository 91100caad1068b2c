/** A graph taken apart into layers of neurons, one behind the other, each perhaps recurrent. */
import { unfit } from "../../errors.js";
import { type FlatGraph, flatten, type NirGraph, type Place } from "./graph.js";

/** Nodes that spike. */
const spiking = ["LIF", "CubaLIF", "IF", "Threshold"];

/** Windows of neurons, each of which sends on one spike. */
export interface GraphPool {
  /** The node that adds up spikes or potentials. */
  readonly node: Place;
  /** The threshold behind it. */
  readonly exit: Place;
  /** The potentials that are added up, which lead to the neurons, too; absent where spikes are. */
  readonly potential?: Place;
}

/** A layer: its neurons, and what leads to them. */
export interface GraphLayer {
  /** The neurons. */
  readonly neurons: Place;
  /** Nodes between the layer below, or the input, and the neurons. */
  readonly below: readonly Place[];
  /** Ways from the neurons back to themselves: the nodes on each. */
  readonly back: ReadonlyArray<readonly Place[]>;
  /** Pooling behind the neurons. */
  readonly pool: GraphPool | undefined;
}

/** A graph of layers. */
export interface LayeredGraph {
  /** Shape of the input. */
  readonly input: readonly number[];
  /** Layers, from the input on; at least one. */
  readonly layers: readonly GraphLayer[];
}

/** A way into a node: where it comes from, and the nodes on it. */
interface Way {
  readonly origin: Place;
  readonly chain: readonly Place[];
}

/**
 * Takes a graph apart.
 *
 * @param graph - The graph.
 * @returns Its layers.
 * @throws {@link DecolleError} `unsupported` or `format` with the node where it is no chain of layers.
 */
export function layersOf(graph: NirGraph): LayeredGraph {
  const flat = flatten(graph);
  const outside = Array.from(graph.nodes.entries());
  const end = (type: string) => {
    const all = outside.filter(([, node]) => node.type === type);
    const [first] = all;
    if (first === undefined || all.length !== 1) throw unfit("unsupported", "nodes", `one ${type}`, `${all.length}`);
    return flat.nodes.get(first[0]) as Place;
  };
  const [input, output] = [end("Input"), end("Output")];
  const pools = poolsOf(flat);
  const exits = new Set(Array.from(pools.values(), ({ exit }) => exit));
  const neurons = Array.from(flat.nodes.values()).filter((node) => spiking.includes(node.type) && !exits.has(node));
  const ways = new Map(neurons.map((node) => [node, waysInto(flat, pools.get(node)?.potential ?? node, input)]));
  const layers = inOrder(input, neurons, ways, pools);
  checkOutput(flat, output, input, layers);
  const shape = Array.from(input.tensor("shape").data, Number);
  if (shape.length < 1 || shape.length > 3) throw input.fault("shape", "one to three axes", `${shape.length}`);
  return { input: input.whole("shape", shape.length), layers };
}

/** Nodes that can stand for windows of pooling; `toNir` writes convolutions where the windows lie along a line. */
const pooling = ["SumPool2d", "AvgPool2d", "Conv1d"];

/** Thresholds that have nothing but windows before them, by the neurons that those are windows of. */
function poolsOf(flat: FlatGraph): Map<Place, GraphPool> {
  const out = new Map<string, Place[]>();
  for (const [name, sources] of flat.into) {
    for (const source of sources) {
      const all = out.get(source) ?? [];
      out.set(source, all);
      all.push(flat.nodes.get(name) as Place);
    }
  }
  const before = (node: Place) => {
    const [first, second] = flat.into.get(node.name) ?? [];
    return first === undefined || second !== undefined ? undefined : flat.nodes.get(first);
  };
  const pools = new Map<Place, GraphPool>();
  for (const exit of flat.nodes.values()) {
    if (exit.type !== "Threshold") continue;
    const node = before(exit);
    const source = node !== undefined && pooling.includes(node.type) ? before(node) : undefined;
    if (node === undefined || source === undefined) continue;
    const isSpikes = spiking.includes(source.type);
    const shared = out.get(source.name)?.find(({ type }) => type === "Threshold");
    const neurons = isSpikes ? source : source.type === "Scale" ? shared : undefined;
    if (neurons === undefined || (!isSpikes && before(neurons) !== source)) continue;
    if (pools.has(neurons)) throw exit.fault("edges", `one pooling of ${neurons.name}`, "two");
    pools.set(neurons, { node, exit, ...(!isSpikes && { potential: source }) });
  }
  return pools;
}

/** Every way into a node of neurons, back to neurons or the input. */
function waysInto(flat: FlatGraph, node: Place, input: Place): Way[] {
  return (flat.into.get(node.name) ?? []).map((first) => {
    const chain: Place[] = [];
    let origin = flat.nodes.get(first) as Place;
    for (let steps = 0; origin !== input && !spiking.includes(origin.type); steps++) {
      if (steps > flat.nodes.size) throw origin.fault("edges", "neurons on every circle", "none");
      const before = flat.into.get(origin.name) ?? [];
      if (before.length !== 1) throw origin.fault("edges", "one edge into it", `${before.length}`);
      // Ends of graphs within do nothing.
      if (origin.type !== "Input" && origin.type !== "Output") chain.unshift(origin);
      origin = flat.nodes.get(before[0] as string) as Place;
    }
    return { origin, chain };
  });
}

function inOrder(
  input: Place,
  neurons: readonly Place[],
  ways: ReadonlyMap<Place, readonly Way[]>,
  pools: ReadonlyMap<Place, GraphPool>,
): GraphLayer[] {
  const layers: GraphLayer[] = [];
  let origin = input;
  for (;;) {
    const last = layers.at(-1)?.neurons;
    const next = neurons.filter((node) => node !== last && ways.get(node)?.some((way) => way.origin === origin));
    const [first, second] = next;
    if (first === undefined) break;
    if (second !== undefined) throw second.fault("edges", `one layer behind ${origin.name}`, `${first.name}, too`);
    const all = ways.get(first) ?? [];
    const below = all.filter((way) => way.origin === origin);
    const other = all.find((way) => way.origin !== origin && way.origin !== first);
    if (other !== undefined)
      throw first.fault("edges", `edges from ${origin.name} or itself`, `one from ${other.origin.name}`);
    if (below.length !== 1) throw first.fault("edges", `one way from ${origin.name}`, `${below.length}`);
    const back = all.filter((way) => way.origin === first).map(({ chain }) => chain);
    const pool = pools.get(first);
    layers.push({ neurons: first, below: below[0]?.chain ?? [], back, pool });
    origin = pool?.exit ?? first;
  }
  const reached = new Set(layers.map((layer) => layer.neurons));
  const left = neurons.find((node) => !reached.has(node));
  if (left !== undefined) throw left.fault("edges", "a way from the input", "none");
  if (layers.length === 0)
    throw unfit("unsupported", "nodes", `neurons: ${spiking.join(", ")}`, "none behind the input");
  return layers;
}

function checkOutput(flat: FlatGraph, output: Place, input: Place, layers: readonly GraphLayer[]): void {
  const lastLayer = layers.at(-1);
  const last = lastLayer?.pool?.exit ?? lastLayer?.neurons;
  for (const { origin, chain } of waysInto(flat, output, input)) {
    const [first] = chain;
    if (first !== undefined) throw first.fault("type", "spikes of the last layer as output", first.type);
    if (origin !== last) throw output.fault("edges", `one from ${last?.name}`, `one from ${origin.name}`);
  }
}
