/**
 * Options as callers give them: each type has a table of its fields, which the compiler holds to be complete, and one
 * function reads them all. What is unknown is refused, what is undefined is as if it were not there.
 */
import { DecolleError, faultAt, unfit } from "../errors.js";
import { type AbortSignalLike, isAbortSignal, isObject } from "./brands.js";
import { found } from "./found.js";
import { nearest } from "./nearest.js";

/** What fields take; a `value` is checked where it is used. */
type Name = "boolean" | "number" | "signal" | "function" | "value";

/** The name of what a field of a type takes. */
type Kind<Value> = [Value] extends [boolean]
  ? "boolean"
  : [Value] extends [number]
    ? "number"
    : [Value] extends [AbortSignalLike]
      ? "signal"
      : [Value] extends [(...given: never[]) => unknown]
        ? "function"
        : "value";

/** The fields of an options type and what each takes: none may be missing, none too many. */
export type Fields<Options> = { readonly [Field in keyof Options]-?: Kind<NonNullable<Options[Field]>> };

/**
 * Reads options, each field once.
 *
 * @param given - What the caller gave; undefined for none.
 * @param fields - The fields there are.
 * @param of - Whose options they are, for messages.
 * @param path - Where they stand, for messages; an argument by default.
 * @returns A copy without the fields that are undefined.
 * @throws {@link DecolleError} `config` for what is no object, an unknown field or one of another type, `not-finite` for
 *   NaN and infinities; the path is the field's.
 */
export function readOptions<Options extends object>(
  given: Options | undefined,
  fields: Fields<Options>,
  of: string,
  path = "",
): Options {
  if (given === undefined) return {} as Options;
  const whole = path === "" ? "options" : path;
  const at = (name: string) => (path === "" ? name : `${path}.${name}`);
  if (tag(given) !== "[object Object]") {
    throw unfit("config", whole, `an object with options of ${of}`, found(given));
  }
  const kinds = fields as Readonly<Record<string, Name>>;
  const read = reading(whole, () => {
    const unknown = Object.keys(given).find(
      (name) => !Object.hasOwn(kinds, name) && fieldOf(given, name) !== undefined,
    );
    if (unknown !== undefined) throw unknownField(unknown, Object.keys(kinds), of, at);
    return Object.keys(kinds)
      .map((name) => [name, fieldOf(given, name)] as const)
      .filter(([, value]) => value !== undefined);
  });
  for (const [name, value] of read) check(kinds[name], value, at(name));
  return Object.fromEntries(read) as Options;
}

/**
 * Runs what reads the caller's objects; what their getters and proxies throw becomes an error of this package.
 *
 * @param path - What messages call what is read.
 * @param read - Reads.
 * @returns What it gives.
 * @throws {@link DecolleError} `config` with what was thrown as cause; errors of this package as they are.
 */
export function reading<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (DecolleError.is(error)) throw error;
    throw faultAt("config", path, "cannot be read", { cause: error });
  }
}

/**
 * Refuses what was left out though it is needed.
 *
 * @param given - What the caller gave.
 * @param path - What messages call it.
 * @returns It.
 * @throws {@link DecolleError} `config` where it is undefined.
 */
export function demanded<Value>(given: Value, path: string): NonNullable<Value> {
  if (given === undefined) throw unfit("config", path, "it", "undefined");
  return given as NonNullable<Value>;
}

/**
 * Checks a text.
 *
 * @param value - What was given.
 * @param path - What messages call it.
 * @returns The text.
 * @throws {@link DecolleError} `config` where it is none.
 */
export function text(value: string, path: string): string {
  if (typeof value !== "string") throw unfit("config", path, "a string", found(value));
  return value;
}

function tag(value: unknown): string {
  if (!isObject(value)) return "";
  try {
    return Object.prototype.toString.call(value);
  } catch {
    return "";
  }
}

function fieldOf(given: object, name: string): unknown {
  return (given as Readonly<Record<string, unknown>>)[name];
}

function check(kind: Name | undefined, value: unknown, path: string): void {
  const expected = (what: string) => unfit("config", path, what, found(value));
  switch (kind) {
    case "number":
      if (typeof value !== "number") throw expected("a number");
      if (!Number.isFinite(value)) throw unfit("not-finite", path, "a finite number", `${value}`);
      return;
    case "boolean":
      if (typeof value !== "boolean") throw expected("true or false");
      return;
    case "function":
      if (typeof value !== "function") throw expected("a function");
      return;
    case "signal":
      if (!reading(path, () => isAbortSignal(value))) throw expected("an AbortSignal");
      return;
    default:
  }
}

function unknownField(name: string, known: readonly string[], of: string, at: (name: string) => string): DecolleError {
  const near = nearest(name, known);
  const hint = near === undefined ? `there is ${known.join(", ")}` : `did you mean ${near}?`;
  const shown = name.length > 60 ? `${name.slice(0, 60)}…` : name;
  return faultAt("config", `${at(shown)}`, `unknown option of ${of}; ${hint}`);
}
