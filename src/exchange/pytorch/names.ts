/** The classes and functions that a pickle of a checkpoint may name. What they do in Python is not done here. */
import { isObject } from "../../values/brands.js";
import type { PickleValue } from "./pickle.js";

/** Kinds of numbers in a storage, and the bytes of each. */
export const numberBytes = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
} as const;

/** A kind of number. */
export type NumberKind = keyof typeof numberBytes;

/** A class or function by its name. */
export class Named {
  readonly #named = true;

  /** What it is called in Python. */
  readonly name: string;
  /** What a storage of this class holds; absent where it is no storage. */
  readonly kind?: NumberKind;

  /**
   * Makes one.
   *
   * @param name - What it is called in Python.
   * @param kind - What a storage of this class holds.
   */
  constructor(name: string, kind?: NumberKind) {
    this.name = name;
    if (kind !== undefined) this.kind = kind;
  }

  /**
   * Whether a value is one.
   *
   * @param value - Any value.
   * @returns Whether it was made by this class.
   */
  static is(value: unknown): value is Named {
    return isObject(value) && #named in value;
  }
}

/** What comes of calling something with arguments; undefined where nothing may. */
export type Calls = (callee: PickleValue, given: readonly PickleValue[]) => PickleValue | undefined;

const storages: Readonly<Record<string, NumberKind>> = {
  Double: "float64",
  Float: "float32",
  Half: "float16",
  BFloat16: "bfloat16",
  Long: "int64",
  Int: "int32",
  Short: "int16",
  Char: "int8",
  Byte: "uint8",
  Bool: "bool",
};

const functions = [
  "collections.OrderedDict",
  "torch.Size",
  "torch._utils._rebuild_tensor",
  "torch._utils._rebuild_tensor_v2",
  "torch._utils._rebuild_parameter",
];

const all = new Map(
  [
    ...functions.map((name) => new Named(name)),
    ...Object.entries(storages).map(([name, kind]) => new Named(`torch.${name}Storage`, kind)),
  ].map((known) => [known.name, known]),
);

/**
 * A class or function by its name.
 *
 * @param name - Module and name, such as `collections.OrderedDict`.
 * @returns It; undefined where it has no place in a checkpoint.
 */
export function named(name: string): Named | undefined {
  return all.get(name);
}
