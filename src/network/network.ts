/** Networks as users hold them, without file access, so that browsers can load this module. */
import type { Backend } from "../backend/builds.js";
import type { AsyncNetwork, BackendKind } from "../backend/contract.js";
import { type BackendChoice, selectBackend } from "../backend/select.js";
import type { AnyDataset } from "../datasets/dataset.js";
import { type DecolleError, faultAt, unfit } from "../errors.js";
import { wholeNumber } from "../numbers.js";
import {
  type CheckOptions,
  checkedBy,
  checkFields,
  derivedBy,
  type Rule,
  type RuleCheck,
  type RuleRequest,
} from "../plasticity/rule.js";
import { typedArray } from "../values/arrays.js";
import { type AbortSignalLike, isObject } from "../values/brands.js";
import { copiedBytes, type FileBytes } from "../values/file-bytes.js";
import { found } from "../values/found.js";
import { frozen } from "../values/frozen.js";
import { type Fields, readOptions, text } from "../values/options.js";
import { type BatchInput, type BatchTarget, makeBatch } from "./batch.js";
import { Engine, type Schedule } from "./engine.js";
import { type EvaluateOptions, type Evaluation, evaluate } from "./evaluate.js";
import { type FitOptions, type FitResult, fit } from "./fit.js";
import { toJson } from "./json.js";
import { withLearningRate } from "./learning-rate.js";
import { positionKey, readPosition, type TrainingPosition } from "./position.js";
import { type Prediction, type PredictOptions, predict, type Recording } from "./predict.js";
import { type RecordOptions, readRecord } from "./record.js";
import type { BatchResult } from "./result.js";
import type { NetworkDescription, NetworkSpecification } from "./specification.js";
import { Stream, type StreamPosition } from "./stream.js";
import type { StreamOptions } from "./stream-options.js";
import { readStream, streamKey, writeStream } from "./stream-position.js";
import type { Tensor } from "./tensor.js";
import { nextTurn } from "./turn.js";

/** Which build a network runs in. */
export interface BackendInfo {
  /** `native` or `wasm`. */
  readonly kind: BackendKind;
  /** Threads that work. */
  readonly threads: number;
  /** SIMD level in use. */
  readonly simd: string;
  /** Why less than the best runs although the choice was left open; its `cause` is the first error. */
  readonly fallback?: DecolleError;
}

/** A batch to run. */
export interface RunBatch {
  /** What comes in: events, sparse lists or dense counts. */
  readonly input: BatchInput;
  /** What the readouts should say; without it there is no loss. */
  readonly target?: BatchTarget;
}

/** A batch to learn from. */
export interface LearnBatch extends RunBatch {
  /** What the readouts should say. */
  readonly target: BatchTarget;
}

/** Settings of a single batch. */
export interface RunOptions {
  /** Steps at the start that do not vote, nor count in losses; at most all; 0 by default. */
  readonly burnIn?: number;
  /** Whether to go on from the state that the last batch left, with as many samples; false by default. */
  readonly keepState?: boolean;
  /** What the result holds of every step; nothing by default. Results are the same with it and without. */
  readonly record?: RecordOptions;
  /** Whether the result holds mean and variance of the membrane potentials; false by default. */
  readonly recordPotential?: boolean;
  /** Aborts the batch, which is then rolled back. */
  readonly signal?: AbortSignalLike;
}

/** Settings of a single batch that is learned from. */
export interface LearnOptions extends RunOptions {
  /** Learning steps whose gradients are summed into one update, at least 1; 1 by default. */
  readonly updateEvery?: number;
  /** Whether a gradient of fewer than `updateEvery` steps is applied at the end of the batch; true by default. */
  readonly flushGradient?: boolean;
}

const runFields: Fields<RunOptions> = {
  burnIn: "number",
  keepState: "boolean",
  record: "value",
  recordPotential: "boolean",
  signal: "signal",
};
const learnFields: Fields<LearnOptions> = { ...runFields, updateEvery: "number", flushGradient: "boolean" };
const batchFields: Fields<RunBatch> = { input: "value", target: "value" };

declare global {
  /** Named here for compilers whose libraries do not know it; `using` needs one that does. */
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
}

/**
 * The symbol that `using` calls. Where the language has none yet (Safari, and realms that test runners make in Node 20) it is
 * the one that compilers agree on.
 */
const disposal: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");

/**
 * A deep spiking network that learns online with local errors (DECOLLE; Kaiser, Mostafa, Neftci 2020).
 *
 * All work runs off the calling thread where the backend can (`native`, and `wasm` on a page, which gets a Worker), in slices
 * where it cannot. Whatever asks the engine gives a promise, and takes effect in the order of the calls. One piece of
 * work at a time: another call meanwhile is a `busy` error. After any error the network is as it was before the call, but for
 * {@link Network.fit}, which keeps the epochs that it has completed.
 */
export class Network {
  readonly #engine: Engine;
  #position: TrainingPosition | null;
  #stream: StreamPosition | null;
  readonly #metadata: Record<string, string>;

  /**
   * Wraps an engine; use `Network.create` or `Network.fromBytes`.
   *
   * @internal
   *
   * @param engine - The engine, which the network disposes.
   */
  protected constructor(engine: Engine) {
    const { [positionKey]: position, [streamKey]: stream, ...metadata } = engine.built.metadata;
    this.#engine = engine;
    this.#metadata = metadata;
    try {
      this.#stream = readStream(stream, engine.generation);
      this.#position =
        position === undefined ? null : frozen(readPosition(position, engine.built.specification.layers.length));
    } catch (error) {
      // Nobody else would end its Worker.
      engine.dispose();
      throw error;
    }
  }

  /**
   * Builds a network.
   *
   * @param specification - What it is made of.
   * @param choice - Backend and threads; both `auto` by default.
   * @returns The network, with weights drawn from its seed.
   * @throws {@link DecolleError} `config`, `range`, `not-finite` with the path of the field, `memory`, `backend`.
   */
  static async create(specification: NetworkSpecification, choice: BackendChoice = {}): Promise<Network> {
    return new Network(await createEngine(specification, choice));
  }

  /**
   * Restores a network from the bytes of a checkpoint.
   *
   * @param bytes - A safetensors file written by {@link Network.toBytes} or `save`.
   * @param choice - Backend and threads, which need not be those it was written with.
   * @returns The network, its state and the position of its training.
   * @throws {@link DecolleError} `checkpoint`, `memory`, `backend`.
   */
  static async fromBytes(bytes: Uint8Array, choice: BackendChoice = {}): Promise<Network> {
    return new Network(await restoreEngine(bytes, choice));
  }

  /** The build that runs, its threads and its SIMD level. */
  get backend(): BackendInfo {
    const { kind, threads, simd, fallback } = this.#engine.backend;
    return { kind, threads, simd, ...(fallback && { fallback }) };
  }

  /** The full specification, defaults filled in. */
  get specification(): NetworkDescription["specification"] {
    return this.#engine.built.specification;
  }

  /** Strings of the user's own that are stored in checkpoints; change them at will. The keys `training` and `stream-position` are taken. */
  get metadata(): Record<string, string> {
    return this.#metadata;
  }

  /** Where the last `fit` stands, null before the first one. */
  get training(): TrainingPosition | null {
    return this.#position;
  }

  /**
   * Names of the classes that the network learned to tell apart by {@link Network.fit}, kept in checkpoints; null where it
   * was not, or the checkpoint is from before they were kept.
   */
  get classes(): readonly string[] | null {
    return this.#position?.recordings?.classes ?? null;
  }

  /** Whether the network has been disposed. */
  get disposed(): boolean {
    return this.#engine.disposed;
  }

  /**
   * The network as it is now.
   *
   * @returns Specification, shapes of all layers, parameters, counters.
   * @throws {@link DecolleError} `busy` in the middle of a batch, `disposed`.
   */
  async describe(): Promise<NetworkDescription> {
    return { ...(await this.#engine.describe()), metadata: { ...this.#metadata } };
  }

  /**
   * Trains on a data set. Where it ends early, what has been learned is not lost: an abort keeps every completed batch, and
   * every other error keeps the last completed epoch, or, before the first one, leaves all as before the call. Then
   * {@link Network.training} tells where to go on with `resume`.
   *
   * @param dataset - Labelled recordings.
   * @param options - Epochs, batches, steps, burn-in, callbacks, signal.
   * @returns Metrics of every epoch run.
   * @throws {@link DecolleError} `aborted` (the batch under way is rolled back), `shape`, `range`, `config`, `busy`,
   *   `disposed`, or what reading a recording or a callback throws.
   */
  fit(dataset: AnyDataset, options: FitOptions): Promise<FitResult> {
    return this.#engine.exclusive("fit", () => {
      const network = this;
      return fit(this.#engine, dataset, options, {
        get position() {
          return network.#position;
        },
        set position(position) {
          network.#position = frozen(position);
        },
      });
    });
  }

  /**
   * Classifies a data set and tells how well. The network is the same afterwards, its neuron state included.
   *
   * @param dataset - Labelled recordings.
   * @param options - Batches, steps, burn-in; by default those of the training.
   * @returns Accuracy and loss per layer, predictions, density.
   */
  evaluate(dataset: AnyDataset, options: EvaluateOptions = {}): Promise<Evaluation> {
    return this.#engine.exclusive("evaluate", () => evaluate(this.#engine, dataset, options, this.#position?.recipe));
  }

  /**
   * Classifies recordings. The network is the same afterwards, its neuron state included.
   *
   * @param recordings - Events in columns or lists, times in microseconds; at least one recording.
   * @param options - Steps, burn-in, transform, sensor, names of classes; by default those of the training.
   * @returns One prediction a recording, in their order.
   * @throws {@link DecolleError} `config` where a setting follows neither from the options nor from a training; `shape`,
   *   `range`, `not-finite` or `time-order` with recording and event, such as `recordings[3].x[17]`; `aborted`, `busy`,
   *   `disposed`.
   */
  predict(recordings: readonly Recording[], options: PredictOptions = {}): Promise<Prediction[]> {
    return this.#engine.exclusive("predict", () => predict(this.#engine, recordings, options, this.#position));
  }

  /**
   * Learns from one batch.
   *
   * @param batch - Input and target.
   * @param options - Burn-in, updates, recording, signal.
   * @returns Per-layer loss, votes, predictions, density, synaptic operations.
   */
  learn(batch: LearnBatch, options: LearnOptions = {}): Promise<BatchResult> {
    return this.#batch("learn", batch, options, true);
  }

  /**
   * Runs one batch without learning.
   *
   * @param batch - Input, and a target where the loss is of interest.
   * @param options - Burn-in, recording, signal.
   * @returns As {@link Network.learn}.
   */
  run(batch: RunBatch, options: RunOptions = {}): Promise<BatchResult> {
    return this.#batch("run", batch, options, false);
  }

  /**
   * Opens an endless stream, which starts from zero neuron state. A checkpoint keeps the stream that is open: with `resume`, a
   * network that was loaded from it streams on, event by event and bit by bit as if it had never stopped.
   *
   * @param options - Sensor, transform, burn-in, updates, decision, rest, backlog; `resume`.
   * @returns The stream.
   * @throws {@link DecolleError} `shape`, `range` or `config` for settings that do not fit; `disposed` where other work has
   *   taken the state of the stream that is to go on, or the network has been disposed; `busy`.
   */
  stream(options: StreamOptions = {}): Stream {
    const network = this;
    return new Stream(this.#engine, options, {
      get stream() {
        return network.#stream;
      },
      set stream(stream) {
        network.#stream = stream;
      },
    });
  }

  /**
   * Names of all tensors: weights, readouts, neuron state, optimiser state, gradients.
   *
   * @returns Names such as `layers.0.weight`.
   */
  async tensors(): Promise<string[]> {
    return this.#engine.toRead("tensors").tensorNames();
  }

  /**
   * A copy of a tensor.
   *
   * @param name - Its name.
   * @returns Shape and values.
   * @throws {@link DecolleError} `config` for an unknown name, `busy`, `disposed`.
   */
  async tensor(name: string): Promise<Tensor> {
    const { shape, data } = await this.#engine.toRead("tensor").tensor(text(name, "name"));
    return { shape: Array.from(shape), data };
  }

  /**
   * Overwrites a tensor.
   *
   * @param name - Its name.
   * @param data - As many values as it has, finite; copied by the call.
   * @throws {@link DecolleError} `config`, `shape`, `not-finite`, `busy`, `disposed`.
   */
  async setTensor(name: string, data: Float32Array): Promise<void> {
    const handle = this.#engine.toChange("setTensor");
    await handle.setTensor(text(name, "name"), typedArray(data, "Float32Array", "data"));
  }

  /**
   * The plasticity rule of a layer, derived from its neuron and its cost.
   *
   * @param layer - Index of the layer.
   * @returns The rule, printed as text, LaTeX and MathML, with its storage and operations.
   * @throws {@link DecolleError} `range` for a layer that is not there, `disposed`.
   */
  async rule(layer: number): Promise<Rule> {
    const handle = this.#engine.toRead("rule");
    return derivedBy(this.#engine.binding, await handle.ruleRequest(wholeNumber(layer, 0, "layer")));
  }

  /**
   * Compares the rule of a layer with central finite differences of its smoothed network, in float64 on a small random
   * layer. An error trigger changes the gradient on purpose and is left out.
   *
   * @param layer - Index of the layer; 0 by default.
   * @param options - Size and seed of the random layer.
   * @returns Passed, failed or inconclusive, why, and where they part most.
   * @throws {@link DecolleError} `range` for a layer that is not there, `disposed`.
   */
  async checkRule(layer = 0, options: CheckOptions = {}): Promise<RuleCheck> {
    const handle = this.#engine.toRead("checkRule");
    const asked = readOptions(options, checkFields, "checkRule");
    const { neuron, costs, timeStep, regularizer, recurrent } = JSON.parse(
      await handle.ruleRequest(wholeNumber(layer, 0, "layer")),
    ) as RuleRequest;
    return checkedBy(this.#engine.binding, neuron, costs, { timeStep, regularizer, recurrent, ...asked });
  }

  /** Sets all neuron state to zero; weights stay. An open stream ends. */
  async reset(): Promise<void> {
    const done = this.#engine.toChange("reset").reset();
    this.#engine.generation++;
    await done;
  }

  /**
   * Tells the learning-rate schedule which epoch runs; `fit` does so by itself.
   *
   * @param epoch - From 0.
   */
  async setEpoch(epoch: number): Promise<void> {
    await this.#engine.toChange("setEpoch").setEpoch(wholeNumber(epoch, 0, "epoch"));
  }

  /**
   * Goes on learning at another rate. Weights, the optimiser's state, the neurons' state and an open stream stay. A schedule
   * (`drop`) stays, too, and divides the new rate by what it divided the old one by. Tensors that only show what the last
   * batch did, such as readouts, are as after loading a checkpoint.
   *
   * @param rate - Learning rate of all layers, at least 0 (nothing is learned) and below 10⁶.
   * @throws {@link DecolleError} `config`, `range`, `not-finite`, `busy`, `disposed`.
   */
  setLearningRate(rate: number): Promise<void> {
    return this.#engine.exclusive("setLearningRate", async () => {
      const bytes = await this.#engine.toRead("setLearningRate").checkpoint("{}");
      await this.#engine.replace("setLearningRate", withLearningRate(bytes, rate));
    });
  }

  /**
   * The network as a checkpoint: a safetensors file with weights, neuron and optimiser state, counters, specification,
   * metadata, the position of its training and the stream that is open.
   *
   * @returns The bytes of the file.
   */
  async toBytes(): Promise<FileBytes> {
    for (const [key, owner] of [
      [positionKey, "the training's position"],
      [streamKey, "the open stream"],
    ] as const) {
      if (Object.hasOwn(this.#metadata, key)) {
        throw faultAt("config", `metadata.${key}`, `this key is taken by ${owner}`);
      }
    }
    const position = this.#position === null ? {} : { [positionKey]: JSON.stringify(this.#position) };
    const stream = writeStream(this.#stream, this.#engine.generation);
    const metadata = { ...this.#metadata, ...position, ...stream };
    return copiedBytes(await this.#engine.toRead("toBytes").checkpoint(toJson(metadata, "metadata")));
  }

  /** Frees the network and its threads. Later calls are `disposed` errors; a second disposal does nothing. */
  dispose(): void {
    this.#engine.dispose();
  }

  /** As {@link Network.dispose}, for `using`. */
  [disposal](): void {
    this.dispose();
  }

  #batch(work: string, batch: RunBatch, options: LearnOptions, learn: boolean): Promise<BatchResult> {
    const batchOf = async () => {
      const { signal, record, ...chosen } = learn
        ? readOptions(options, learnFields, work)
        : readOptions<RunOptions>(options, runFields, work);
      if (!isObject(batch)) {
        throw unfit("config", "batch", "an object with input", found(batch));
      }
      const { input, target } = readOptions(batch, batchFields, "a batch");
      if (learn && target === undefined) throw faultAt("config", "target", "expected classes or values to learn");
      const schedule: Schedule = { burnIn: 0, ...chosen, learn, ...(record && { record: readRecord(record) }) };
      const made = await makeBatch(this.#engine.binding, this.#engine.built, input, target);
      return this.#engine.run(made, schedule, signal).finally(() => made.dispose());
    };
    return this.#engine.exclusive(work, batchOf, true);
  }
}

/**
 * Builds an engine from a specification.
 *
 * @param specification - What the network is made of.
 * @param choice - Backend and threads.
 * @returns The engine.
 */
export async function createEngine(specification: NetworkSpecification, choice: BackendChoice): Promise<Engine> {
  const json = toJson(specification);
  return engineIn(await selectBackend(choice), (backend) => new backend.binding.Network(json, backend.threads));
}

/**
 * Builds an engine from a checkpoint.
 *
 * @param bytes - The checkpoint.
 * @param choice - Backend and threads.
 * @returns The engine.
 */
export async function restoreEngine(bytes: Uint8Array, choice: BackendChoice): Promise<Engine> {
  const own = typedArray(bytes, "Uint8Array", "bytes");
  const backend = await selectBackend(choice);
  return engineIn(backend, ({ binding, threads }) => binding.Network.fromCheckpoint(own, threads));
}

async function engineIn(backend: Backend, build: (backend: Backend) => AsyncNetwork): Promise<Engine> {
  // Networks that were forgotten are freed in turns of the event loop, which whoever makes one after the other must not miss.
  await nextTurn();
  let handle: AsyncNetwork | undefined;
  try {
    handle = build(backend);
    await backend.started();
    return await Engine.over(backend, handle);
  } catch (error) {
    handle?.dispose();
    backend.close();
    throw error;
  }
}
