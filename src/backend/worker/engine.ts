/**
 * The Worker that a page's network works in: it loads a build, and does what the page calls, call after call in their order.
 *
 * Work on a batch goes on by itself, chunk after chunk. In between the event loop has its turn, so that an interruption is heard
 * and the next batch is filled meanwhile.
 */

import { faultAt } from "../../errors.js";
import { nextTurn } from "../../network/turn.js";
import { isShared } from "../../values/brands.js";
import { type LocalBackend, loadHere } from "../builds.js";
import type { BatchHandle, NetworkHandle } from "../contract.js";
import { type Answer, asData, type Call, type Opening, type Reference, type Worked } from "./messages.js";

/** What a Worker has of its platform, as far as it matters here. */
interface Host {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  postMessage(message: Answer, transfer: Transferable[]): void;
  readonly navigator?: { readonly locks?: { request(name: string, hold: () => Promise<never>): Promise<never> } };
}

type Method = (...given: unknown[]) => unknown;

const host = globalThis as unknown as Host;
/** How long the event loop may wait for its turn, in milliseconds. */
const turnAfter = 8;
/** What the page has made, by its numbers. */
const objects = new Map<number, object>();
/** What could not be made, and why. */
const failed = new Map<number, unknown>();
/** Networks that are at work, and whether they are to stop. */
const atWork = new Map<object, { interrupted: boolean }>();
/** The page's network. */
let network: NetworkHandle | undefined;

const say = (answer: Answer) => host.postMessage(answer, Array.from(buffersIn(answer)));

/** The memory of all typed arrays in an answer: results of a binding, which nobody here looks at any more. */
function buffersIn(answer: unknown, found = new Set<ArrayBuffer>()): Set<ArrayBuffer> {
  if (ArrayBuffer.isView(answer)) {
    if (!isShared(answer)) found.add(answer.buffer as ArrayBuffer);
  } else if (typeof answer === "object" && answer !== null) {
    for (const part of Object.values(answer)) buffersIn(part, found);
  }
  return found;
}

/** Holds a lock for ever, by which the page notices the end of this Worker; gives whether that is so. */
function hold(lock: string | undefined): Promise<boolean> {
  const locks = host.navigator?.locks;
  if (lock === undefined || locks === undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    const held = () => {
      resolve(true);
      return new Promise<never>(() => {});
    };
    locks.request(lock, held).catch(() => resolve(false));
  });
}

/** Works on the batch that a network has begun until it is done, or until it is interrupted. */
async function work(own: NetworkHandle): Promise<Worked> {
  const state = { interrupted: false };
  atWork.set(own, state);
  try {
    let turned = performance.now();
    for (;;) {
      if (await own.advance()) return own.finish();
      if (performance.now() - turned > turnAfter) {
        await nextTurn();
        turned = performance.now();
      }
      if (state.interrupted) return null;
    }
  } finally {
    atWork.delete(own);
  }
}

/** What networks are called for besides the methods of their own. */
const ofNetworks: Readonly<Record<string, (own: NetworkHandle, ...given: never[]) => unknown>> = {
  /** `begin`, `advance` until it is done, and `finish`. */
  begin(own, batch: BatchHandle, options: string) {
    own.begin(batch, options);
    return work(own);
  },
  /** Goes on after an interruption. */
  advance: work,
  interrupt(own) {
    const state = atWork.get(own);
    if (state !== undefined) state.interrupted = true;
    own.interrupt();
  },
};

/** Makes an object. */
function make({ binding }: LocalBackend, name: string, given: readonly unknown[]): object {
  if (name === "Batch") return new binding.Batch(...(given as ConstructorParameters<typeof binding.Batch>));
  network =
    name === "Network"
      ? new binding.Network(...(given as ConstructorParameters<typeof binding.Network>))
      : binding.Network.fromCheckpoint(...(given as Parameters<typeof binding.Network.fromCheckpoint>));
  return network;
}

/** The object of a number. */
function held(number: number): object {
  const object = objects.get(number);
  if (object !== undefined) return object;
  throw failed.get(number) ?? faultAt("disposed", "batch", "it was disposed before this call");
}

/** What a page gave: as it is, or an object that it refers to. */
function resolved(value: unknown): unknown {
  const isReference = typeof value === "object" && value !== null && !ArrayBuffer.isView(value);
  return isReference ? held((value as Reference).object) : value;
}

/** Does what is called; gives its result, or a promise where it takes a while. */
function perform(backend: LocalBackend, { on, name, given, made }: Call): unknown {
  if (made !== undefined) {
    try {
      objects.set(made, make(backend, name, given));
    } catch (error) {
      failed.set(made, error);
    }
    return undefined;
  }
  if (on === 0 && name === "started") return backend.started();
  if (name === "dispose" && !objects.has(on)) return undefined;
  const target = on === 0 ? backend.binding : held(on);
  if (name === "dispose") objects.delete(on);
  const values = given.map(resolved);
  const own = target === network ? ofNetworks[name] : undefined;
  if (own !== undefined) return own(target as NetworkHandle, ...(values as never[]));
  return (target as unknown as Record<string, Method>)[name]?.(...values);
}

/** Bytes that the network holds, where a call may have changed them. */
function bytesAfter({ made, name }: Call): number | undefined {
  return made !== undefined || name === "begin" || name === "advance" ? network?.bytes() : undefined;
}

async function answer(backend: LocalBackend, call: Call): Promise<void> {
  try {
    // Done at once, so that calls take effect in the order in which they come.
    const value = await perform(backend, call);
    say({ say: "gave", call: call.call, value, bytes: bytesAfter(call) });
  } catch (error) {
    say({ say: "threw", call: call.call, fault: asData(error) });
  }
}

async function open({ asked, lock }: Opening): Promise<void> {
  try {
    const [backend, locked] = await Promise.all([loadHere(asked), hold(lock)]);
    host.onmessage = ({ data }) => void answer(backend, data as Call);
    const { kind, threads, simd, fallback } = backend;
    say({ say: "opened", facts: { kind, threads, simd, locked, ...(fallback && { fallback: asData(fallback) }) } });
  } catch (error) {
    say({ say: "refused", fault: asData(error) });
  }
}

host.onmessage = ({ data }) => void open(data as Opening);
say({ say: "up" });
