/** Reads the golden files that convert.mjs packed; README.md says what they hold. */
import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";

/** A golden tensor. */
export interface GoldenTensor {
  /** Lengths of the axes, slowest first. */
  readonly shape: readonly number[];
  /** Values, last axis fastest. */
  readonly data: Float32Array | Uint8Array;
  /** Only every so many steps are kept, counted back from the last; 1 for all. */
  readonly every: number;
}

/** A layer as the authors' constructor, or PyTorch's functions, built it. */
export interface GoldenLayer {
  readonly kind: "dense" | "conv" | "conv1d";
  readonly in_shape: readonly number[];
  readonly out_features?: number;
  readonly conv_out_shape?: readonly number[];
  readonly kernel?: readonly number[];
  readonly padding?: number | readonly number[];
  readonly stride?: number | readonly number[];
  readonly groups?: number;
  readonly pool?: number | readonly [number, number];
  readonly pooling?: "max" | "sum" | "average";
  readonly recurrent?: boolean;
  readonly alpha: number;
  readonly beta: number;
  readonly gamma: number;
  readonly rho: number;
  readonly readout: { readonly outputs: number; readonly inputs: number };
}

/** How a case was run. */
export interface GoldenCase {
  readonly layers: readonly GoldenLayer[];
  readonly surrogate: string;
  readonly batch: number;
  readonly steps: number;
  readonly burn_in: number;
  readonly regulariser: { readonly per_layer: readonly number[] } | null;
  readonly optimiser:
    | { readonly name: "none" }
    | { readonly name: "sgd"; readonly lr: number }
    | { readonly name: "adamax"; readonly lr: number; readonly betas: readonly [number, number]; readonly eps: number };
  readonly accumulate: { readonly every: number } | null;
  readonly feedback: string | null;
  readonly error_trigger: { readonly theta: readonly number[] } | null;
  /** How far the same code in float32 departs from that in float64. */
  readonly float32_twin: {
    readonly max_abs_dev_U: number;
    readonly max_abs_dev_P: number;
    readonly max_abs_dev_readout: number;
    readonly max_abs_dev_grad_over_layer_max_grad?: number;
    readonly max_abs_dev_final_parameters?: number;
  };
}

const json = (name: string): unknown => JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8"));

/** All cases by name: the authors', and those of convolutions that theirs does not have. */
export const goldenCases = Object.assign(
  {},
  ...["manifest.json", "layers.json"].map((name) => (json(name) as { cases: Record<string, GoldenCase> }).cases),
) as Record<string, GoldenCase>;

/** Value and derivative of one surrogate at the points `x`. */
export interface GoldenSurrogate {
  readonly value: readonly number[];
  readonly derivative: readonly number[];
}

/** The three surrogates at 41 points. */
export const goldenSurrogates = json("surrogates.json") as {
  x: readonly number[];
  fast_sigmoid: GoldenSurrogate;
  smooth_step: GoldenSurrogate;
  smooth_sigmoid: GoldenSurrogate;
};

/** Statistics of one drawn tensor. */
export interface GoldenStatistics {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly std: number;
}

/** What the authors' initialisation gave for one network, five seeds. */
export interface GoldenInitialisation {
  readonly trainable_parameters: number;
  readonly runs: ReadonlyArray<{
    readonly layers: ReadonlyArray<{
      readonly weight_shape: readonly [number, number, number, number];
      readonly weight: GoldenStatistics;
      readonly bias: GoldenStatistics;
      readonly readout_weight_shape: readonly [number, number];
      readonly readout_weight: GoldenStatistics;
      readonly readout_bias: GoldenStatistics;
      readonly padding: readonly [number, number];
      readonly pool: number;
    }>;
  }>;
  readonly expected: ReadonlyArray<{
    readonly weight_half_width: number;
    readonly bias_half_width: number;
    readonly readout_half_width: number;
  }>;
}

/** Initialisation of the authors' two networks. */
export const goldenInitialisation = json("initialisation.json") as {
  nmnist: GoldenInitialisation;
  dvsgesture: GoldenInitialisation;
};

/**
 * Unpacks the tensors of a case.
 *
 * @param name - Name of the file without its ending.
 * @returns The tensors by name.
 */
export function readGolden(name: string): Map<string, GoldenTensor> {
  const bytes = brotliDecompressSync(readFileSync(new URL(`${name}.golden`, import.meta.url)));
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as Record<
    string,
    { dtype: "F32" | "U8"; shape: number[]; every?: number }
  >;
  const tensors = new Map<string, GoldenTensor>();
  let place = 4 + length;
  for (const [tensor, { dtype, shape, every = 1 }] of Object.entries(header)) {
    const count = shape.reduce((product, axis) => product * axis, 1);
    const size = dtype === "F32" ? 4 : 1;
    const packed = bytes.subarray(place, place + count * size);
    place += count * size;
    const raw = new Uint8Array(count * size);
    for (let byte = 0; byte < size; byte++) {
      for (let entry = 0; entry < count; entry++) raw[entry * size + byte] = packed[byte * count + entry] ?? 0;
    }
    tensors.set(tensor, { shape, every, data: dtype === "F32" ? new Float32Array(raw.buffer) : raw });
  }
  if (place !== bytes.length) throw new Error(`${name}: expected ${place} bytes, found ${bytes.length}`);
  return tensors;
}
