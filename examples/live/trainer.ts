/** A network that learns, batch after batch, from a sample of all that was recorded. */
import { type EventColumns, type FileBytes, Network, Reservoir } from "decolle";
import { type Factors, factorsOf, type Synapse } from "./factors.js";
import { clip, side, specification, timeStep } from "./network.js";
import type { Weights } from "./watcher.js";

/** Microseconds of a clip before the network has heard enough to be taught. */
const settling = 80_000;
/** Steps whose gradients make one update. */
const updateEvery = 20;
/** Clips in a batch. */
const batchSize = 6;
/** Pixels by which a clip is moved at most, each time that it is learned from. */
const reach = 4;
/** Bytes that the recordings of a class may take, and a quarter of those that are kept to undo its takes. */
const room = 2 ** 20;

/** Threads that learn; a processor is left to the page and the network that watches. */
const threads = globalThis.crossOriginIsolated ? Math.max(1, navigator.hardwareConcurrency - 1) : 1;

/** Weights of the first layer, `[channels, polarities, rows, columns]`. */
export interface Kernels {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What came out of a batch. */
export interface Lesson {
  /** Milliseconds for a step of one clip. */
  readonly milliseconds: number;
  /** Synaptic operations. */
  readonly operations: number;
  readonly updates: number;
  /** What has been learned. */
  readonly weights: Weights;
  readonly kernels: Kernels;
  /** Of the synapse that was asked for; null where they are not known for such a network. */
  readonly factors: Factors | null;
}

/** A network as the page needs to know it. */
export interface Facts {
  readonly classes: readonly string[];
  readonly layers: readonly string[];
  readonly parameters: number;
  readonly threads: number;
  /** The rule of the first layer: its factors and its updates, as MathML. */
  readonly rule: readonly { readonly name: string; readonly formula: string }[];
  readonly kernels: Kernels;
}

/** A new network, or one from a checkpoint. */
export type Start = { readonly classes: readonly string[]; readonly seed: number } | { readonly bytes: Uint8Array };

/** What is remembered of a class: its clips, and what they were before each take. */
interface Memory {
  now: Reservoir;
  before: Uint8Array[];
}

/** The network that learns, and what it remembers. */
export class Trainer {
  #network: Network | undefined;
  #memories: Memory[] = [];

  /**
   * Starts anew, with all that is remembered where there are as many classes as before. No batch may be under way.
   *
   * @param start - Names of classes and a seed, or a checkpoint.
   * @returns What came to be.
   * @throws DecolleError, or an Error for a network that does not fit this page; all is as before then.
   */
  async start(start: Start): Promise<Facts> {
    const network =
      "bytes" in start
        ? await Network.fromBytes(start.bytes, { threads })
        : await Network.create(specification(start.classes.length, start.seed), { threads });
    const { input, layers } = network.specification;
    const isFit = "width" in input && input.width === side && input.height === side && input.channels === 2;
    if (!isFit || layers[0]?.type !== "conv2d") {
      network.dispose();
      throw new Error(`This page takes networks for 2×${side}×${side} inputs that begin with a convolution.`);
    }
    this.#network?.dispose();
    this.#network = network;
    const described = await network.describe();
    const stored =
      "classes" in start ? start.classes : (network.classes ?? JSON.parse(network.metadata["gestures"] ?? "[]"));
    const classes = Array.from({ length: described.readoutUnits }, (_, unit) =>
      String(stored[unit] ?? `Gesture ${unit + 1}`),
    );
    if (this.#memories.length !== classes.length)
      this.#memories = classes.map((_, seed) => ({ now: empty(seed), before: [] }));
    const { factors, update } = (await network.rule(0)).mathml;
    return {
      classes,
      layers: described.layers.map(({ type, shape }) => `${type === "dense" ? "dense" : "conv"} ${shape.join("×")}`),
      parameters: described.parameters,
      threads: described.threads,
      rule: [...factors, ...update],
      kernels: await network.tensor("layers.0.weight"),
    };
  }

  /**
   * Learns from one batch, clips of all classes in turn.
   *
   * @param synapse - The synapse whose factors are wanted.
   * @returns What came out; null while there are fewer than two classes to tell apart.
   */
  async learn(synapse: Synapse): Promise<Lesson | null> {
    const network = this.#network;
    const filled = this.#memories.filter(({ now }) => now.length > 0);
    if (network === undefined || filled.length < 2) return null;
    const drawn = Array.from({ length: batchSize }, (_, place) => filled[place % filled.length]?.now.draw());
    const clips = drawn.filter((one) => one !== null && one !== undefined);
    const targets = clips.map(({ target }) => target);
    const { timeStep: step } = network.specification;
    const steps = Math.floor(clip / step);
    const started = performance.now();
    const { layers, updates } = await network.learn(
      { input: { events: clips.map(({ events }) => varied(events)), steps }, target: { classes: targets } },
      { burnIn: Math.floor(settling / step), updateEvery },
    );
    const milliseconds = (performance.now() - started) / steps / batchSize;
    const names = layers.flatMap((_, layer) => [`layers.${layer}.weight`, `layers.${layer}.bias`]);
    return {
      milliseconds,
      operations: layers.reduce((sum, { synapticOperations: { forward, gradient } }) => sum + forward + gradient, 0),
      updates,
      weights: await Promise.all(names.map(async (name) => [name, (await network.tensor(name)).data] as const)),
      kernels: await network.tensor("layers.0.weight"),
      factors: await factorsOf(network, synapse, targets[0] ?? 0),
    };
  }

  /**
   * Remembers a clip.
   *
   * @param events - Its events.
   * @param label - Its class.
   * @returns Clips of each class.
   */
  async keep(events: EventColumns, label: number): Promise<number[]> {
    this.#memories[label]?.now.add(events, label);
    return this.counts();
  }

  /** Clips of each class. */
  async counts(): Promise<number[]> {
    return this.#memories.map(({ now }) => now.length);
  }

  /**
   * Remembers where a take starts, so that it can be undone.
   *
   * @param label - Its class.
   */
  async take(label: number): Promise<void> {
    const memory = this.#memories[label];
    if (memory === undefined) return;
    memory.before.push(memory.now.toBytes());
    while (memory.before.reduce((sum, { length }) => sum + length, 0) > 4 * room) memory.before.shift();
  }

  /**
   * Forgets the last take of a class, or all of them.
   *
   * @param label - The class.
   * @param all - Whether all.
   * @returns Clips of each class that are left.
   */
  async forget(label: number, all: boolean): Promise<number[]> {
    const memory = this.#memories[label];
    if (memory !== undefined) {
      const before = all ? undefined : memory.before.pop();
      memory.now = before ? Reservoir.fromBytes(before) : empty(label);
      if (all) memory.before = [];
    }
    return this.counts();
  }

  /**
   * The network as a file. No batch may be under way.
   *
   * @param classes - Names of the gestures, which it keeps.
   * @returns A checkpoint in safetensors.
   */
  async toBytes(classes: readonly string[]): Promise<FileBytes> {
    if (this.#network === undefined) throw new Error("the network has not been started");
    this.#network.metadata["gestures"] = JSON.stringify(classes);
    return this.#network.toBytes();
  }
}

const empty = (seed: number) => new Reservoir({ bytes: room, timeStep, seed });

/** A clip somewhere else on the plane, with light and dark as they are or exchanged: gestures are the same wherever they are made. */
function varied({ x, y, p, t }: EventColumns): EventColumns {
  const draw = () => Math.floor(Math.random() * (2 * reach + 1)) - reach;
  const [right, down, flip] = [draw(), draw(), Math.floor(2 * Math.random())];
  const { length } = t;
  const [columns, rows] = [new Uint16Array(length), new Uint16Array(length)];
  const [polarities, times] = [new Uint8Array(length), new Float64Array(length)];
  let kept = 0;
  // One pass without lists: this is the page's own thread, which has a frame to draw every 16 ms.
  for (let event = 0; event < length; event++) {
    const [column, row] = [(x[event] ?? 0) + right, (y[event] ?? 0) + down];
    if (column < 0 || column >= side || row < 0 || row >= side) continue;
    columns[kept] = column;
    rows[kept] = row;
    polarities[kept] = (p[event] ?? 0) ^ flip;
    times[kept] = t[event] ?? 0;
    kept++;
  }
  return {
    x: columns.slice(0, kept),
    y: rows.slice(0, kept),
    p: polarities.slice(0, kept),
    t: times.slice(0, kept),
  };
}
