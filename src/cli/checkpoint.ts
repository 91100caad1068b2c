/** The header of a checkpoint, read without the network being built. */
import * as v from "valibot";
import { faultAt } from "../errors.js";
import { reason } from "../files.js";

const tensor = v.object({ dtype: v.string(), shape: v.array(v.number()) });

const own = v.object({ version: v.number(), metadata: v.record(v.string(), v.string()) });

/** A tensor as the header describes it. */
export interface StoredTensor {
  /** Its name. */
  readonly name: string;
  /** The type of its numbers, such as `F32`. */
  readonly dtype: string;
  /** Lengths of its axes, slowest first. */
  readonly shape: readonly number[];
}

/** What the header of a checkpoint says. */
export interface CheckpointHeader {
  /** Version of the format. */
  readonly version: number;
  /** Strings stored with the network. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Its tensors, in the order of the file. */
  readonly tensors: readonly StoredTensor[];
}

/**
 * Reads the header of a checkpoint.
 *
 * @param bytes - A safetensors file of ours.
 * @param path - What messages call it.
 * @returns What it says.
 * @throws {@link DecolleError} `checkpoint` for any other file.
 */
export function checkpointHeader(bytes: Uint8Array, path: string): CheckpointHeader {
  try {
    const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<string, unknown>;
    const { __metadata__: all, ...tensors } = header;
    const { decolle } = v.parse(v.object({ decolle: v.string() }), all);
    return {
      ...v.parse(own, JSON.parse(decolle)),
      tensors: Object.entries(tensors).map(([name, one]) => ({ name, ...v.parse(tensor, one) })),
    };
  } catch (error) {
    throw faultAt("checkpoint", path, `not as decolle writes it: ${reason(error)}`, { cause: error });
  }
}
