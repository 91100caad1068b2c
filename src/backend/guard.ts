/**
 * Puts a guard around a binding: what it throws, or what its promises reject with, becomes a {@link DecolleError}.
 *
 * It names every function of the contract, so the compiler sees when one is missing; a call costs one more stack frame.
 */

import { translateFault } from "../errors.js";
import type {
  BatchOutcome,
  Binding,
  NetworkConstructor,
  NetworkHandle,
  SyntheticCameraConstructor,
  SyntheticCameraHandle,
  SyntheticPiece,
  TargetKind,
  TensorData,
} from "./contract.js";

function guarded<Result>(call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    throw translateFault(error);
  }
}

/** The class of a binding's networks, behind the guard. */
function guardedNetworks(Network: NetworkConstructor): NetworkConstructor {
  return class GuardedNetwork implements NetworkHandle {
    readonly #network: NetworkHandle;

    constructor(specificationJson: string, threads: number, existing?: NetworkHandle) {
      this.#network = existing ?? guarded(() => new Network(specificationJson, threads));
    }

    static fromCheckpoint(bytes: Uint8Array, threads: number): NetworkHandle {
      return new GuardedNetwork(
        "",
        threads,
        guarded(() => Network.fromCheckpoint(bytes, threads)),
      );
    }

    restore(bytes: Uint8Array): void {
      guarded(() => this.#network.restore(bytes));
    }

    checkpoint(metadataJson: string): Uint8Array {
      return guarded(() => this.#network.checkpoint(metadataJson));
    }

    describe(): string {
      return guarded(() => this.#network.describe());
    }

    begin(
      offsets: Uint32Array,
      indices: Uint32Array,
      counts: Float32Array,
      targetKind: TargetKind,
      target: Float32Array,
      optionsJson: string,
    ): void {
      guarded(() => this.#network.begin(offsets, indices, counts, targetKind, target, optionsJson));
    }

    advance(): boolean | Promise<boolean> {
      const done = guarded(() => this.#network.advance());
      if (typeof done === "boolean") return done;
      return done.catch((error: unknown) => {
        throw translateFault(error);
      });
    }

    interrupt(): void {
      guarded(() => this.#network.interrupt());
    }

    finish(): BatchOutcome {
      return guarded(() => this.#network.finish());
    }

    cancel(): void {
      guarded(() => this.#network.cancel());
    }

    reset(): void {
      guarded(() => this.#network.reset());
    }

    remember(): void {
      guarded(() => this.#network.remember());
    }

    recall(): void {
      guarded(() => this.#network.recall());
    }

    forget(): void {
      guarded(() => this.#network.forget());
    }

    setEpoch(epoch: number): void {
      guarded(() => this.#network.setEpoch(epoch));
    }

    tensorNames(): string[] {
      return guarded(() => this.#network.tensorNames());
    }

    tensor(name: string): TensorData {
      return guarded(() => this.#network.tensor(name));
    }

    setTensor(name: string, data: Float32Array): void {
      guarded(() => this.#network.setTensor(name, data));
    }

    dispose(): void {
      guarded(() => this.#network.dispose());
    }
  };
}

/** The class of a binding's synthetic cameras, behind the guard. */
function guardedCameras(SyntheticCamera: SyntheticCameraConstructor): SyntheticCameraConstructor {
  return class GuardedSyntheticCamera implements SyntheticCameraHandle {
    readonly #camera: SyntheticCameraHandle;

    constructor(optionsJson: string) {
      this.#camera = guarded(() => new SyntheticCamera(optionsJson));
    }

    next(duration: number): SyntheticPiece {
      return guarded(() => this.#camera.next(duration));
    }

    time(): number {
      return guarded(() => this.#camera.time());
    }
  };
}

/**
 * The same binding, throwing {@link DecolleError} only.
 *
 * @param binding - The binding as the build exports it.
 * @returns The binding to use.
 */
export function guard(binding: Binding): Binding {
  return {
    version: () => guarded(() => binding.version()),
    simd: () => guarded(() => binding.simd()),
    permutation: (seed, purpose, length) => guarded(() => binding.permutation(seed, purpose, length)),
    decodeNmnist: (bytes) => guarded(() => binding.decodeNmnist(bytes)),
    binEvents: (x, y, p, t, optionsJson) => guarded(() => binding.binEvents(x, y, p, t, optionsJson)),
    deriveRule: (requestJson) => guarded(() => binding.deriveRule(requestJson)),
    checkRule: (requestJson) => guarded(() => binding.checkRule(requestJson)),
    simulateRule: (requestJson) => guarded(() => binding.simulateRule(requestJson)),
    syntheticClasses: () => guarded(() => binding.syntheticClasses()),
    synthesize: (optionsJson) => guarded(() => binding.synthesize(optionsJson)),
    SyntheticCamera: guardedCameras(binding.SyntheticCamera),
    Network: guardedNetworks(binding.Network),
  };
}
