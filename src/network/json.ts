/**
 * Writing specifications as JSON without losing anything on the way: `JSON.stringify` turns NaN into null and drops
 * functions and undefined silently, so what it would lose is refused here, by path. Ranges and names of fields
 * are checked where the network is built, in Rust.
 */
import { DecolleError } from "../errors.js";

/**
 * Writes plain data as JSON.
 *
 * @param value - Objects, arrays, strings, booleans, null and finite numbers, nested at will.
 * @param path - What messages call the whole; nothing by default.
 * @returns The JSON text.
 * @throws {@link DecolleError} `not-finite` for NaN and infinities, `config` for anything JSON has no word for
 *   (functions, undefined, bigint, symbols, class instances, circles), each with the path of the field.
 */
export function toJson(value: unknown, path = ""): string {
  check(value, path, []);
  return JSON.stringify(value);
}

function check(value: unknown, path: string, above: readonly object[]): void {
  if (value === null || typeof value === "string" || typeof value === "boolean") return;
  if (typeof value === "number") {
    if (Number.isFinite(value)) return;
    throw new DecolleError("not-finite", `${named(path)}: expected a finite number, found ${value}`);
  }
  if (typeof value !== "object") {
    throw new DecolleError("config", `${named(path)}: expected plain data, found ${described(value)}`);
  }
  if (above.includes(value)) throw new DecolleError("config", `${named(path)}: contains itself`);
  const within = [...above, value];
  if (Array.isArray(value)) {
    // By index, not by `forEach`, which would pass over holes.
    for (let index = 0; index < value.length; index++) check(value[index], `${path}[${index}]`, within);
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new DecolleError("config", `${named(path)}: expected a plain object, found ${described(value)}`);
  }
  for (const [key, field] of Object.entries(value)) check(field, path === "" ? key : `${path}.${key}`, within);
}

function named(path: string): string {
  return path === "" ? "specification" : path;
}

function described(value: unknown): string {
  if (value === undefined) return "undefined";
  if (typeof value === "object" && value !== null) return `a ${value.constructor?.name ?? "foreign object"}`;
  return `a ${typeof value}`;
}
