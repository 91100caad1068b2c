/**
 * What watches and learns: two networks with the same weights. One never leaves the stream and says what it sees. The other
 * goes through a sample of all that was recorded, in batches, and hands its weights over after each.
 */
import { type EventColumns, Network, Reservoir, type Stream } from "decolle";
import { type Factors, factorsOf, type Synapse } from "./factors.js";
import { side, specification, timeStep } from "./network.js";

/** Microseconds of a recording that is learned from, and of the stretch of stream that is judged as one. */
export const clip = 400_000;
/** Steps of a clip before the network has heard enough to be taught or judged. */
const burnIn = 40;
/** Steps whose gradients make one update. */
const updateEvery = 20;
/** Clips in a batch. */
const batchSize = 6;
/** Pixels by which a clip is moved at most, each time that it is learned from. */
const reach = 4;
/** Bytes that the recordings of a class may take, and those that are kept to undo takes. */
const room = 2 ** 20;
/** Neurons of each layer in the raster. */
export const rasterRows = 40;

/** A stretch of the stream, times in microseconds. */
export interface Piece {
  readonly events: EventColumns;
  readonly from: number;
  readonly until: number;
  /** The class that is shown, where that is known. */
  readonly label: number | null;
  /** Whether to remember it. */
  readonly keep: boolean;
}

/** What the network made of a piece. */
export interface Seen {
  readonly steps: number;
  readonly milliseconds: number;
  /** Synaptic operations. */
  readonly operations: number;
  /** Share of the steps that voted for each class, layer by layer. */
  readonly votes: readonly (readonly number[])[];
  /** Of some neurons of each layer, whether they spiked in the last step. */
  readonly spikes: readonly Uint8Array[];
  /** Where a clip of one class ended: the class, and what each layer took it for. */
  readonly judged: { readonly label: number; readonly perLayer: readonly number[] } | null;
  /** Clips of each class in memory. */
  readonly counts: readonly number[];
}

/** What came out of a batch. */
export interface Lesson {
  /** Milliseconds for a step of one clip. */
  readonly milliseconds: number;
  readonly operations: number;
  readonly updates: number;
  /** Local cost of each layer. */
  readonly loss: readonly number[];
  /** Weights of the first layer, `[channels, polarities, rows, columns]`. */
  readonly kernels: Float32Array;
  readonly shape: readonly number[];
  readonly factors: Factors;
}

/** A network as the page needs to know it. */
export interface Facts {
  readonly classes: readonly string[];
  readonly layers: readonly string[];
  readonly parameters: number;
  readonly threads: number;
  /** The rule of the first layer, as MathML. */
  readonly rule: readonly { readonly name: string; readonly formula: string }[];
}

/** Runs one piece of work after the other. */
class Lane {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}

/** The networks, and what they remember. */
export class Learner {
  readonly #watching = new Lane();
  readonly #learning = new Lane();
  #watcher: Network | undefined;
  #learner: Network | undefined;
  #stream: Stream | undefined;
  #memories: { now: Reservoir; before: Uint8Array[] }[] = [];
  /** Weights that the watcher has not got yet. */
  #handover: ReadonlyMap<string, Float32Array> = new Map();
  /** Where the stream stands; it has no gaps, whatever is dropped before it. */
  #time = 0;
  #open: { label: number; from: number; events: EventColumns[]; votes: number[][] } | null = null;

  /**
   * Starts anew, from drawn weights or from a checkpoint.
   *
   * @param start - Names of classes, and a seed; or the bytes of a checkpoint.
   * @returns What came to be.
   * @throws DecolleError; all is as before then.
   */
  async start(start: { classes: readonly string[]; seed: number } | { bytes: Uint8Array }): Promise<Facts> {
    const make = () =>
      "bytes" in start
        ? Network.fromBytes(start.bytes)
        : Network.create(specification(start.classes.length, start.seed));
    const [watcher, learner] = [await make(), await make()];
    const { input } = learner.specification;
    if (!("width" in input) || input.width !== side || input.height !== side || input.channels !== 2) {
      watcher.dispose();
      learner.dispose();
      throw new Error(`expected a network for 2×${side}×${side} inputs, found ${JSON.stringify(input)}`);
    }
    return this.#watching.run(() => this.#learning.run(() => this.#replace(watcher, learner, start)));
  }

  async #replace(watcher: Network, learner: Network, start: { classes: readonly string[] } | object): Promise<Facts> {
    this.#watcher?.dispose();
    this.#learner?.dispose();
    [this.#watcher, this.#learner] = [watcher, learner];
    this.#stream = watcher.stream();
    [this.#time, this.#open, this.#handover] = [0, null, new Map()];
    const described = await learner.describe();
    const units = described.readoutUnits;
    const stored = learner.classes ?? JSON.parse(learner.metadata["gestures"] ?? "[]");
    const classes: readonly string[] = "classes" in start ? start.classes : stored;
    const names = Array.from({ length: units }, (_, index) => classes[index] ?? `Gesture ${index + 1}`);
    if (this.#memories.length !== units) {
      this.#memories = names.map((_, seed) => ({ now: new Reservoir({ bytes: room, timeStep, seed }), before: [] }));
    }
    const { factors, update } = (await learner.rule(0)).mathml;
    return {
      classes: names,
      layers: described.layers.map(({ type, shape }) => `${type === "dense" ? "dense" : "conv"} ${shape.join("×")}`),
      parameters: described.parameters,
      threads: described.threads,
      rule: [...factors, ...update],
    };
  }

  /**
   * Shows the watcher the next piece of the stream.
   *
   * @param piece - Events, their time, and what they show.
   * @returns What each layer makes of it.
   */
  see(piece: Piece): Promise<Seen> {
    return this.#watching.run(async () => {
      const [watcher, stream] = [this.#watcher, this.#stream];
      if (watcher === undefined || stream === undefined) throw new Error("the network has not been started");
      for (const [name, weights] of this.#handover) await watcher.setTensor(name, weights);
      this.#handover = new Map();
      const started = performance.now();
      const events = { ...piece.events, t: piece.events.t.map((time) => time - piece.from + this.#time) };
      this.#time += piece.until - piece.from;
      const { steps, result } = await stream.push(events, { until: this.#time });
      const milliseconds = performance.now() - started;
      const classes = result?.classes ?? 0;
      const votes = Array.from({ length: result?.layers.length ?? 0 }, (_, layer) =>
        Array.from(result?.votes.data.subarray(layer * classes, (layer + 1) * classes) ?? []),
      );
      const judged = this.#follow(piece, events, votes);
      return {
        steps,
        milliseconds,
        operations: result?.layers.reduce((sum, layer) => sum + layer.synapticOperations.forward, 0) ?? 0,
        votes: votes.map((layer) => layer.map((count) => count / Math.max(1, steps))),
        spikes: result === null ? [] : await spikesOf(watcher, result.layers.length),
        judged,
        counts: await this.counts(),
      };
    });
  }

  /** Adds a piece to the clip that is open; one that is full is remembered, and judged by its votes. */
  #follow({ label, keep }: Piece, events: EventColumns, votes: readonly number[][]): Seen["judged"] {
    const open = this.#open;
    if (label === null || open === null || open.label !== label) {
      this.#open = label === null ? null : { label, from: this.#time, events: [], votes: [] };
      return null;
    }
    open.events.push(events);
    // The first steps still see what came before.
    if (this.#time - open.from > burnIn * timeStep) {
      votes.forEach((layer, index) => {
        open.votes[index] = layer.map((count, place) => count + (open.votes[index]?.[place] ?? 0));
      });
    }
    if (this.#time - open.from < clip) return null;
    this.#open = { label, from: this.#time, events: [], votes: [] };
    if (keep) this.#memories[label]?.now.add(joined(open.events), label);
    return { label, perLayer: open.votes.map((layer) => layer.indexOf(Math.max(...layer))) };
  }

  /**
   * Learns from one batch, half a dozen clips of all classes in turn.
   *
   * @param synapse - The synapse whose factors are wanted.
   * @returns What came out; null while there are fewer than two classes to tell apart.
   */
  learn(synapse: Synapse): Promise<Lesson | null> {
    return this.#learning.run(async () => {
      const network = this.#learner;
      const filled = this.#memories.filter(({ now }) => now.length > 0);
      if (network === undefined || filled.length < 2) return null;
      const clips = Array.from({ length: batchSize }, (_, place) => filled[place % filled.length]?.now.draw()).filter(
        (drawn) => drawn !== null && drawn !== undefined,
      );
      const targets = clips.map(({ target }) => target);
      const started = performance.now();
      const steps = clip / timeStep;
      const result = await network.learn(
        { input: { events: clips.map(({ events }) => varied(events)), steps }, target: { classes: targets } },
        { burnIn, updateEvery },
      );
      const milliseconds = (performance.now() - started) / steps / batchSize;
      const weights = network.specification.layers.flatMap((_, layer) => [`layers.${layer}.weight`, `layers.${layer}.bias`]);
      this.#handover = new Map(await Promise.all(weights.map(async (name) => [name, (await network.tensor(name)).data] as const)));
      const kernels = await network.tensor("layers.0.weight");
      return {
        milliseconds,
        operations: result.layers.reduce((sum, { synapticOperations: { forward, gradient } }) => sum + forward + gradient, 0),
        updates: result.updates,
        loss: result.layers.map(({ loss }) => loss ?? Number.NaN),
        kernels: kernels.data,
        shape: kernels.shape,
        factors: await factorsOf(network, synapse, targets[0] ?? 0),
      };
    });
  }

  /** Clips of each class in memory. */
  async counts(): Promise<number[]> {
    return this.#memories.map(({ now }) => now.length);
  }

  /** Remembers where a take starts, so that it can be undone. */
  async take(label: number): Promise<void> {
    const memory = this.#memories[label];
    this.#open = null;
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
      memory.now = before ? Reservoir.fromBytes(before) : new Reservoir({ bytes: room, timeStep, seed: label });
      if (all) memory.before = [];
    }
    return this.counts();
  }

  /**
   * The network as a file.
   *
   * @param classes - Names of the gestures, which it keeps.
   * @returns A checkpoint in safetensors.
   */
  toBytes(classes: readonly string[]): Promise<Uint8Array> {
    return this.#learning.run(async () => {
      if (this.#learner === undefined) throw new Error("the network has not been started");
      this.#learner.metadata["gestures"] = JSON.stringify(classes);
      return this.#learner.toBytes();
    });
  }
}

/** Of some neurons of each layer, evenly spread, whether they spiked in the last step. */
function spikesOf(network: Network, layers: number): Promise<Uint8Array[]> {
  return Promise.all(
    Array.from({ length: layers }, async (_, layer) => {
      const { data } = await network.tensor(`state.layers.${layer}.pooledSpikes`);
      return Uint8Array.from({ length: rasterRows }, (_, row) => data[Math.floor((row * data.length) / rasterRows)] ?? 0);
    }),
  );
}

/** A clip somewhere else on the plane, with light and dark as they are or exchanged: gestures are the same wherever they are made. */
function varied({ x, y, p, t }: EventColumns): EventColumns {
  const draw = () => Math.floor(Math.random() * (2 * reach + 1)) - reach;
  const [right, down, flip] = [draw(), draw(), Math.floor(2 * Math.random())];
  const isIn = (value: number) => value >= 0 && value < side;
  const kept = Array.from(t.keys()).filter((event) => isIn((x[event] ?? 0) + right) && isIn((y[event] ?? 0) + down));
  return {
    x: Uint16Array.from(kept, (event) => (x[event] ?? 0) + right),
    y: Uint16Array.from(kept, (event) => (y[event] ?? 0) + down),
    p: Uint8Array.from(kept, (event) => (p[event] ?? 0) ^ flip),
    t: Float64Array.from(kept, (event) => t[event] ?? 0),
  };
}

function joined(pieces: readonly EventColumns[]): EventColumns {
  const length = pieces.reduce((sum, { t }) => sum + t.length, 0);
  const all = { x: new Uint16Array(length), y: new Uint16Array(length), p: new Uint8Array(length), t: new Float64Array(length) };
  let place = 0;
  for (const { x, y, p, t } of pieces) {
    all.x.set(x, place);
    all.y.set(y, place);
    all.p.set(p, place);
    all.t.set(t, place);
    place += t.length;
  }
  return all;
}
