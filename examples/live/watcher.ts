/** A network that never leaves the stream and says what it sees; it takes its weights from the one that learns. */
import { type EventColumns, Network, type Stream } from "decolle";
import { clip } from "./network.js";

/** Microseconds at the start of a clip in which the network still sees what came before. */
const settling = 80_000;
/** Neurons of each layer in the raster. */
const rows = 40;

/** Weights and biases by name. */
export type Weights = readonly (readonly [name: string, values: Float32Array])[];

/** A stretch of the stream, times in microseconds. */
export interface Piece {
  readonly events: EventColumns;
  readonly from: number;
  readonly until: number;
  /** The class that is shown, where that is known. */
  readonly label: number | null;
}

/** A stretch of the stream that shows one class. */
export interface Clip {
  readonly label: number;
  readonly events: EventColumns;
  /** What each layer took it for. */
  readonly perLayer: readonly number[];
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
  /** The clip that ended with this piece, if one did. */
  readonly clip: Clip | null;
}

/** A clip that is not full yet. */
interface OpenClip {
  readonly label: number;
  readonly from: number;
  readonly events: EventColumns[];
  readonly votes: number[][];
}

/** The network that watches. */
export class Watcher {
  #network: Network | undefined;
  #stream: Stream | undefined;
  /** Where the stream stands; it has no gaps, whatever is dropped before it. */
  #time = 0;
  #open: OpenClip | null = null;

  /**
   * Starts anew. No piece may be under way.
   *
   * @param bytes - A checkpoint.
   * @throws DecolleError; all is as before then.
   */
  async start(bytes: Uint8Array): Promise<void> {
    const network = await Network.fromBytes(bytes, { threads: 1 });
    this.#network?.dispose();
    this.#network = network;
    this.#stream = network.stream();
    [this.#time, this.#open] = [0, null];
  }

  /**
   * Looks at the next piece of the stream; one piece at a time.
   *
   * @param piece - Events, their time, and what they show.
   * @param weights - What has been learned meanwhile, if anything.
   * @returns What each layer makes of it.
   */
  async see(piece: Piece, weights: Weights | null): Promise<Seen> {
    const [network, stream] = [this.#network, this.#stream];
    if (network === undefined || stream === undefined) throw new Error("the network has not been started");
    for (const [name, values] of weights ?? []) await network.setTensor(name, values);
    const started = performance.now();
    const from = this.#time;
    const events = { ...piece.events, t: piece.events.t.map((time) => time - piece.from + from) };
    this.#time += piece.until - piece.from;
    const { steps, result } = await stream.push(events, { until: this.#time });
    const milliseconds = performance.now() - started;
    const { layers = [], classes = 0, votes: counted } = result ?? {};
    const votes = layers.map((_, layer) => [...(counted?.data.subarray(layer * classes, (layer + 1) * classes) ?? [])]);
    return {
      steps,
      milliseconds,
      operations: layers.reduce((sum, { synapticOperations: { forward } }) => sum + forward, 0),
      votes: votes.map((layer) => layer.map((count) => count / Math.max(1, steps))),
      spikes: await Promise.all(layers.map((_, layer) => spikesOf(network, layer))),
      clip: this.#follow(piece.label, from, events, votes),
    };
  }

  /** Adds a piece to the clip that is open, and gives it once it is full. */
  #follow(label: number | null, from: number, events: EventColumns, votes: readonly number[][]): Clip | null {
    if (label === null) this.#open = null;
    else if (this.#open?.label !== label) this.#open = { label, from, events: [], votes: [] };
    const open = this.#open;
    if (open === null) return null;
    open.events.push(events);
    const length = this.#time - open.from;
    if (length > settling) {
      votes.forEach((layer, index) => {
        open.votes[index] = layer.map((count, place) => count + (open.votes[index]?.[place] ?? 0));
      });
    }
    if (length < clip) return null;
    this.#open = { label: open.label, from: this.#time, events: [], votes: [] };
    return {
      label: open.label,
      events: joined(open.events),
      perLayer: open.votes.map((layer) => layer.indexOf(Math.max(...layer))),
    };
  }
}

/** Of some neurons of a layer, evenly spread, whether they spiked in the last step. */
async function spikesOf(network: Network, layer: number): Promise<Uint8Array> {
  const { data } = await network.tensor(`state.layers.${layer}.pooledSpikes`);
  return Uint8Array.from({ length: rows }, (_, row) => data[Math.floor((row * data.length) / rows)] ?? 0);
}

function joined(pieces: readonly EventColumns[]): EventColumns {
  const length = pieces.reduce((sum, { t }) => sum + t.length, 0);
  const [x, y, p, t] = [
    new Uint16Array(length),
    new Uint16Array(length),
    new Uint8Array(length),
    new Float64Array(length),
  ];
  let place = 0;
  for (const piece of pieces) {
    x.set(piece.x, place);
    y.set(piece.y, place);
    p.set(piece.p, place);
    t.set(piece.t, place);
    place += piece.t.length;
  }
  return { x, y, p, t };
}
