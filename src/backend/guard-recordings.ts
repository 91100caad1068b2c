/**
 * Puts a guard around the core of recordings, as `guard.ts` does around an engine's: what it throws becomes a
 * {@link DecolleError}, and what is called in a broken instance says so, see core.ts.
 */

import type { EventColumns } from "./contract.js";
import type { Core, Handle } from "./core.js";
import type {
  CochleaConstructor,
  CochleaHandle,
  EncoderConstructor,
  EncoderHandle,
  FrameCameraConstructor,
  FrameCameraHandle,
  ReaderConstructor,
  ReaderHandle,
  RecordingsBinding,
  SpotCameraConstructor,
  SpotCameraHandle,
  SyntheticCameraConstructor,
  SyntheticCameraHandle,
  SyntheticPiece,
  TrainColumns,
} from "./recordings.js";

type RecordingsCore = Core<RecordingsBinding>;

/** The class of a core's synthetic cameras, behind the guard. */
function guardedCameras(core: RecordingsCore): SyntheticCameraConstructor {
  return class GuardedSyntheticCamera implements SyntheticCameraHandle {
    readonly #camera: Handle<SyntheticCameraHandle>;

    constructor(optionsJson: string) {
      this.#camera = core.make(this, ({ SyntheticCamera }) => new SyntheticCamera(optionsJson));
    }

    next(duration: number): SyntheticPiece {
      return this.#camera.call((camera) => camera.next(duration));
    }

    time(): number {
      return this.#camera.call((camera) => camera.time());
    }
  };
}

/** The class of a core's cameras for frames, behind the guard. */
function guardedFrameCameras(core: RecordingsCore): FrameCameraConstructor {
  return class GuardedFrameCamera implements FrameCameraHandle {
    readonly #camera: Handle<FrameCameraHandle>;

    constructor(optionsJson: string) {
      this.#camera = core.make(this, ({ FrameCamera }) => new FrameCamera(optionsJson));
    }

    expose(luminance: Uint8Array, time: number): EventColumns {
      return this.#camera.call((camera) => camera.expose(luminance, time));
    }

    exposeFloat(luminance: Float32Array, time: number): EventColumns {
      return this.#camera.call((camera) => camera.exposeFloat(luminance, time));
    }

    settle(): void {
      this.#camera.call((camera) => camera.settle());
    }
  };
}

/** The class of a core's cameras for spots, behind the guard. */
function guardedSpotCameras(core: RecordingsCore): SpotCameraConstructor {
  return class GuardedSpotCamera implements SpotCameraHandle {
    readonly #camera: Handle<SpotCameraHandle>;

    constructor(optionsJson: string) {
      this.#camera = core.make(this, ({ SpotCamera }) => new SpotCamera(optionsJson));
    }

    put(x: number, y: number): void {
      this.#camera.call((camera) => camera.put(x, y));
    }

    moveTo(x: number, y: number, from: number, to: number): EventColumns {
      return this.#camera.call((camera) => camera.moveTo(x, y, from, to));
    }
  };
}

/** The class of a core's cochleas, behind the guard. */
function guardedCochleas(core: RecordingsCore): CochleaConstructor {
  return class GuardedCochlea implements CochleaHandle {
    readonly #cochlea: Handle<CochleaHandle>;

    constructor(optionsJson: string) {
      this.#cochlea = core.make(this, ({ Cochlea }) => new Cochlea(optionsJson));
    }

    hear(samples: Float32Array): TrainColumns {
      return this.#cochlea.call((cochlea) => cochlea.hear(samples));
    }

    skip(samples: number): void {
      this.#cochlea.call((cochlea) => cochlea.skip(samples));
    }
  };
}

/** The class of a core's readers, behind the guard. */
function guardedReaders(core: RecordingsCore): ReaderConstructor {
  return class GuardedReader implements ReaderHandle {
    readonly #reader: Handle<ReaderHandle>;

    constructor(...given: ConstructorParameters<ReaderConstructor>) {
      this.#reader = core.make(this, ({ Reader }) => new Reader(...given));
    }

    give(bytes: Uint8Array): void {
      this.#reader.call((reader) => reader.give(bytes));
    }

    finish(): void {
      this.#reader.call((reader) => reader.finish());
    }

    next(): EventColumns {
      return this.#reader.call((reader) => reader.next());
    }

    describe(): string {
      return this.#reader.call((reader) => reader.describe());
    }

    dispose(): void {
      this.#reader.quietly((reader) => reader.dispose());
    }
  };
}

/** The class of a core's encoders, behind the guard. */
function guardedEncoders(core: RecordingsCore): EncoderConstructor {
  return class GuardedEncoder implements EncoderHandle {
    readonly #encoder: Handle<EncoderHandle>;

    constructor(...given: ConstructorParameters<EncoderConstructor>) {
      this.#encoder = core.make(this, ({ Encoder }) => new Encoder(...given));
    }

    put(...columns: Parameters<EncoderHandle["put"]>): Uint8Array {
      return this.#encoder.call((encoder) => encoder.put(...columns));
    }

    end(): Uint8Array {
      return this.#encoder.call((encoder) => encoder.end());
    }

    dispose(): void {
      this.#encoder.quietly((encoder) => encoder.dispose());
    }
  };
}

/**
 * A core's functions for recordings, throwing {@link DecolleError} only.
 *
 * @param core - The core.
 * @returns The binding to use. It outlives broken instances: what needs nothing made before works again at once.
 */
export function guardRecordings(core: RecordingsCore): RecordingsBinding {
  return {
    formats: () => core.call((binding) => binding.formats()),
    Reader: guardedReaders(core),
    Encoder: guardedEncoders(core),
    syntheticClasses: () => core.call((binding) => binding.syntheticClasses()),
    synthesize: (optionsJson) => core.call((binding) => binding.synthesize(optionsJson)),
    rateCoded: (image, optionsJson) => core.call((binding) => binding.rateCoded(image, optionsJson)),
    saccades: (image, optionsJson) => core.call((binding) => binding.saccades(image, optionsJson)),
    SyntheticCamera: guardedCameras(core),
    FrameCamera: guardedFrameCameras(core),
    SpotCamera: guardedSpotCameras(core),
    Cochlea: guardedCochleas(core),
    transform: (...given) => core.call((binding) => binding.transform(...given)),
    slice: (...given) => core.call((binding) => binding.slice(...given)),
    bin: (...given) => core.call((binding) => binding.bin(...given)),
  };
}
