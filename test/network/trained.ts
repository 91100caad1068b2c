/** A small network for the data set of `halves.ts`, and what lasts of its training. */
import { type Dataset, dense, type EpochMetrics, Network } from "../../src/index.js";
import { digest } from "../determinism/agreed.js";
import { halves } from "./halves.js";

/** A small network. */
export const specification = {
  input: { channels: 2, height: 6, width: 6 },
  layers: [dense({ units: 16 }), dense({ units: 12 })],
  readout: { units: 2, dropout: 0.5 },
  initialization: { type: "uniform", dense: 1 },
} as const;

/** The data set, under a name. */
export function recordings(length: number, name = "halves"): Dataset {
  return { ...halves(length), name };
}

/** Metrics without what differs from run to run. */
export function lasting(epochs: readonly EpochMetrics[]): unknown[] {
  return epochs.map(({ seconds: _, waiting: __, peakBytes: ___, test, ...rest }) => ({
    ...rest,
    test: { ...test, seconds: 0 },
  }));
}

/** A digest of what a checkpoint of a network keeps: all but what follows from it, such as the last step's readouts. */
export async function lastingDigest(network: Network): Promise<string> {
  using loaded = await Network.fromBytes(await network.toBytes());
  return await digest(loaded);
}
