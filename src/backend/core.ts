/**
 * A build's compiled core, as long as it works: an instance of it, what was made in that, and a fresh instance once it broke.
 *
 * WebAssembly cannot unwind, so a panic leaves an instance, and with it everything in its memory, in the middle of something.
 * Such an instance is never entered again. It and all handles into it are let go of, so that its memory can be freed, and
 * what begins anew gets a new one. The native addon does unwind; there a panic ends one network only, and the instance stays.
 */

import { DecolleError, translateFault } from "../errors.js";

/** An instance of a core. */
export interface Instance<Binding> {
  /** Its functions, as the build exports them. */
  readonly binding: Binding;
  /** Why it must not be entered any more; undefined while it may. */
  readonly fault: () => string | undefined;
  /** Waits until all threads of the networks made so far run; rejects where one does not start. */
  readonly started: () => Promise<void>;
  /** Ends its threads in the middle of whatever they do; called when it is broken. */
  readonly end: () => void;
}

/** What can be freed: WebAssembly's objects say `free`, networks `dispose`, and the addon frees by itself. */
interface Freeable {
  free?(): void;
  dispose?(): void;
}

/** An object in an instance. */
export interface Handle<Value> {
  /**
   * Calls a method.
   *
   * @param call - The call.
   * @returns What it gives.
   * @throws {@link DecolleError} What it throws; `backend` with the first cause where the instance is broken.
   */
  call<Result>(call: (value: Value) => Result): Result;
  /**
   * What was thrown later, by a promise that a call gave.
   *
   * @param error - What the promise rejected with.
   * @returns The error to throw on.
   */
  translate(error: unknown): DecolleError;
  /**
   * Calls a method that nobody waits for: where the instance is broken, or the method breaks it, the next call says so.
   *
   * @param call - The call; whatever it throws goes unheard.
   */
  quietly(call: (value: Value) => void): void;
}

/** One instance, from its making until it breaks. */
class Life<Binding> {
  #instance: Instance<Binding> | undefined;
  #cause: DecolleError | undefined;
  /** What was made in it, so that nothing else holds on to it once it is broken. */
  readonly #made = new Map<number, Freeable>();
  #next = 0;

  constructor(instance: Instance<Binding>) {
    this.#instance = instance;
  }

  get broken(): boolean {
    return this.#instance === undefined;
  }

  call<Result>(call: (instance: Instance<Binding>) => Result): Result {
    if (this.#instance === undefined) throw this.#lost();
    try {
      return call(this.#instance);
    } catch (error) {
      throw this.translate(error);
    }
  }

  translate(error: unknown): DecolleError {
    const fault = this.#instance?.fault();
    if (fault !== undefined) this.#break(fault, error);
    return this.#cause === undefined ? translateFault(error) : this.#lost();
  }

  make<Value extends Freeable>(build: (binding: Binding) => Value): number {
    const made = this.call(({ binding }) => build(binding));
    const key = this.#next++;
    this.#made.set(key, made);
    return key;
  }

  callOn<Value, Result>(key: number, call: (value: Value) => Result): Result {
    return this.call(() => call(this.#made.get(key) as Value));
  }

  quietly<Value>(key: number, call: (value: Value) => void): void {
    if (this.broken) return;
    try {
      this.callOn(key, call);
    } catch {
      // Nobody waits for it.
    }
  }

  /** Frees something that nobody can call any more; never throws. */
  free(key: number): void {
    this.quietly<Freeable>(key, (made) => (made.free === undefined ? made.dispose?.() : made.free()));
    this.#made.delete(key);
  }

  #break(fault: string, error: unknown): void {
    const instance = this.#instance;
    this.#instance = undefined;
    this.#cause = new DecolleError("backend", fault);
    // Not the error itself: the frames it remembers would hold the instance, and all of its memory.
    const { stack } = error as { stack?: unknown };
    if (typeof stack === "string") this.#cause.stack = stack;
    this.#made.clear();
    instance?.end();
  }

  /** A new error each time, for each has its own way here; the cause is the first one. */
  #lost(): DecolleError {
    const first = this.#cause?.message ?? "";
    const text = `the core broke, and with it everything that was made in it; make it anew. The first cause: ${first}`;
    return new DecolleError("backend", text, { cause: this.#cause });
  }
}

/** An object that was forgotten, and the instance that it is in. */
interface Forgotten {
  readonly life: { free(key: number): void };
  readonly key: number;
}

/** Frees what was forgotten instead of disposed of. */
const forgotten = new FinalizationRegistry<Forgotten>(({ life, key }) => life.free(key));

/** A build's core. */
export class Core<Binding> {
  /** Whether the collector knows by itself what objects of this build hold. */
  readonly felt: boolean;
  readonly #instantiate: () => Instance<Binding>;
  #life: Life<Binding> | undefined;

  /**
   * Takes a build.
   *
   * @param instantiate - Makes an instance.
   * @param felt - Whether the collector knows by itself what objects of this build hold.
   */
  constructor(instantiate: () => Instance<Binding>, felt: boolean) {
    this.felt = felt;
    this.#instantiate = instantiate;
  }

  /**
   * Calls a function that needs nothing made before; in a fresh instance, where the last one is broken.
   *
   * @param call - The call.
   * @returns What it gives.
   * @throws {@link DecolleError} What it throws.
   */
  call<Result>(call: (binding: Binding) => Result): Result {
    return this.#current().call(({ binding }) => call(binding));
  }

  /**
   * Waits until all threads of the networks made so far run.
   *
   * @throws What kept one from starting.
   */
  async started(): Promise<void> {
    await this.#current().call(({ started }) => started());
  }

  /**
   * Makes an object; in a fresh instance, where the last one is broken. It is freed when `owner` is forgotten.
   *
   * @param owner - What holds the handle.
   * @param build - Makes it.
   * @returns The way to it.
   * @throws {@link DecolleError} What making it throws.
   */
  make<Value extends object>(owner: object, build: (binding: Binding) => Value): Handle<Value> {
    const life = this.#current();
    const key = life.make(build);
    forgotten.register(owner, { life, key });
    return {
      call: (call) => life.callOn(key, call),
      translate: (error) => life.translate(error),
      quietly: (call) => life.quietly(key, call),
    };
  }

  #current(): Life<Binding> {
    if (this.#life === undefined || this.#life.broken) {
      try {
        this.#life = new Life(this.#instantiate());
      } catch (error) {
        throw translateFault(error);
      }
    }
    return this.#life;
  }
}
