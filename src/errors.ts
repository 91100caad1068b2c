/**
 * The one error type of decolle.
 *
 * A fault is data: code, path, what was expected, what was found; the message is made of them once, where the fault is found.
 * The bindings throw them as JSON; {@link translateFault} turns them into {@link DecolleError}, so that callers branch on
 * `code` and `path` and never on text.
 */
import { isBranded, messageOf } from "./values/brands.js";

/**
 * What kind of fault happened.
 *
 * | code | meaning |
 * |---|---|
 * | `shape` | an array has another length or rank than expected |
 * | `range` | a number lies outside its allowed range |
 * | `not-finite` | a number is NaN or infinite |
 * | `memory` | what was asked for needs more memory than there is, or than the build can address: the message says what asks, and for how many bytes |
 * | `time-order` | events or recordings go back in time |
 * | `format` | bytes do not follow the format they claim |
 * | `unsupported` | a valid request that this build or format cannot serve |
 * | `config` | a specification has a missing, unknown or ill-typed field |
 * | `disposed` | the object was disposed before the call |
 * | `busy` | the object is at work on another call |
 * | `aborted` | the caller aborted the work |
 * | `backend` | a backend could not be loaded, or failed for a reason of its own |
 * | `checkpoint` | a checkpoint does not fit or is damaged |
 * | `io` | a file or folder could not be read or written, or a device cannot be used or went away |
 */
export type ErrorCode =
  | "shape"
  | "range"
  | "not-finite"
  | "memory"
  | "time-order"
  | "format"
  | "unsupported"
  | "config"
  | "disposed"
  | "busy"
  | "aborted"
  | "backend"
  | "checkpoint"
  | "io";

/** All error codes, in the order of the table at {@link ErrorCode}. */
export const errorCodes: readonly ErrorCode[] = [
  "shape",
  "range",
  "not-finite",
  "memory",
  "time-order",
  "format",
  "unsupported",
  "config",
  "disposed",
  "busy",
  "aborted",
  "backend",
  "checkpoint",
  "io",
];

/** Says that an object is an error of decolle, whichever copy of this module made it: the same symbol in every realm. */
const brand = Symbol.for("decolle.error");

/** What an error tells besides its code and its message, as far as there is such a thing. */
export interface FaultDetails {
  /** The error behind it. */
  readonly cause?: unknown;
  /** Where it happened, such as `layers[0].stride`, `input.events[2].t[17]` or `byte 10`. */
  readonly path?: string | undefined;
  /** What was expected there. */
  readonly expected?: string | undefined;
  /** What was found there. */
  readonly found?: string | undefined;
}

/** An error of decolle: a code for programs, a message for people, and the error behind it where there is one. */
export class DecolleError extends Error {
  /** What kind of fault happened. */
  readonly code: ErrorCode;
  /** Where it happened, such as `layers[0].stride`, `input.events[2].t[17]` or `byte 10`; absent where it has no place. */
  declare readonly path?: string;
  /** What was expected there; absent where the message says it in another way. */
  declare readonly expected?: string;
  /** What was found there; absent where the message says it in another way. */
  declare readonly found?: string;

  /**
   * Makes an error.
   *
   * @param code - What kind of fault happened.
   * @param message - Names the field, the byte offset or the event index, what was found and what was expected.
   * @param details - The same for programs, and the error behind this one.
   */
  constructor(code: ErrorCode, message: string, details: FaultDetails = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.name = "DecolleError";
    this.code = code;
    if (details.path !== undefined) this.path = details.path;
    if (details.expected !== undefined) this.expected = details.expected;
    if (details.found !== undefined) this.found = details.found;
  }

  /**
   * Whether something that was thrown is an error of decolle. Unlike `instanceof` this also holds where the package was
   * loaded twice, as test runners do it that give every file its own realm.
   *
   * @param error - Anything.
   * @returns Whether it has a `code` of {@link ErrorCode}.
   */
  static is(error: unknown): error is DecolleError {
    return isBranded(error, brand);
  }
}

Object.defineProperty(DecolleError.prototype, brand, { value: true });

/**
 * An error that says what is wrong somewhere.
 *
 * @param code - What kind of fault happened.
 * @param path - Where, such as `layers[0].stride`.
 * @param wrong - What is wrong there.
 * @param details - The error behind it.
 * @returns The error.
 */
export function faultAt(code: ErrorCode, path: string, wrong: string, details?: FaultDetails): DecolleError {
  return new DecolleError(code, `${path}: ${wrong}`, { ...details, path });
}

/**
 * An error that says what was expected somewhere, and what was found.
 *
 * @param code - What kind of fault happened.
 * @param path - Where, such as `layers[0].stride`.
 * @param expected - What was expected.
 * @param found - What was found.
 * @param details - The error behind it.
 * @returns The error.
 */
export function unfit(
  code: ErrorCode,
  path: string,
  expected: string,
  found: string,
  details?: FaultDetails,
): DecolleError {
  return faultAt(code, path, `expected ${expected}, found ${found}`, { ...details, expected, found });
}

/**
 * What an error tells besides its code and its message.
 *
 * @param error - The error.
 * @returns Path, what was expected, what was found.
 */
export function details({ path, expected, found }: DecolleError): FaultDetails {
  return { path, expected, found };
}

/**
 * The same error as one of `place`, such as a file, in whose message its own path is part of what is wrong.
 *
 * @param error - The error, which becomes the cause.
 * @param place - Where it happened.
 * @returns The error.
 */
export function placedIn(error: DecolleError, place: string): DecolleError {
  return faultAt(error.code, place, error.message, { ...details(error), cause: error });
}

/**
 * The same error, where what has the path `from` is better known as `to`.
 *
 * @param error - The error, whose path starts with `from`; it becomes the cause.
 * @param from - The start of its path, and so of its message.
 * @param to - What stands there instead.
 * @returns The error.
 */
export function movedTo(error: DecolleError, from: string, to: string): DecolleError {
  const moved = (text: string) => `${to}${text.slice(from.length)}`;
  const path = moved(error.path ?? from);
  return new DecolleError(error.code, moved(error.message), { ...details(error), path, cause: error });
}

/**
 * Turns whatever a binding threw into a {@link DecolleError}.
 *
 * A `DecolleError` is given back as it is. An error whose message is a fault in JSON, as both bindings throw it, becomes that;
 * anything else (a panic, an out-of-memory, an argument that the binding could not convert) becomes `backend`. The original
 * error is kept as `cause`.
 *
 * @param error - What was thrown.
 * @returns The error to throw on.
 */
export function translateFault(error: unknown): DecolleError {
  if (DecolleError.is(error)) return error;
  const text = messageOf(error);
  const fault = faultIn(text);
  if (fault === undefined) return new DecolleError("backend", text, { cause: error });
  const { code, message, path, expected, found } = fault;
  const known = (part: unknown) => (typeof part === "string" ? part : undefined);
  const details = { path: known(path), expected: known(expected), found: known(found) };
  return new DecolleError(code, message, { cause: error, ...details });
}

/** A fault as the bindings throw it. */
interface Fault {
  readonly code: ErrorCode;
  readonly message: string;
  readonly path?: unknown;
  readonly expected?: unknown;
  readonly found?: unknown;
}

function faultIn(text: string): Fault | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    const fault = JSON.parse(text) as Partial<Fault>;
    return typeof fault.message === "string" && errorCodes.includes(fault.code as ErrorCode)
      ? (fault as Fault)
      : undefined;
  } catch {
    return undefined;
  }
}
