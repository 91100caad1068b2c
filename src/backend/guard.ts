/**
 * Puts a guard around the core of an engine: what it throws, or what its promises reject with, becomes a {@link DecolleError}, and what is
 * called in a broken instance says so, see core.ts.
 *
 * It names every function of the contract, so the compiler sees when one is missing.
 */

import { faultAt } from "../errors.js";
import type {
  BatchConstructor,
  BatchHandle,
  BatchOutcome,
  Binding,
  EngineBinding,
  NetworkConstructor,
  NetworkHandle,
  RulesBinding,
  TensorData,
} from "./contract.js";
import type { Core, Handle } from "./core.js";
import { Weight } from "./weight.js";

/** How a network is made in a binding. */
type Build = (Network: NetworkConstructor) => NetworkHandle;

/** Lets a guarded batch's own one be used within a call; set by the one class that has it. */
let inside: (batch: BatchHandle, use: (own: BatchHandle) => void) => void;

/** A batch behind the guard. */
class GuardedBatch implements BatchHandle {
  readonly #batch: Handle<BatchHandle>;
  readonly #weight: Weight | undefined;

  static {
    inside = (batch, use) => {
      if (!(#batch in batch)) throw faultAt("config", "batch", "expected one of this backend");
      batch.#batch.call(use);
    };
  }

  constructor(core: Core<EngineBinding>, build: (Batch: BatchConstructor) => BatchHandle) {
    this.#batch = core.make(this, ({ Batch }) => build(Batch));
    this.#weight = core.felt ? undefined : new Weight();
  }

  /** Calls what changes how much the batch holds, and lets the collector feel it. */
  #change(call: (batch: BatchHandle) => void): void {
    this.#batch.call(call);
    this.#weight?.set(this.bytes());
  }

  putEvents(...given: Parameters<BatchHandle["putEvents"]>): void {
    this.#change((batch) => batch.putEvents(...given));
  }

  putTrain(...given: Parameters<BatchHandle["putTrain"]>): void {
    this.#change((batch) => batch.putTrain(...given));
  }

  putSpikes(...given: Parameters<BatchHandle["putSpikes"]>): void {
    this.#change((batch) => batch.putSpikes(...given));
  }

  appendCounts(path: string, sample: number, counts: Float32Array, isFirst: boolean): void {
    this.#change((batch) => batch.appendCounts(path, sample, counts, isFirst));
  }

  setClasses(classes: Float64Array): void {
    this.#change((batch) => batch.setClasses(classes));
  }

  setValues(values: Float32Array, perStep: boolean, perLayer: boolean): void {
    this.#change((batch) => batch.setValues(values, perStep, perLayer));
  }

  bytes(): number {
    return this.#batch.call((batch) => batch.bytes());
  }

  dispose(): void {
    this.#batch.quietly((batch) => batch.dispose());
    this.#weight?.set(0);
  }
}

/** The class of a core's batches, behind the guard. */
function guardedBatches(core: Core<EngineBinding>): BatchConstructor {
  return class extends GuardedBatch {
    constructor(...sizes: ConstructorParameters<BatchConstructor>) {
      super(core, (Batch) => new Batch(...sizes));
    }
  };
}

/** The class of a core's networks, behind the guard. */
function guardedNetworks(core: Core<EngineBinding>): NetworkConstructor {
  return class GuardedNetwork implements NetworkHandle {
    readonly #network: Handle<NetworkHandle>;
    readonly #weight = core.felt ? undefined : new Weight();

    constructor(specificationJson: string, threads: number, build?: Build) {
      const make = build ?? ((Network) => new Network(specificationJson, threads));
      this.#network = core.make(this, ({ Network }) => make(Network));
      this.#weigh();
    }

    /** Lets the collector feel what the network holds, after calls that change it. */
    #weigh(): void {
      this.#weight?.set(this.#network.call((network) => network.bytes()));
    }

    static fromCheckpoint(bytes: Uint8Array, threads: number): NetworkHandle {
      return new GuardedNetwork("", threads, (Network) => Network.fromCheckpoint(bytes, threads));
    }

    restore(bytes: Uint8Array): void {
      this.#network.call((network) => network.restore(bytes));
      this.#weigh();
    }

    checkpoint(metadataJson: string): Uint8Array {
      return this.#network.call((network) => network.checkpoint(metadataJson));
    }

    describe(): string {
      return this.#network.call((network) => network.describe());
    }

    ruleRequest(layer: number): string {
      return this.#network.call((network) => network.ruleRequest(layer));
    }

    bytes(): number {
      return this.#network.call((network) => network.bytes());
    }

    begin(batch: BatchHandle, optionsJson: string): void {
      this.#network.call((network) => inside(batch, (own) => network.begin(own, optionsJson)));
    }

    advance(): boolean | Promise<boolean> {
      const done = this.#network.call((network) => network.advance());
      if (typeof done === "boolean") return done;
      return done.catch((error: unknown) => {
        throw this.#network.translate(error);
      });
    }

    interrupt(): void {
      this.#network.quietly((network) => network.interrupt());
    }

    finish(): BatchOutcome {
      const outcome = this.#network.call((network) => network.finish());
      this.#weigh();
      return outcome;
    }

    cancel(): void {
      this.#network.call((network) => network.cancel());
    }

    reset(): void {
      this.#network.call((network) => network.reset());
      this.#weigh();
    }

    takeSnapshot(): void {
      this.#network.call((network) => network.takeSnapshot());
      this.#weigh();
    }

    restoreSnapshot(): void {
      this.#network.call((network) => network.restoreSnapshot());
      this.#weigh();
    }

    dropSnapshot(): void {
      this.#network.call((network) => network.dropSnapshot());
      this.#weigh();
    }

    setEpoch(epoch: number): void {
      this.#network.call((network) => network.setEpoch(epoch));
    }

    tensorNames(): string[] {
      return this.#network.call((network) => network.tensorNames());
    }

    tensor(name: string): TensorData {
      return this.#network.call((network) => network.tensor(name));
    }

    setTensor(name: string, data: Float32Array): void {
      this.#network.call((network) => network.setTensor(name, data));
    }

    dispose(): void {
      this.#network.quietly((network) => network.dispose());
      this.#weight?.set(0);
    }
  };
}

/**
 * A core's functions, throwing {@link DecolleError} only.
 *
 * @param core - The core of the engine.
 * @param rules - What derives and checks rules, throwing {@link DecolleError} only.
 * @returns The binding to use. It outlives broken instances: what needs nothing made before works again at once.
 */
export function guard(core: Core<EngineBinding>, rules: Pick<Binding, keyof RulesBinding>): Binding {
  return {
    version: () => core.call((binding) => binding.version()),
    simd: () => core.call((binding) => binding.simd()),
    permutation: (seed, purpose, length) => core.call((binding) => binding.permutation(seed, purpose, length)),
    ...rules,
    Batch: guardedBatches(core),
    Network: guardedNetworks(core),
  };
}

/**
 * A core's functions for rules, throwing {@link DecolleError} only.
 *
 * @param core - The core of rules.
 * @returns The functions; a broken instance of the core makes place for a fresh one.
 */
export function guardRules(core: Core<RulesBinding>): RulesBinding {
  return {
    deriveRule: (requestJson) => core.call((binding) => binding.deriveRule(requestJson)),
    checkRule: (requestJson) => core.call((binding) => binding.checkRule(requestJson)),
    simulateRule: (requestJson) => core.call((binding) => binding.simulateRule(requestJson)),
  };
}
