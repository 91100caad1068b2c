/**
 * Another learning rate for a network in the middle of its life. The engine builds a network for a specification, so the
 * rate is changed where the specification is written down, in a checkpoint, and the network restored from it; everything
 * else in a checkpoint is restored bit by bit.
 */
import { unfit } from "../errors.js";
import { finiteNumber } from "../numbers.js";

/** What the header of a checkpoint holds, as far as it matters here. */
interface Header {
  readonly __metadata__: { decolle: string };
}

/** The entry that the engine writes, as far as it matters here. */
interface Entry {
  readonly specification: { readonly optimizer: { learningRate: number } };
}

/** Learning rates lie below this, as in the engine. */
const tooMuch = 1e6;

/**
 * The same checkpoint with another learning rate.
 *
 * @param bytes - A checkpoint as the engine writes it.
 * @param rate - The learning rate, at least 0 and below 10⁶.
 * @returns A checkpoint.
 * @throws {@link DecolleError} `config`, `range` or `not-finite` for a rate that is none.
 */
export function withLearningRate(bytes: Uint8Array, rate: number): Uint8Array {
  if (finiteNumber(rate, 0, "learningRate") >= tooMuch) {
    throw unfit("range", "learningRate", `at least 0 and below ${tooMuch}`, `${rate}`);
  }
  // A safetensors file: length of the header in eight bytes, the header in JSON, the tensors.
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const tensors = bytes.subarray(8 + length);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Header;
  const entry = JSON.parse(header.__metadata__.decolle) as Entry;
  entry.specification.optimizer.learningRate = rate;
  header.__metadata__.decolle = JSON.stringify(entry);
  const text = new TextEncoder().encode(JSON.stringify(header));
  // Tensors start at a multiple of eight bytes; blanks after the header see to that.
  const padded = 8 * Math.ceil(text.length / 8);
  const changed = new Uint8Array(8 + padded + tensors.length).fill(0x20, 8, 8 + padded);
  new DataView(changed.buffer).setBigUint64(0, BigInt(padded), true);
  changed.set(text, 8);
  changed.set(tensors, 8 + padded);
  return changed;
}
