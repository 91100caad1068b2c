/**
 * The interface of the engine, which both bindings implement: `crates/node` (a native addon) and `crates/web` (WebAssembly).
 * That of recordings is in `recordings.ts`: WebAssembly has modules of its own for them and for rules, the addon holds all.
 *
 * Only plain values cross this border: strings (JSON where structured), numbers, booleans and typed arrays, which the
 * binding copies. What throws, throws an error whose message is a fault as JSON (`errors.ts`), which `guard.ts` makes a
 * `DecolleError` of: a text means the same in every realm. `test/backend/surface.test.ts` compares
 * both files with the declarations that the builds generate.
 *
 * The builds answer at once. A page's own thread reaches them through a Worker (`worker/`) and has its answers later, so those who use
 * an engine see it as an {@link AsyncBinding}.
 */

/** Which build runs. */
export type BackendKind = "native" | "wasm";

/** The events of a recording as columns of equal length. */
export interface EventColumns {
  /** Column of the pixel, from 0. */
  x: Uint16Array;
  /** Row of the pixel, from 0. */
  y: Uint16Array;
  /** Polarity: 0 where it darkened, 1 where it brightened. */
  p: Uint8Array;
  /** Time in whole microseconds, never decreasing. */
  t: Float64Array;
}

/** A tensor taken out of a network. */
export interface TensorData {
  /** Lengths of the axes, slowest first. */
  shape: Uint32Array;
  /** Values, last axis fastest. */
  data: Float32Array;
}

/** What came out of a batch. */
export interface BatchOutcome {
  /** JSON of samples, steps, updates, input density and, per layer, loss, spikes, density, synaptic operations; what was recorded. */
  summary: string;
  /** Votes per class, `[layers, samples, classes]`. */
  votes: Uint32Array;
  /** The class with most votes, the lower on ties, `[layers, samples]`. */
  predictions: Uint32Array;
  /** Spikes that were recorded, layer after layer `[steps, samples, units]`, 0 or 1. */
  spikes: Uint8Array;
  /**
   * What else was recorded, layer after layer, and of each what was asked for in this order: traces `[steps, samples, inputs]`,
   * potentials `[steps, samples, units]`, readouts `[steps, samples, classes]`, gradients `[steps, samples, units]`.
   */
  recorded: Float32Array;
}

/**
 * A batch inside a binding: spikes of samples, and what the readouts should say. What is put into it is checked there, once,
 * and copied; faults name it by `path`. Every method but {@link BatchHandle.bytes} and {@link BatchHandle.dispose} throws
 * `disposed` after the latter, and `busy` while a network works on the batch.
 */
export interface BatchHandle {
  /**
   * Bins events into a sample, instead of the spikes it had.
   *
   * @param path - What messages call them.
   * @param sample - Which sample, from 0.
   * @param x - Columns of the pixels.
   * @param y - Rows of the pixels.
   * @param p - Polarities.
   * @param t - Times in microseconds.
   * @param binningJson - The events crate's `Binning`, whose steps are those of the batch.
   */
  putEvents(
    path: string,
    sample: number,
    x: Uint16Array,
    y: Uint16Array,
    p: Uint8Array,
    t: Float64Array,
    binningJson: string,
  ): void;
  /** Bins a spike train of times and units into a sample; of the `Binning` only the time steps count. */
  putTrain(path: string, sample: number, t: Float64Array, unit: Uint32Array, binningJson: string): void;
  /** Puts sparse lists into a sample, see `SampleSpikes`. */
  putSpikes(path: string, sample: number, offsets: Uint32Array, indices: Uint32Array, counts: Float32Array): void;
  /** Appends whole time steps of dense counts, `[steps, inputs]`, to a sample; its first ones where `isFirst`. */
  appendCounts(path: string, sample: number, counts: Float32Array, isFirst: boolean): void;
  /** Sets the target to one class per sample. */
  setClasses(classes: Float64Array): void;
  /** Sets the target to values `[samples, (steps,) (layers,) readout units]`. */
  setValues(values: Float32Array, perStep: boolean, perLayer: boolean): void;
  /** Bytes that it holds, for a collector that sees a handle only. */
  bytes(): number;
  /** Gives the batch up; a network that works on it goes on. A second call does nothing. */
  dispose(): void;
}

/** Makes batches. */
export interface BatchConstructor {
  /** Makes a batch without spikes and target, of so many samples and steps, for a network of these sizes. */
  new (inputs: number, layers: number, units: number, samples: number, steps: number): BatchHandle;
}

/** A network inside a binding. Every method throws `disposed` after {@link NetworkHandle.dispose}, `busy` while `advance` runs. */
export interface NetworkHandle {
  /** Replaces weights, state and counters by those of a checkpoint of the same specification. */
  restore(bytes: Uint8Array): void;
  /** The network as a safetensors file; `metadataJson` is an object of strings stored beside the network's own. */
  checkpoint(metadataJson: string): Uint8Array;
  /** JSON: the full specification, shapes of all layers and what runs for them, counters, threads, SIMD level. */
  describe(): string;
  /** JSON: what the rule of a layer is derived from, as `deriveRule` takes it. */
  ruleRequest(layer: number): string;
  /** Bytes of weights, state and all snapshots, for a collector that sees a handle only. */
  bytes(): number;
  /**
   * Starts work on a batch, which may be worked on again later: checks that it is whole and for this network, and the options;
   * remembers the state to return to.
   *
   * @param batch - The batch, made by the same binding.
   * @param optionsJson - `learn`, `burnIn`, `updateEvery`, `keepState`, `flushGradient`, `record`, `recordPotential`.
   */
  begin(batch: BatchHandle, optionsJson: string): void;
  /**
   * Works on the batch for a while: in the native addon off the event loop, for about a tenth of a second; in WASM, one
   * chunk of time steps. Gives true when the batch is done, false when there is more to do or `interrupt` was called;
   * so callers loop. After a fault everything is as before `begin`.
   */
  advance(): boolean | Promise<boolean>;
  /** Makes a running `advance` stop at the next chunk and give false; without one it does nothing. Never throws. */
  interrupt(): void;
  /** Ends the batch and gives its outcome. */
  finish(): BatchOutcome;
  /** Gives the batch up: everything is as before `begin`. */
  cancel(): void;
  /** Sets all neuron state to zero. */
  reset(): void;
  /** Takes a snapshot of weights, optimiser, neuron state and counters, on top of those that there are. */
  takeSnapshot(): void;
  /** Goes back to the last snapshot, which is then gone; `config` if there is none. */
  restoreSnapshot(): void;
  /** Drops the last snapshot, if there is one. */
  dropSnapshot(): void;
  /** Tells the learning-rate schedule which epoch runs, from 0. */
  setEpoch(epoch: number): void;
  /** Names of all tensors. */
  tensorNames(): string[];
  /** A copy of a tensor. */
  tensor(name: string): TensorData;
  /** Overwrites a tensor; `data` has as many values as it. */
  setTensor(name: string, data: Float32Array): void;
  /** Frees the network; a running `advance` stops at its next chunk. A second call does nothing. */
  dispose(): void;
}

/** Makes networks. */
export interface NetworkConstructor {
  /** Builds the network that a specification describes, with `threads` threads (1 to 256; WASM for one thread takes 1). */
  new (specificationJson: string, threads: number): NetworkHandle;
  /** Builds the network that a checkpoint holds. */
  fromCheckpoint(bytes: Uint8Array, threads: number): NetworkHandle;
}

/** What a binding offers of the engine. */
export interface EngineBinding {
  /** Version of the compiled core. */
  version(): string;
  /** SIMD level that the core uses here: `avx512`, `avx2`, `sse4.2`, `sse2`, `neon`, `simd128` or `scalar`. */
  simd(): string;
  /** The numbers `0..length` in the random order that `seed` and `purpose` give. */
  permutation(seed: number, purpose: string, length: number): Uint32Array;
  /** Batches. */
  Batch: BatchConstructor;
  /** Networks. */
  Network: NetworkConstructor;
}

/** What a binding offers of plasticity rules. */
export interface RulesBinding {
  /** Derives a plasticity rule; request and result are those of `src/plasticity/rule.ts`. */
  deriveRule(requestJson: string): string;
  /** Checks a plasticity rule against finite differences. */
  checkRule(requestJson: string): string;
  /** Runs a small dense layer by the interpreted rule: the reference that faster ways must equal bit for bit. */
  simulateRule(requestJson: string): string;
}

/** A build's functions: of the engine, and of rules, which WebAssembly loads when it is asked for the first. */
export interface Binding extends EngineBinding {
  /** See {@link RulesBinding.deriveRule}. */
  deriveRule(requestJson: string): string | Promise<string>;
  /** See {@link RulesBinding.checkRule}. */
  checkRule(requestJson: string): string | Promise<string>;
  /** See {@link RulesBinding.simulateRule}. */
  simulateRule(requestJson: string): string | Promise<string>;
}

/** A value, or a promise of it. */
export type Awaitable<Value> = Value | Promise<Value>;

/** The same functions, which may also answer later. */
type Async<Handle> = {
  [Name in keyof Handle]: Handle[Name] extends (...given: infer Given) => infer Answer
    ? (...given: Given) => Awaitable<Awaited<Answer>>
    : never;
};

/**
 * A batch as networks use it: a {@link BatchHandle} on this thread, or one in a Worker, which answers later. Calls take effect
 * in their order, whether or not they are waited for, and what is put into the batch has been copied when a call returns.
 */
export type AsyncBatch = Async<Omit<BatchHandle, "dispose">> & Pick<BatchHandle, "dispose">;

/** Makes batches; one that could not be made answers every call with the reason. */
export type AsyncBatchConstructor = new (...sizes: ConstructorParameters<BatchConstructor>) => AsyncBatch;

/** A network as `src/network` uses it, see {@link AsyncBatch}. */
export interface AsyncNetwork
  extends Async<Omit<NetworkHandle, "begin" | "interrupt" | "dispose">>,
    Pick<NetworkHandle, "interrupt" | "dispose"> {
  /** Starts work on a batch, made by the same binding; see {@link NetworkHandle.begin}. */
  begin(batch: AsyncBatch, optionsJson: string): Awaitable<void>;
}

/** Makes networks; one that could not be made answers every call with the reason. */
export interface AsyncNetworkConstructor {
  /** Builds the network that a specification describes. */
  new (specificationJson: string, threads: number): AsyncNetwork;
  /** Builds the network that a checkpoint holds. */
  fromCheckpoint(bytes: Uint8Array, threads: number): AsyncNetwork;
}

/** What a binding offers, on this thread or in a Worker; every {@link Binding} is one. */
export interface AsyncBinding extends Async<Omit<Binding, "Batch" | "Network">> {
  /** Batches. */
  Batch: AsyncBatchConstructor;
  /** Networks. */
  Network: AsyncNetworkConstructor;
}
