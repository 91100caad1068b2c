/** A training in a browser, on whatever thread this is called. */
import { type BackendChoice, DecolleError, events, Network } from "decolle";
import { convolutional, dense, held, inputOf } from "../../determinism/training.js";

const trainings = { dense, convolutional };

/** What to train, and with which build and threads. */
export interface Request {
  readonly training: keyof typeof trainings;
  readonly choice: BackendChoice;
}

/** What came out, in plain values that travel between threads. */
export interface Outcome {
  /** SHA-256 over everything that the network holds, in hexadecimal digits. */
  readonly digest?: string;
  /** The build that ran. */
  readonly backend?: { readonly kind: string; readonly threads: number; readonly simd: string };
  /** What the network itself says of its threads. */
  readonly threads?: number;
  /** Times of a recording that was read out of a Blob. */
  readonly times?: readonly number[];
  /** Why it was not the best one, and the error behind. */
  readonly fallback?: { readonly message: string; readonly cause: string };
  /** What went wrong. */
  readonly error?: { readonly code: string; readonly message: string };
}

/**
 * Trains a network.
 *
 * @param request - What to train.
 * @returns What came out.
 */
export async function outcomeOf({ training, choice }: Request): Promise<Outcome> {
  const { specification, target, options, ...rest } = trainings[training];
  try {
    const network = await Network.create(specification, choice);
    await network.learn({ input: inputOf({ specification, target, options, ...rest }), target }, options);
    const file = new Blob([Uint8Array.of(1, 2, 0, 0, 9, 3, 4, 128, 0, 12)]);
    const recording = await events.load(file, { ...choice, format: "nmnist" });
    const { fallback, ...backend } = network.backend;
    const { threads } = await network.describe();
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await held(network)));
    network.dispose();
    return {
      digest: Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join(""),
      backend,
      threads,
      times: Array.from(recording.events.t),
      ...(fallback && { fallback: { message: fallback.message, cause: String(fallback.cause) } }),
    };
  } catch (error) {
    if (!(error instanceof DecolleError)) throw error;
    return { error: { code: error.code, message: error.message } };
  }
}
