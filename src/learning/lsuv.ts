/**
 * Layer-sequential unit-variance initialisation (D. Mishkin and J. Matas, "All you need is a good init", ICLR 2016,
 * arXiv:1511.06422, algorithm 1 without its orthonormal start): from the lowest layer up, show a batch, divide the layer's
 * weights by the standard deviation of its membrane potential, and repeat until the variance is 1 within a tolerance.
 * The potential of a spiking layer is not linear in its weights (refractoriness), hence the repetition.
 */
import type { AsyncBatch } from "../backend/contract.js";
import { faultAt, unfit } from "../errors.js";
import type { Engine } from "../network/engine.js";
import { finiteNumber, wholeNumber } from "../numbers.js";
import type { AbortSignalLike } from "../values/brands.js";
import { found } from "../values/found.js";
import { type Fields, readOptions } from "../values/options.js";
import { tagged } from "../values/tagged.js";
import type { Optimizer } from "./optimizer.js";

/** Settings of the initialisation. */
export interface Lsuv {
  /** Says which one this is. */
  readonly type: "lsuv";
  /** Recordings to look at, the first in a shuffled order of their own; at least 1, 32 by default. */
  readonly samples?: number;
  /** How far from 1 the variance may stay, above 0; 0.1 by default, as in the publication. */
  readonly tolerance?: number;
  /** Times that a layer's weights are divided at most, at least 1; 10 by default, as in the publication. */
  readonly iterations?: number;
}

const lsuvFields: Fields<Lsuv> = { type: "value", samples: "number", tolerance: "number", iterations: "number" };

/**
 * Reads settings of the initialisation.
 *
 * @param settings - What the caller gave.
 * @returns The settings, without fields that are undefined.
 * @throws {@link DecolleError} `config` for another type, an unknown field or no number.
 */
export function readLsuv(settings: Lsuv): Lsuv {
  const read = readOptions(settings, lsuvFields, "the initialization", "initialization");
  if (read.type !== "lsuv") {
    throw unfit("config", "initialization.type", '"lsuv"', found(read.type));
  }
  return read;
}

/** What became of one layer. */
export interface LsuvLayer {
  /** Variance of the membrane potential over samples, neurons and steps, at the end. */
  readonly variance: number;
  /** Times that its weights were divided. */
  readonly iterations: number;
}

/**
 * Layer-sequential unit-variance initialisation.
 *
 * @param options - Recordings, tolerance, iterations, where they differ from the defaults.
 * @returns The initialisation's settings.
 */
export function lsuv(options: Omit<Lsuv, "type"> = {}): Lsuv {
  return tagged("lsuv", options);
}

/**
 * Scales the weights of every layer; biases stay. Called from within the engine's exclusive work.
 *
 * @param engine - The network.
 * @param batch - What it is shown.
 * @param settings - Tolerance and iterations.
 * @param signal - Aborts the work.
 * @returns What became of each layer, from the lowest up.
 * @throws {@link DecolleError} `range` where a layer's potential does not vary, `aborted`; the network is then as before.
 */
export async function scaleToUnitVariance(
  engine: Engine,
  batch: AsyncBatch,
  settings: Lsuv,
  signal?: AbortSignalLike,
): Promise<LsuvLayer[]> {
  const tolerance = finiteNumber(settings.tolerance ?? 0.1, 0, "initialization.tolerance");
  const most = wholeNumber(settings.iterations ?? 10, 1, "initialization.iterations");
  const schedule = { learn: false, burnIn: 0, recordPotential: true };
  const before = await engine.takeSnapshot();
  const done: LsuvLayer[] = [];
  try {
    for (let layer = 0; layer < engine.built.layers.length; layer++) {
      for (let iterations = 0; ; iterations++) {
        const variance = (await engine.run(batch, schedule, signal)).layers[layer]?.potentialVariance ?? 0;
        if (!(variance > 0)) {
          throw faultAt("range", "initialization", `the membrane potential of layer ${layer} does not vary`);
        }
        if (Math.abs(variance - 1) <= tolerance || iterations === most) {
          done.push({ variance, iterations });
          break;
        }
        await divideWeights(engine, layer, Math.sqrt(variance));
      }
    }
    await engine.toRead("initialization").reset();
  } catch (error) {
    await before.restore();
    throw error;
  }
  await before.release();
  return done;
}

async function divideWeights(engine: Engine, layer: number, divisor: number): Promise<void> {
  const handle = engine.toRead("initialization");
  const weight = `layers.${layer}.weight`;
  const { optimizer } = engine.built.specification;
  // Where there is an average, that is what ran.
  const names = optimizer !== undefined && keepsAverage(optimizer) ? [weight, `optimizer.${weight}.average`] : [weight];
  for (const name of names) {
    const { data } = await handle.tensor(name);
    await handle.setTensor(
      name,
      data.map((value) => value / divisor),
    );
  }
}

/** Whether whatever runs without learning is done with an average of the weights. */
function keepsAverage(optimizer: Optimizer): boolean {
  return optimizer.type === "averaged" || (optimizer.type === "adaGrad" && (optimizer.window ?? null) !== null);
}
