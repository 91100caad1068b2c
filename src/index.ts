/**
 * Online learning in deep spiking neural networks with local errors (DECOLLE; Kaiser, Mostafa & Neftci 2020,
 * doi:10.3389/fnins.2020.00424).
 *
 * @packageDocumentation
 */
import { nmnist } from "./datasets/nmnist.js";
import { openDataset } from "./datasets/open.js";
import { synthetic } from "./datasets/synthetic.js";

export * from "./browser.js";
export type { NmnistOptions } from "./datasets/nmnist.js";
export type { DatasetSpec } from "./datasets/spec.js";
export { parseDatasetSpec } from "./datasets/spec.js";
export { Network } from "./network/stored.js";

/** Data sets by name. */
export const datasets: {
  /** N-MNIST from a folder in the official layout. */
  readonly nmnist: typeof nmnist;
  /** Synthetic gestures. */
  readonly synthetic: typeof synthetic;
  /** Either, by a `SPEC` as on the command line. */
  readonly open: typeof openDataset;
} = { nmnist, synthetic, open: openDataset };
