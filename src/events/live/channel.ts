/** Hands values from who has them, at times of its own, to who iterates; few of them wait. */

/** Somebody who waits for the next value. */
interface Taker<Value> {
  readonly resolve: (step: IteratorResult<Value, undefined>) => void;
  readonly reject: (error: Error) => void;
}

const done = { done: true, value: undefined } as const;

/**
 * Values on their way. Unlike a generator it can be ended while somebody waits for the next value.
 *
 * @typeParam Value - What is handed on.
 */
export class Channel<Value> {
  /** Settles once it is ended, whoever ends it. */
  readonly closed: Promise<void>;
  readonly #capacity: number;
  readonly #values: Value[] = [];
  readonly #takers: Taker<Value>[] = [];
  #ended = false;
  #error: Error | undefined;
  #close: () => void = () => undefined;

  /**
   * Makes a channel.
   *
   * @param capacity - How many values may wait.
   */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.closed = new Promise((resolve) => {
      this.#close = resolve;
    });
  }

  /** Whether another value may be put. */
  get room(): boolean {
    return !this.#ended && this.#values.length < this.#capacity;
  }

  /**
   * Puts a value; after the end nothing comes of it.
   *
   * @param value - The value.
   */
  put(value: Value): void {
    if (this.#ended) return;
    const taker = this.#takers.shift();
    if (taker === undefined) this.#values.push(value);
    else taker.resolve({ done: false, value });
  }

  /**
   * Ends it, after the values that still wait; a second end changes nothing.
   *
   * @param error - What the taker after the last value is told.
   */
  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    const [first, ...others] = this.#takers.splice(0);
    if (first !== undefined) this.#finish(first);
    for (const taker of others) taker.resolve(done);
    this.#close();
  }

  /**
   * Ends it at once: values that wait are forgotten.
   *
   * @param error - What the next taker is told.
   */
  close(error?: Error): void {
    this.#values.length = 0;
    this.end(error);
  }

  /**
   * The next value.
   *
   * @returns It, or that there is no more.
   */
  next(): Promise<IteratorResult<Value, undefined>> {
    return new Promise((resolve, reject) => {
      if (this.#values.length > 0) resolve({ done: false, value: this.#values.shift() as Value });
      else if (this.#ended) this.#finish({ resolve, reject });
      else this.#takers.push({ resolve, reject });
    });
  }

  /** Tells somebody of the end; of an error once. */
  #finish({ resolve, reject }: Taker<Value>): void {
    const error = this.#error;
    this.#error = undefined;
    if (error === undefined) resolve(done);
    else reject(error);
  }
}
