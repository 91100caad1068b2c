/**
 * What a value is, whatever realm it comes from. Test runners, jsdom and `node:vm` give code globals of its own, so that an
 * array or an error made elsewhere (by the native addon, by a caller) is no `instanceof` of them. Nothing here asks
 * `instanceof`, and nothing runs the caller's code unless it says so.
 */

/** Typed arrays by name, those of float16 and BigInt left out: no function takes them. */
export interface TypedArrays {
  /** Bytes. */
  readonly Uint8Array: Uint8Array;
  /** Whole numbers of 16 bits. */
  readonly Uint16Array: Uint16Array;
  /** Whole numbers of 32 bits. */
  readonly Uint32Array: Uint32Array;
  /** Floating-point numbers of 32 bits. */
  readonly Float32Array: Float32Array;
  /** Floating-point numbers of 64 bits. */
  readonly Float64Array: Float64Array;
}

/** Tells the kind of a typed array from an internal slot, so it cannot be deceived; undefined for all else. */
const kindOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)?.get;

/**
 * The name of a typed array's type.
 *
 * @param value - Anything.
 * @returns Such as `Float32Array`; undefined where it is no typed array.
 */
export function typedArrayName(value: unknown): string | undefined {
  return kindOf?.call(value) as string | undefined;
}

/**
 * Whether a value is a typed array of a type.
 *
 * @param value - Anything.
 * @param name - The type.
 * @returns Whether it is one, of this realm or another.
 */
export function isTypedArray<Name extends keyof TypedArrays>(value: unknown, name: Name): value is TypedArrays[Name] {
  return typedArrayName(value) === name;
}

/**
 * Whether other threads may change an array while it is read.
 *
 * @param array - A typed array.
 * @returns Whether its memory is shared.
 */
export function isShared(array: ArrayBufferView): boolean {
  return Object.prototype.toString.call(array.buffer) === "[object SharedArrayBuffer]";
}

/**
 * Whether a value is an object that is neither null nor a function.
 *
 * @param value - Anything.
 * @returns Whether it has fields to look at.
 */
export function isObject(value: unknown): value is Readonly<Record<PropertyKey, unknown>> {
  return typeof value === "object" && value !== null;
}

/**
 * Whether an object was written as `{…}`, or made by `Object.create(null)`, in any realm.
 *
 * @param value - An object; a proxy's traps run.
 * @returns False for arrays and for instances of classes.
 */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    prototype === null ||
    (!Array.isArray(value) && isObject(prototype) && Object.getPrototypeOf(prototype) === null && isRoot(prototype))
  );
}

/** Whether a prototype is the `Object.prototype` of some realm. */
function isRoot(prototype: object): boolean {
  return Object.hasOwn(prototype, "hasOwnProperty") && Object.hasOwn(prototype, "isPrototypeOf");
}

/**
 * Whether an object carries a brand: a symbol of the global registry, which all realms and all copies of a module share.
 *
 * @param value - Anything.
 * @param brand - The symbol.
 * @returns Whether it has it; false for proxies that refuse to say.
 */
export function isBranded(value: unknown, brand: symbol): boolean {
  try {
    return isObject(value) && value[brand] === true;
  } catch {
    return false;
  }
}

/**
 * The text of whatever was thrown.
 *
 * @param error - Anything; an `Error` of any realm has a message.
 * @returns Its message, or it as a string.
 */
export function messageOf(error: unknown): string {
  try {
    if (isObject(error) && typeof error["message"] === "string") return error["message"];
    return String(error);
  } catch {
    return "an object that cannot be read";
  }
}

/** What of an `AbortSignal` is used: those of Node, of browsers and of polyfills have it. */
export interface AbortSignalLike {
  /** Whether work should stop. */
  readonly aborted: boolean;
  /** Why; becomes the `cause` of the error. */
  readonly reason?: unknown;
  /**
   * Listens.
   *
   * @param type - The event.
   * @param listener - Called when work should stop.
   */
  addEventListener(type: "abort", listener: () => void): void;
  /**
   * Listens no more.
   *
   * @param type - The event.
   * @param listener - What was called.
   */
  removeEventListener(type: "abort", listener: () => void): void;
}

/**
 * Whether a value can say that work should stop.
 *
 * @param value - Anything; its getters run.
 * @returns Whether it has the shape of an `AbortSignal`.
 */
export function isAbortSignal(value: unknown): value is AbortSignalLike {
  return (
    isObject(value) &&
    typeof value["aborted"] === "boolean" &&
    typeof value["addEventListener"] === "function" &&
    typeof value["removeEventListener"] === "function"
  );
}

/**
 * Whether something is a dictionary of JavaScript's, of any realm.
 *
 * @param value - Any value.
 * @returns Whether it is a `Map`.
 */
export function isMap<Key, Value>(value: unknown): value is Map<Key, Value> {
  return Object.prototype.toString.call(value) === "[object Map]";
}
