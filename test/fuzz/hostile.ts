/** Values that no function asks for, by name; made anew each time, since some are used up. */

/** Throws whatever is asked of it. */
function throwing(): object {
  const no = () => {
    throw new Error("no");
  };
  return new Proxy({}, { get: no, has: no, ownKeys: no, getPrototypeOf: no, getOwnPropertyDescriptor: no });
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  return proxy;
}

/** Without end in depth and breadth: every field is another such object. */
function endless(): object {
  const field = { enumerable: true, configurable: true };
  return new Proxy(
    {},
    {
      ownKeys: () => ["a", "b", "c"],
      getOwnPropertyDescriptor: () => ({ ...field, value: 0 }),
      get: (_, name) => (typeof name === "symbol" || name === "then" || name === "toJSON" ? undefined : endless()),
    },
  );
}

function nested(levels: number, wrap: (inner: unknown) => unknown): unknown {
  let inner: unknown = 0;
  for (let level = 0; level < levels; level++) inner = wrap(inner);
  return inner;
}

function circle(): object {
  const own: Record<string, unknown> = {};
  own["self"] = own;
  return own;
}

function detached(): Uint8Array {
  const array = new Uint8Array(8);
  structuredClone(array, { transfer: [array.buffer] });
  return array;
}

/** Gives another value each time it is looked at. */
function fickle(): object {
  let looks = 0;
  return {
    get type() {
      return ++looks % 2 === 0 ? "dense" : looks;
    },
    get length() {
      return ++looks;
    },
  };
}

/** All of them by name. */
export const hostile: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  NaN: () => Number.NaN,
  "-0": () => -0,
  "-1": () => -1,
  half: () => 0.5,
  infinity: () => Number.POSITIVE_INFINITY,
  "minus infinity": () => Number.NEGATIVE_INFINITY,
  "2^31": () => 2 ** 31,
  "2^32 + 1": () => 2 ** 32 + 1,
  "2^53": () => 2 ** 53,
  "2^64": () => 2 ** 64,
  "1e300": () => 1e300,
  "smallest number": () => Number.MIN_VALUE,
  bigint: () => 1n,
  "huge bigint": () => 2n ** 100n,
  true: () => true,
  false: () => false,
  "empty text": () => "",
  text: () => "text",
  digit: () => "1",
  "long text": () => "é".repeat(100_000),
  __proto__name: () => "__proto__",
  "a lone surrogate": () => "\ud800",
  symbol: () => Symbol("seven"),
  function: () => () => 1,
  "async function": () => async () => 1,
  "empty object": () => ({}),
  "object without prototype": () => Object.create(null),
  "empty array": () => [],
  "array of null": () => [null],
  "array of texts": () => ["1", "2"],
  "array with holes": () => new Array(3),
  "longest array": () => new Array(2 ** 32 - 1),
  "deep array": () => nested(5000, (inner) => [inner]),
  "deep object": () => nested(5000, (inner) => ({ inner })),
  circle,
  throwing,
  revoked,
  endless,
  fickle,
  "throwing getter": () => ({
    get length() {
      throw new Error("no");
    },
    get type() {
      throw new Error("no");
    },
  }),
  "no conversion": () => ({
    toString: () => {
      throw new Error("no");
    },
    valueOf: () => {
      throw new Error("no");
    },
  }),
  "claims a length": () => ({ length: 2 ** 53 }),
  "claims a length below 0": () => ({ length: -1 }),
  "claims numbers": () => ({ length: 2, 0: "0", 1: 1n }),
  toJSON: () => ({ toJSON: () => 1n }),
  Uint8Array: () => Uint8Array.of(1, 2),
  Int8Array: () => Int8Array.of(-1, 2),
  Uint16Array: () => Uint16Array.of(1, 60000),
  Uint32Array: () => Uint32Array.of(2 ** 32 - 1, 0),
  Float32Array: () => Float32Array.of(Number.NaN, 1),
  Float64Array: () => Float64Array.of(1e300, -1),
  BigInt64Array: () => BigInt64Array.of(1n),
  "empty Uint32Array": () => new Uint32Array(),
  detached,
  "shared bytes": () => new Uint8Array(new SharedArrayBuffer(4)),
  "shared floats": () => new Float32Array(new SharedArrayBuffer(32)),
  DataView: () => new DataView(new ArrayBuffer(4)),
  ArrayBuffer: () => new ArrayBuffer(4),
  Buffer: () => Buffer.from("safetensors"),
  "array's proxy": () => new Proxy([1, 2], {}),
  "typed array's proxy": () => new Proxy(new Float32Array(2), {}),
  "named a typed array": () => ({ [Symbol.toStringTag]: "Float32Array", length: 2 }),
  Map: () => new Map([["epochs", 1]]),
  Set: () => new Set([1]),
  Date: () => new Date(0),
  RegExp: () => /x/,
  Error: () => new Error("no"),
  URL: () => new URL("file:///nowhere/at/all"),
  Promise: () => Promise.resolve(1),
  AbortController: () => new AbortController(),
  AbortSignal: () => new AbortController().signal,
  "aborted AbortSignal": () => AbortSignal.abort(),
  "half a signal": () => ({ aborted: false }),
};
