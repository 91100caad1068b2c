/**
 * The page's side of a Worker that a network works in: a binding whose calls are messages.
 *
 * A Worker belongs to one network and ends with it: when that is disposed of or forgotten, when the Worker breaks, and with the
 * page. Arrays are copied once, here, and given away; results are given away by the Worker.
 */

import { DecolleError, faultAt } from "../../errors.js";
import { isObject, messageOf } from "../../values/brands.js";
import type { Asked, Backend } from "../builds.js";
import type {
  AsyncBatch,
  AsyncBinding,
  AsyncNetwork,
  BatchHandle,
  BatchOutcome,
  Binding,
  NetworkHandle,
} from "../contract.js";
import { Weight } from "../weight.js";
import { type Answer, asError, type Call, type Facts, type Opening, type Reference, type Worked } from "./messages.js";

/** Says that a Worker does not start here at all, so that the engine has to do without. */
export class NotStarted extends Error {
  readonly #notStarted = true;

  /**
   * Whether a value is one.
   *
   * @param value - Any value.
   * @returns Whether it was made by this class.
   */
  static is(value: unknown): value is NotStarted {
    return isObject(value) && #notStarted in value;
  }
}

/** Who waits for an answer. */
interface Waiting {
  readonly gave: (value: unknown, bytes: number | undefined) => void;
  readonly threw: (error: DecolleError) => void;
}

/** The methods of a batch; the compiler sees when one is missing. */
const ofBatches: Readonly<Record<keyof BatchHandle, true>> = {
  putEvents: true,
  putTrain: true,
  putSpikes: true,
  appendCounts: true,
  setClasses: true,
  setValues: true,
  bytes: true,
  dispose: true,
};

/** Those of a network, but for those that are not one message each, see {@link networkIn}. */
const ofNetworks: Readonly<Record<Exclude<keyof NetworkHandle, "begin" | "advance" | "finish" | "dispose">, true>> = {
  restore: true,
  checkpoint: true,
  describe: true,
  ruleRequest: true,
  bytes: true,
  interrupt: true,
  cancel: true,
  reset: true,
  takeSnapshot: true,
  restoreSnapshot: true,
  dropSnapshot: true,
  setEpoch: true,
  tensorNames: true,
  tensor: true,
  setTensor: true,
};

/** Those of a binding. */
const ofBindings: Readonly<Record<Exclude<keyof Binding, "Batch" | "Network">, true>> = {
  version: true,
  simd: true,
  permutation: true,
  deriveRule: true,
  checkRule: true,
  simulateRule: true,
};

/** A Worker, as long as it lives. It is held by the Worker itself, so nothing here may hold what users hold. */
class Connection {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;
  #ended: DecolleError | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** Has the Worker load a build. */
  open(asked: Asked): Promise<Facts> {
    const lock = globalThis.navigator?.locks && globalThis.crypto?.randomUUID?.();
    return new Promise((resolve, reject) => {
      let up = false;
      const refuse = (error: Error) => {
        this.#worker.terminate();
        reject(error);
      };
      // Where the script is missing or forbidden, the event has no message.
      this.#worker.onerror = ({ message }) => {
        const text = message || "its script could not be loaded";
        refuse(up ? new DecolleError("backend", `the network's Worker failed: ${text}`) : new NotStarted(text));
      };
      this.#worker.onmessage = ({ data }: MessageEvent<Answer>) => {
        if (data.say === "up") up = true;
        if (data.say === "refused") refuse(asError(data.fault));
        if (data.say !== "opened") return;
        this.#listen(data.facts.locked ? lock : undefined);
        resolve(data.facts);
      };
      this.#worker.postMessage({ asked, lock } satisfies Opening);
    });
  }

  /** Sends a call; what it gives goes to `waiting`. */
  send(call: Omit<Call, "call">, transfer: Transferable[], waiting: Waiting): void {
    if (this.#ended !== undefined) {
      const { code, message } = this.#ended;
      waiting.threw(new DecolleError(code, message, { path: this.#ended.path, cause: this.#ended }));
      return;
    }
    const number = ++this.#calls;
    this.#waiting.set(number, waiting);
    this.#worker.postMessage({ ...call, call: number } satisfies Call, transfer);
  }

  /** Ends the Worker at once, whatever it does. Calls that wait, and all that come, are told the reason. */
  end(reason: DecolleError): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#worker.terminate();
    const waiting = Array.from(this.#waiting.values());
    this.#waiting.clear();
    for (const { threw } of waiting) threw(reason);
  }

  #listen(lock: string | undefined): void {
    this.#worker.onmessage = ({ data }: MessageEvent<Answer>) => this.#hear(data);
    const failed = (text: string) => this.end(new DecolleError("backend", `the network's Worker ${text}`));
    this.#worker.onerror = ({ message }) => failed(`failed: ${message}`);
    this.#worker.onmessageerror = () => failed("said something that cannot be read");
    if (lock === undefined) return;
    // It is given away when the Worker is gone, which nothing else would tell.
    const gone = () => failed("has ended, though nobody ended it");
    globalThis.navigator.locks.request(lock, gone).catch(() => undefined);
  }

  #hear(answer: Answer): void {
    if (answer.say !== "gave" && answer.say !== "threw") return;
    const waiting = this.#waiting.get(answer.call);
    this.#waiting.delete(answer.call);
    if (answer.say === "gave") waiting?.gave(answer.value, answer.bytes);
    else waiting?.threw(asError(answer.fault));
  }
}

/** Ends the Workers of what was forgotten instead of disposed of. */
const forgotten = new FinalizationRegistry<Connection>((connection) => {
  connection.end(new DecolleError("backend", "the network was forgotten"));
});

/** What a binding and all objects of a Worker hold, so that it ends when none of them is held any more. */
class Lease {
  readonly #connection: Connection;
  readonly #references = new WeakMap<object, Reference>();
  readonly #weight = new Weight();
  #objects = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
    forgotten.register(this, connection, this);
  }

  /** Calls a function in the Worker. Whoever does not wait for the answer need not hear of a fault. */
  call<Result>(on: number, name: string, given: readonly unknown[], made?: number): Promise<Result> {
    const answer = new Promise<unknown>((gave, threw) => {
      const [values, transfer] = this.#packed(name, given);
      const weigh = (value: unknown, bytes: number | undefined) => {
        if (bytes !== undefined) this.#weight.set(bytes);
        gave(value);
      };
      const call = { on, name, given: values, ...(made !== undefined && { made }) };
      this.#connection.send(call, transfer, { gave: weigh, threw });
    });
    answer.catch(() => undefined);
    return answer as Promise<Result>;
  }

  /** Makes an object in the Worker; `methods` are those that are plain calls. */
  make(name: string, given: readonly unknown[], methods: object): { readonly object: number; readonly calls: object } {
    const object = ++this.#objects;
    void this.call(0, name, given, object);
    const calls = this.calls(object, methods);
    this.#references.set(calls, { object });
    return { object, calls };
  }

  /** Functions that call those of an object. */
  calls(object: number, methods: object): object {
    const call =
      (name: string) =>
      (...given: unknown[]) =>
        this.call(object, name, given);
    return Object.fromEntries(Object.keys(methods).map((name) => [name, call(name)]));
  }

  /** Ends the Worker. */
  end(): void {
    forgotten.unregister(this);
    this.#weight.set(0);
    this.#connection.end(faultAt("disposed", "network", "it was disposed of"));
  }

  /** Copies arrays, which the caller keeps, and refers to objects by their numbers. */
  #packed(name: string, given: readonly unknown[]): [values: unknown[], transfer: Transferable[]] {
    const transfer: Transferable[] = [];
    const values = given.map((value) => {
      if (typeof value !== "object" || value === null) return value;
      if (ArrayBuffer.isView(value)) {
        const copy = copied(value as Uint8Array, name);
        transfer.push(copy.buffer);
        return copy;
      }
      const reference = this.#references.get(value);
      if (reference === undefined) throw faultAt("config", "batch", "expected one of this backend");
      return reference;
    });
    return [values, transfer];
  }
}

function copied(array: Uint8Array, name: string): Uint8Array {
  try {
    return array.slice();
  } catch (error) {
    throw faultAt("memory", name, `needs ${array.byteLength} bytes, which cannot be had here`, { cause: error });
  }
}

/**
 * A network in a Worker. Beginning a batch, working through it and finishing it are one message there and one back: a busy
 * page would let the Worker wait for each.
 */
function networkIn(lease: Lease, name: "Network" | "fromCheckpoint", given: readonly unknown[]): AsyncNetwork {
  const { object, calls } = lease.make(name, given, ofNetworks);
  let working: Promise<Worked> | undefined;
  let outcome: BatchOutcome | undefined;
  return Object.assign(calls as Omit<AsyncNetwork, "begin" | "advance" | "finish" | "dispose">, {
    begin(batch: AsyncBatch, options: string) {
      outcome = undefined;
      working = lease.call<Worked>(object, "begin", [batch, options]);
    },
    // Its Worker ends with it, all threads at rest. Chromium never ends a Worker that is terminated while threads of its own
    // are ending by themselves, as they would if the network were freed first.
    dispose() {},
    async advance() {
      const work = working ?? lease.call<Worked>(object, "advance", []);
      working = undefined;
      outcome = (await work) ?? undefined;
      return outcome !== undefined;
    },
    finish() {
      const finished = outcome;
      outcome = undefined;
      if (finished === undefined) throw faultAt("config", "finish", "no batch is done");
      return finished;
    },
  });
}

/** The binding of a Worker. */
function bindingIn(lease: Lease): AsyncBinding {
  // Called with `new`, these give what they return.
  function Batch(...sizes: number[]) {
    return lease.make("Batch", sizes, ofBatches).calls;
  }
  function Network(specificationJson: string, threads: number) {
    return networkIn(lease, "Network", [specificationJson, threads]);
  }
  Network.fromCheckpoint = (bytes: Uint8Array, threads: number) => networkIn(lease, "fromCheckpoint", [bytes, threads]);
  return { ...lease.calls(0, ofBindings), Batch, Network } as unknown as AsyncBinding;
}

function startWorker(): Worker {
  try {
    return new Worker(new URL("./engine.js", import.meta.url), { type: "module", name: "decolle network" });
  } catch (error) {
    throw new NotStarted(messageOf(error), { cause: error });
  }
}

/**
 * Starts a Worker and loads a build in it.
 *
 * @param asked - Build and threads.
 * @returns The build; `close` ends the Worker.
 * @throws {@link NotStarted} where Workers do not start here, or {@link DecolleError} as `loadHere` in the Worker.
 */
export async function openWorker(asked: Asked): Promise<Backend> {
  const connection = new Connection(startWorker());
  const { kind, threads, simd, fallback } = await connection.open(asked);
  const lease = new Lease(connection);
  return {
    kind,
    threads,
    simd,
    binding: bindingIn(lease),
    started: () => lease.call<void>(0, "started", []),
    close: () => lease.end(),
    ...(fallback && { fallback: asError(fallback) }),
  };
}
