/**
 * Writing specifications as JSON without losing anything on the way: `JSON.stringify` turns NaN into null and drops
 * functions silently, so what it would lose is refused here, by path. Fields that are undefined are as if they were not
 * there. Ranges and names of fields are checked where the network is built, in Rust.
 */
import { faultAt, unfit } from "../errors.js";
import { isPlain } from "../values/brands.js";
import { found } from "../values/found.js";
import { reading } from "../values/options.js";

/** How deep data may lie within one another; a specification needs seven levels. */
const deepest = 64;
/** Half of a character: JSON written with it cannot be read by others. */
const lone = /\p{Surrogate}/u;
/** How many values there may be in all; a graph of the most nodes has some ten thousand. */
const mostValues = 2 ** 20;

/**
 * Writes plain data as JSON.
 *
 * @param value - Objects, arrays, strings, booleans, null and finite numbers; each getter runs once.
 * @param path - What messages call the whole; nothing by default.
 * @returns The JSON text, without fields that are undefined.
 * @throws {@link DecolleError} `not-finite` for NaN and infinities, `range` for data nested too deep, `config` for anything
 *   JSON has no word for (functions, undefined in a list, bigint, symbols, class instances, circles), each with the path of
 *   the field.
 */
export function toJson(value: unknown, path = ""): string {
  return JSON.stringify(plainCopy(value, path));
}

/**
 * Copies plain data.
 *
 * @param value - As {@link toJson} takes it.
 * @param path - What messages call the whole.
 * @returns The same data, whatever the caller does with his own afterwards.
 * @throws {@link DecolleError} as {@link toJson}.
 */
export function plainCopy<Value>(value: Value, path: string): Value {
  return reading(named(path), () => copied(value, path, [], { left: mostValues })) as Value;
}

/** The same data with nothing in them that could change between two looks. */
function copied(value: unknown, path: string, above: readonly object[], budget: { left: number }): unknown {
  if (budget.left-- === 0) {
    throw faultAt("range", shortened(path), `expected at most ${mostValues} values in all`);
  }
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string") {
    if (!lone.test(value)) return value;
    throw unfit("config", shortened(path), "whole characters", "half of a surrogate pair");
  }
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value;
    throw unfit("not-finite", named(path), "a finite number", `${value}`);
  }
  if (typeof value !== "object") {
    throw unfit("config", named(path), "plain data", found(value));
  }
  if (above.includes(value)) throw faultAt("config", named(path), "contains itself");
  if (above.length === deepest) {
    throw faultAt("range", shortened(path), `expected at most ${deepest} objects and arrays within one another`);
  }
  const within = [...above, value];
  if (Array.isArray(value)) {
    const entries: unknown[] = [];
    // By index, not by `forEach`, which would pass over holes.
    for (let index = 0; index < value.length; index++)
      entries.push(copied(value[index], `${path}[${index}]`, within, budget));
    return entries;
  }
  if (!isPlain(value)) {
    throw unfit("config", named(path), "a plain object", found(value));
  }
  const fields: Array<[string, unknown]> = [];
  for (const [key, field] of Object.entries(value)) {
    if (field !== undefined) fields.push([key, copied(field, path === "" ? key : `${path}.${key}`, within, budget)]);
  }
  return Object.fromEntries(fields);
}

function shortened(path: string): string {
  return path.length > 80 ? `${path.slice(0, 80)}…` : named(path);
}

function named(path: string): string {
  return path === "" ? "specification" : path;
}
