/** This engine's side of the comparison, in a Worker: makes a network and its input, learns, and is timed. */
import { type BatchInput, Network, type NetworkSpecification, preset } from "decolle";
import { offer } from "../offer.js";

/** Steps of random input: those that bring the network to work, and those that are measured, over and over. */
const [burnIn, length] = [100, 60];
/** Share of the inputs that spike in a step. */
const density = 0.01;

/** A network as plain numbers, as bench/tfjs/decolle.mjs takes it. */
export interface Plain {
  readonly specification: NetworkSpecification;
  readonly layers: { inputShape: number[]; shape: number[]; pooledShape: number[] }[];
  readonly tensors: Record<string, { shape: number[]; data: Float32Array }>;
  readonly samples: number;
}

/** What came out of one step of learning. */
export interface Learned {
  /** Of each layer. */
  readonly losses: number[];
  /** Weight and bias of each layer in turn. */
  readonly parameters: Float32Array[];
}

/** A network that is being compared. */
export class BenchEngine {
  #bytes: Uint8Array = new Uint8Array();
  #steps: Uint32Array[] = [];
  #size = 0;
  #network: Network | undefined;

  /**
   * Makes a network and its input.
   *
   * @param name - Of a preset.
   */
  async prepare(name: string): Promise<void> {
    const { network: given } = preset(name);
    const network = await Network.create({ ...given, readout: { ...given.readout, dropout: 0 } }, { threads: 1 });
    const { inputSize } = await network.describe();
    this.#size = inputSize;
    const random = generator(7);
    this.#steps = Array.from({ length: burnIn + length }, () =>
      Uint32Array.from(Array.from({ length: inputSize }, (_, input) => input).filter(() => random() < density)),
    );
    await network.run({ input: this.#input(0, burnIn) });
    this.#bytes = await network.toBytes();
    network.dispose();
  }

  /**
   * Learns one step after the other, each with an update.
   *
   * @param count - How many steps.
   * @returns The network before each step with the step's input as dense counts, and what came out.
   */
  async lessons(count: number): Promise<{ before: Plain; frame: Float32Array; after: Learned }[]> {
    const network = await Network.fromBytes(this.#bytes, { threads: 1 });
    const all = [];
    for (let step = burnIn; step < burnIn + count; step++) {
      const before = await plainOf(network);
      const input = this.#input(step, step + 1);
      const { layers } = await network.learn({ input, target: { classes: [0] } }, { keepState: true });
      const names = layers.flatMap((_, layer) => [`layers.${layer}.weight`, `layers.${layer}.bias`]);
      const parameters = await Promise.all(names.map(async (tensor) => (await network.tensor(tensor)).data));
      all.push({
        before,
        frame: this.#frame(step),
        after: { losses: layers.map(({ loss }) => loss ?? Number.NaN), parameters },
      });
    }
    network.dispose();
    return all;
  }

  /**
   * The network as it is measured, and its input.
   *
   * @param count - How many steps.
   * @returns Plain numbers.
   */
  async measured(count: number): Promise<{ plain: Plain; frames: Float32Array[] }> {
    const network = await Network.fromBytes(this.#bytes, { threads: 1 });
    const plain = await plainOf(network);
    network.dispose();
    return { plain, frames: Array.from({ length: count }, (_, step) => this.#frame(burnIn + step)) };
  }

  /**
   * Opens the network to be timed.
   *
   * @param threads - How many.
   * @returns What runs.
   */
  async open(threads: number | "auto"): Promise<{ threads: number; simd: string }> {
    this.#network?.dispose();
    this.#network = await Network.fromBytes(this.#bytes, { threads });
    const { threads: found, simd } = this.#network.backend;
    return { threads: found, simd };
  }

  /**
   * Runs all steps of the input.
   *
   * @param learns - Whether it learns, with an update at every step.
   * @returns Milliseconds for a step.
   */
  async time(learns: boolean): Promise<number> {
    if (this.#network === undefined) throw new Error("there is no network to time");
    const input = this.#input(burnIn, burnIn + length);
    const start = performance.now();
    if (learns) await this.#network.learn({ input, target: { classes: [0] } }, { keepState: true });
    else await this.#network.run({ input }, { keepState: true });
    return (performance.now() - start) / length;
  }

  /** A step of the input as dense counts. */
  #frame(step: number): Float32Array {
    const inputs = this.#steps[step] ?? new Uint32Array();
    const counts = new Float32Array(this.#size);
    for (const input of inputs) counts[input] = 1;
    return counts;
  }

  #input(first: number, last: number): BatchInput {
    const steps = this.#steps.slice(first, last);
    const offsets = new Uint32Array(steps.length + 1);
    steps.forEach(({ length: count }, step) => {
      offsets[step + 1] = (offsets[step] ?? 0) + count;
    });
    return { spikes: [{ offsets, indices: Uint32Array.from(steps.flatMap((step) => [...step])) }] };
  }
}

/** Numbers from 0 to 1, always the same for a seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function plainOf(network: Network): Promise<Plain> {
  const wanted =
    /^(layers|readouts)\.\d+\.(weight|bias)$|^state\.layers\.\d+\.(synapticTrace|membraneTrace|refractory|spikes)$|^optimizer\./;
  const names = (await network.tensors()).filter((name) => wanted.test(name));
  const tensors: Plain["tensors"] = {};
  for (const name of names) {
    const { shape, data } = await network.tensor(name);
    tensors[name] = { shape: [...shape], data };
  }
  const { layers } = await network.describe();
  return {
    specification: network.specification,
    layers: layers.map(({ inputShape, shape, pooledShape }) => ({
      inputShape: [...inputShape],
      shape: [...shape],
      pooledShape: [...pooledShape],
    })),
    tensors,
    samples: 1,
  };
}

offer(new BenchEngine());
