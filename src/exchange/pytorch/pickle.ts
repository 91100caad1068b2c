/**
 * Python's pickle, as far as PyTorch writes state with it: numbers, strings, lists, tuples, dictionaries, tensors. A pickle is a
 * program; this one runs it on a stack of plain values and calls nothing. What names other classes or functions is refused
 * before anything is made of it.
 *
 * Every opcode pushes at most one value or moves values that are there, so memory is in proportion to the file. Nothing
 * recurses.
 */
import { type DecolleError, faultAt, unfit } from "../../errors.js";
import { isMap, isObject } from "../../values/brands.js";
import { LittleEndian, viewOf } from "./little-endian.js";
import { type Calls, type Named, named } from "./names.js";

/** A tuple, told apart from a list. */
export class Tuple {
  readonly #tuple = true;

  /** Its entries. */
  readonly entries: readonly PickleValue[];

  /**
   * Makes a tuple.
   *
   * @param entries - Its entries.
   */
  constructor(entries: readonly PickleValue[]) {
    this.entries = entries;
  }

  /**
   * Whether a value is one.
   *
   * @param value - Any value.
   * @returns Whether it was made by this class.
   */
  static is(value: unknown): value is Tuple {
    return isObject(value) && #tuple in value;
  }
}

/** Something that is kept outside of the pickle: a storage of numbers. */
export class Persistent {
  readonly #persistent = true;

  /** What the pickle says of it. */
  readonly id: PickleValue;

  /**
   * Makes a reference.
   *
   * @param id - What the pickle says of it.
   */
  constructor(id: PickleValue) {
    this.id = id;
  }

  /**
   * Whether a value is one.
   *
   * @param value - Any value.
   * @returns Whether it was made by this class.
   */
  static is(value: unknown): value is Persistent {
    return isObject(value) && #persistent in value;
  }
}

/** The tensor that a call of PyTorch's would make: what was handed to the call, not yet looked at. */
export class StoredTensor {
  readonly #tensor = true;

  /** Storage, offset, lengths of the axes, strides, and what is of no interest here. */
  readonly parts: readonly PickleValue[];

  /**
   * Makes a tensor.
   *
   * @param parts - What was handed to the call.
   */
  constructor(parts: readonly PickleValue[]) {
    this.parts = parts;
  }

  /**
   * Whether a value is one.
   *
   * @param value - Any value.
   * @returns Whether it was made by this class.
   */
  static is(value: unknown): value is StoredTensor {
    return isObject(value) && #tensor in value;
  }
}

/** A value of a pickle. Dictionaries are maps, so that no key is anything but a key; lists may hold themselves. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | PickleValue[]
  | Tuple
  | Map<PickleValue, PickleValue>
  | Named
  | Persistent
  | StoredTensor;

/** Stands on the stack where a list of values begins. */
const mark = Symbol("mark");

const text = new TextDecoder("utf-8", { fatal: true });

/**
 * Runs a pickle.
 *
 * @param bytes - The pickle.
 * @param calls - What comes of the calls that are known.
 * @returns The value that it leaves.
 * @throws {@link DecolleError} `format` where it is damaged or cut off, `unsupported` for an opcode, a class or a function that
 *   has no place in a checkpoint; both with the byte.
 */
export function unpickle(bytes: Uint8Array, calls: Calls): PickleValue {
  return new Machine(bytes, calls).run();
}

/** The stack, the memo and the place in the file. */
class Machine {
  readonly #bytes: Uint8Array;
  readonly #numbers: LittleEndian;
  readonly #calls: Calls;
  readonly #stack: Array<PickleValue | typeof mark> = [];
  readonly #memo = new Map<number, PickleValue>();
  #place = 0;
  /** Where the opcode stands that is at work. */
  #at = 0;

  constructor(bytes: Uint8Array, calls: Calls) {
    this.#bytes = bytes;
    this.#numbers = new LittleEndian(bytes);
    this.#calls = calls;
  }

  run(): PickleValue {
    for (;;) {
      this.#at = this.#place;
      const code = this.whole(1);
      if (code === stop) return this.pop();
      const operation = operations[code];
      if (operation === undefined) {
        const character = code > 32 && code < 127 ? ` (${String.fromCharCode(code)})` : "";
        throw this.#fault("unsupported", "an opcode of a checkpoint", `0x${code.toString(16)}${character}`);
      }
      operation(this);
    }
  }

  #fault(code: "format" | "unsupported", expected: string, found: string): DecolleError {
    return unfit(code, `pickle byte ${this.#at}`, expected, found);
  }

  /** Something that is damaged. */
  damage(expected: string, found: string): DecolleError {
    return this.#fault("format", expected, found);
  }

  /** As many bytes; a view of the pickle's. */
  take(length: number): Uint8Array {
    const part = this.#numbers.part(this.#place, length);
    if (part === undefined) {
      throw this.damage(`${length} bytes`, `the end after ${this.#numbers.length - this.#place}`);
    }
    this.#place += length;
    return part;
  }

  /** A whole number of so many bytes, at least 0. */
  whole(length: 1 | 2 | 4 | 8): number {
    const start = this.#place;
    this.take(length);
    return this.#numbers.whole(start, length);
  }

  signed(): number {
    return this.whole(4) | 0;
  }

  /** A float of 64 bits, the one number whose bytes come the other way round. */
  float(): number {
    return viewOf(this.take(8)).getFloat64(0, false);
  }

  /** A whole number in the complement of two. */
  long(length: number): number {
    const bytes = this.take(length);
    if (length > 8) throw this.#fault("unsupported", "a whole number of at most 8 bytes", `${length} bytes`);
    let value = 0n;
    for (const [place, byte] of bytes.entries()) value |= BigInt(byte) << BigInt(8 * place);
    return Number(BigInt.asIntN(Math.max(1, 8 * length), value));
  }

  text(length: number): string {
    const bytes = this.take(length);
    try {
      return text.decode(bytes);
    } catch (error) {
      throw faultAt("format", `pickle byte ${this.#at}`, "expected text in UTF-8", { cause: error });
    }
  }

  /** Up to the end of the line, which is left out. */
  line(): string {
    const end = this.#bytes.indexOf(10, this.#place);
    if (end < 0) throw this.damage("a line", "the end");
    const line = this.text(end - this.#place);
    this.#place++;
    return line;
  }

  push(value: PickleValue | typeof mark): void {
    this.#stack.push(value);
  }

  pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined || value === mark)
      throw this.damage("a value on the stack", value === mark ? "a mark" : "none");
    return value;
  }

  top(): PickleValue {
    const value = this.pop();
    this.#stack.push(value);
    return value;
  }

  /** Takes a mark or a value away. */
  drop(): void {
    if (this.#stack.pop() === undefined) throw this.damage("a value on the stack", "none");
  }

  /** Takes away what lies above the last mark, and the mark. */
  popMarked(): PickleValue[] {
    const start = this.#stack.lastIndexOf(mark);
    if (start < 0) throw this.damage("a mark on the stack", "none");
    const values = this.#stack.splice(start) as PickleValue[];
    values.shift();
    return values;
  }

  several(count: number): PickleValue[] {
    const values: PickleValue[] = [];
    for (let index = 0; index < count; index++) values.unshift(this.pop());
    return values;
  }

  keep(index: number): void {
    this.#memo.set(index, this.top());
  }

  memoize(): void {
    this.keep(this.#memo.size);
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.damage(`a value kept under ${index}`, "none");
    this.#stack.push(value);
  }

  setItems(pairs: readonly PickleValue[]): void {
    const map = this.top();
    if (!isMap<PickleValue, PickleValue>(map)) throw this.damage("a dictionary", nameOf(map));
    if (pairs.length % 2 !== 0) throw this.damage("pairs of key and value", `${pairs.length} values`);
    for (let index = 0; index < pairs.length; index += 2) map.set(pairs[index] ?? null, pairs[index + 1] ?? null);
  }

  append(values: readonly PickleValue[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw this.damage("a list", nameOf(list));
    for (const value of values) list.push(value);
  }

  /** A class or function, if it is known. */
  name(module: string, name: string): void {
    const full = `${module}.${name}`;
    const known = named(full);
    if (known === undefined) {
      const shown = full.length > 100 ? `${full.slice(0, 100)}…` : full;
      throw this.#fault("unsupported", "a class or function of checkpoints", shown);
    }
    this.push(known);
  }

  nameOnStack(): void {
    const [module, name] = this.several(2);
    if (typeof module !== "string" || typeof name !== "string") throw this.damage("two names", "something else");
    this.name(module, name);
  }

  call(): void {
    const [callee, given] = this.several(2);
    if (!Tuple.is(given)) throw this.damage("a tuple of arguments", nameOf(given ?? null));
    const called = this.#calls(callee ?? null, given.entries);
    if (called === undefined) throw this.damage("a call that checkpoints make", `one of ${nameOf(callee ?? null)}`);
    this.push(called);
  }

  /** State of an object beside its entries, such as the versions of a model's parts: of no interest. */
  build(): void {
    this.pop();
    this.top();
  }
}

function nameOf(value: PickleValue): string {
  if (value === null) return "None";
  if (Array.isArray(value)) return "a list";
  if (isMap<PickleValue, PickleValue>(value)) return "a dictionary";
  if (Tuple.is(value)) return "a tuple";
  if (StoredTensor.is(value)) return "a tensor";
  if (Persistent.is(value)) return "a storage";
  if (ArrayBuffer.isView(value)) return "bytes";
  return typeof value === "object" ? value.name : `a ${typeof value}`;
}

const stop = ".".charCodeAt(0);

/** What each opcode does; Python's `pickletools` describes them. */
const operations: Readonly<Record<number, (machine: Machine) => void>> = {
  128: (machine) => {
    const version = machine.whole(1);
    if (version > 5) throw machine.damage("a protocol of at most 5", `${version}`);
  },
  149: (machine) => void machine.whole(8),
  ...byCharacter({
    "(": (machine) => machine.push(mark),
    "0": (machine) => machine.drop(),
    "1": (machine) => void machine.popMarked(),
    "2": (machine) => machine.push(machine.top()),
    N: (machine) => machine.push(null),
    J: (machine) => machine.push(machine.signed()),
    K: (machine) => machine.push(machine.whole(1)),
    M: (machine) => machine.push(machine.whole(2)),
    G: (machine) => machine.push(machine.float()),
    X: (machine) => machine.push(machine.text(machine.whole(4))),
    U: (machine) => machine.push(machine.text(machine.whole(1))),
    T: (machine) => machine.push(machine.text(machine.whole(4))),
    B: (machine) => machine.push(machine.take(machine.whole(4))),
    C: (machine) => machine.push(machine.take(machine.whole(1))),
    "}": (machine) => machine.push(new Map()),
    "]": (machine) => machine.push([]),
    ")": (machine) => machine.push(new Tuple([])),
    t: (machine) => machine.push(new Tuple(machine.popMarked())),
    l: (machine) => machine.push(machine.popMarked()),
    d: (machine) => {
      const pairs = machine.popMarked();
      machine.push(new Map());
      machine.setItems(pairs);
    },
    s: (machine) => machine.setItems(machine.several(2)),
    u: (machine) => machine.setItems(machine.popMarked()),
    a: (machine) => machine.append(machine.several(1)),
    e: (machine) => machine.append(machine.popMarked()),
    h: (machine) => machine.recall(machine.whole(1)),
    j: (machine) => machine.recall(machine.whole(4)),
    q: (machine) => machine.keep(machine.whole(1)),
    r: (machine) => machine.keep(machine.whole(4)),
    c: (machine) => machine.name(machine.line(), machine.line()),
    R: (machine) => machine.call(),
    b: (machine) => machine.build(),
    Q: (machine) => machine.push(new Persistent(machine.pop())),
  }),
  133: (machine) => machine.push(new Tuple(machine.several(1))),
  134: (machine) => machine.push(new Tuple(machine.several(2))),
  135: (machine) => machine.push(new Tuple(machine.several(3))),
  136: (machine) => machine.push(true),
  137: (machine) => machine.push(false),
  138: (machine) => machine.push(machine.long(machine.whole(1))),
  139: (machine) => machine.push(machine.long(machine.whole(4))),
  140: (machine) => machine.push(machine.text(machine.whole(1))),
  141: (machine) => machine.push(machine.text(machine.whole(8))),
  142: (machine) => machine.push(machine.take(machine.whole(8))),
  147: (machine) => machine.nameOnStack(),
  148: (machine) => machine.memoize(),
};

function byCharacter(
  table: Readonly<Record<string, (machine: Machine) => void>>,
): Record<number, (machine: Machine) => void> {
  return Object.fromEntries(
    Object.entries(table).map(([character, operation]) => [character.charCodeAt(0), operation]),
  );
}
