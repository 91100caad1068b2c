/** A small network in the middle of its life, and bytes that pretend to be it. */
import { type EventColumns, Network, type NetworkSpecification } from "../../src/index.js";
import { drawCounts } from "../determinism/training.js";

/** Steps of a good batch. */
export const steps = 6;

/** Samples of a good batch. */
export const samples = 2;

/** Inputs of the network. */
export const inputs = 2 * 6 * 6;

/** A good specification. */
export const specification: NetworkSpecification = {
  input: { channels: 2, height: 6, width: 6 },
  layers: [
    { type: "conv2d", channels: 3, kernel: 3, padding: 1, pool: 2 },
    { type: "dense", units: 5 },
  ],
  readout: { units: 3 },
  optimizer: { type: "adaMax", learningRate: 0.01 },
  seed: 1,
};

/** A good batch. */
export const batch = { input: drawCounts(samples, steps, inputs, 7), target: { classes: [0, 2] } };

/** Good spikes of one sample: one at every step. */
export function spikes(): { offsets: Uint32Array; indices: Uint32Array; counts: Float32Array } {
  return {
    offsets: Uint32Array.from({ length: steps + 1 }, (_, step) => step),
    indices: Uint32Array.from({ length: steps }, (_, step) => step),
    counts: new Float32Array(steps).fill(1),
  };
}

/** Good events, one a millisecond, changed by the caller. */
export function events(change: (events: EventColumns) => void = () => {}): EventColumns {
  const columns = {
    x: Uint16Array.of(0, 1, 2, 3, 4, 5),
    y: Uint16Array.of(5, 4, 3, 2, 1, 0),
    p: Uint8Array.of(0, 1, 0, 1, 0, 1),
    t: Float64Array.of(0, 1000, 2000, 3000, 4000, 5000),
  };
  change(columns);
  return columns;
}

/**
 * A network that has weights, gradients, optimiser and neuron state to lose.
 *
 * @returns The network; the caller disposes it.
 */
export async function build(): Promise<Network> {
  const network = await Network.create(specification);
  network.metadata["name"] = "victim";
  await network.learn(batch, { updateEvery: 4, flushGradient: false });
  return network;
}

/** A safetensors file taken apart. */
export interface Parts {
  readonly header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }> & {
    __metadata__?: Record<string, string>;
  };
  readonly data: Uint8Array;
}

/** Takes a safetensors file apart. */
export function takeApart(bytes: Uint8Array): Parts {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Parts["header"];
  return { header, data: bytes.slice(8 + length) };
}

/** Puts a safetensors file together. */
export function putTogether({ header, data }: Parts): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

/**
 * A checkpoint with a damage.
 *
 * @param bytes - The good checkpoint.
 * @param damage - Changes its parts.
 * @returns The damaged checkpoint.
 */
export function damaged(bytes: Uint8Array, damage: (parts: Parts) => Parts | undefined): Uint8Array {
  const parts = takeApart(bytes);
  return putTogether(damage(parts) ?? parts);
}

/**
 * A checkpoint with a damage to what decolle keeps beside the tensors.
 *
 * @param bytes - The good checkpoint.
 * @param damage - Changes the entry.
 * @returns The damaged checkpoint.
 */
export function misdescribed(bytes: Uint8Array, damage: (entry: Record<string, unknown>) => void): Uint8Array {
  return damaged(bytes, ({ header }) => {
    const entry = JSON.parse(header.__metadata__?.["decolle"] ?? "{}") as Record<string, unknown>;
    damage(entry);
    header.__metadata__ = { decolle: JSON.stringify(entry) };
    return undefined;
  });
}
