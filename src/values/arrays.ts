/** Arrays as callers give them: checked by what they are, whatever realm they come from. */
import { unfit } from "../errors.js";
import { isObject, isShared, isTypedArray, type TypedArrays, typedArrayName } from "./brands.js";
import { found } from "./found.js";
import { reading } from "./options.js";

/** Most numbers that an array-like object may claim to hold, 256 MiB of float32; typed arrays may hold more. */
const most = 2 ** 26;
/** Most entries of any other list. */
const mostEntries = 2 ** 24;

/**
 * Checks a typed array.
 *
 * @param value - What was given.
 * @param name - The type it must have.
 * @param path - What messages call it.
 * @returns It, or a copy where other threads could change it meanwhile.
 * @throws {@link DecolleError} `config` for anything else.
 */
export function typedArray<Name extends keyof TypedArrays>(
  value: unknown,
  name: Name,
  path: string,
): TypedArrays[Name] {
  // What was given away (transferred to a worker) is empty, but backends could not even read that.
  if (isTypedArray(value, name) && value.length === 0) return new globalThis[name]() as TypedArrays[Name];
  if (isTypedArray(value, name)) return isShared(value) ? (value.slice() as TypedArrays[Name]) : value;
  throw unfit("config", path, `a ${name}`, found(value));
}

/**
 * Reads an array.
 *
 * @param value - What was given; its getters run.
 * @param path - What messages call it.
 * @returns A copy of the array.
 * @throws {@link DecolleError} `config` for anything else, `range` for its length.
 */
export function list<Entry>(value: readonly Entry[], path: string): readonly Entry[] {
  if (!reading(path, () => Array.isArray(value))) {
    throw unfit("config", path, "an array", found(value));
  }
  const { length } = value;
  if (length > mostEntries) {
    throw unfit("range", `${path}.length`, `at most ${mostEntries}`, `${length}`);
  }
  // By index, so that holes are entries, too.
  return Array.from({ length }, (_, index) => value[index] as Entry);
}

/**
 * Reads numbers out of an array, a typed array or an object like one.
 *
 * @param value - What was given; its getters run.
 * @param path - What messages call it.
 * @returns The typed array itself, or a copy; whether numbers are finite is not checked.
 * @throws {@link DecolleError} `config` for what is no list of numbers, with the index; `range` for its length.
 */
export function numbers(value: ArrayLike<number>, path: string): ArrayLike<number> {
  if (typedArrayName(value)?.startsWith("Big") === false) return value;
  const length: unknown = isObject(value) ? value.length : undefined;
  if (typeof length !== "number") {
    throw unfit("config", path, "an array of numbers", found(value));
  }
  if (!Number.isInteger(length) || length < 0 || length > most) {
    throw unfit("range", `${path}.length`, `0 to ${most}`, `${length}`);
  }
  // Entry by entry, since a claimed length may be a lie.
  const copied: number[] = [];
  for (let place = 0; place < length; place++) {
    const number: unknown = value[place];
    if (typeof number !== "number") {
      throw unfit("config", `${path}[${place}]`, "a number", found(number));
    }
    copied.push(number);
  }
  return copied;
}
